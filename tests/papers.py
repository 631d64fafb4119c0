"""Referrals and excuse notes for tests: Tom's and Maya's, written by Dr Osei and committed."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from clinic import walltime
from clinic.actions import excuse_notes, referrals
from clinic.actions.excuse_notes import Excuse
from clinic.actions.referrals import Letter
from clinic.models.excuse_notes import ExcuseKind
from clinic.models.referrals import SentTo

LETTER = Letter("Dr Heart\n1 Vein Road", "A murmur since spring", specialty="Cardiology", notes="Takes nothing")
RESTRICTIONS, REASON = "No lifting", "Strained back"


def referral(session, cast, patient=None, *, ready=False, sent_to=None, letter=LETTER, **more):
    """A referral by Dr Osei, sent to somebody, ready to be sent, or still being written."""
    made = referrals.write(session, patient or cast.tom, letter, by=cast.osei.actor, **more)
    if ready:
        referrals.mark_ready(made, by=cast.osei.actor)
    if sent_to:
        referrals.send(made, SentTo(sent_to), by=cast.amara.actor)
    session.commit()
    return made


def note(session, cast, patient=None, *, ready=False, sent=False, days=4, starts=0, **more):
    """An excuse note by Dr Osei, from today (or so many days later) for so many days: sent, ready or being written."""
    first = walltime.today(ZoneInfo(cast.rose.timezone)) + timedelta(days=starts)
    excuse = Excuse(ExcuseKind.WORK, first, first + timedelta(days=days), RESTRICTIONS, REASON)
    made = excuse_notes.write(session, patient or cast.tom, excuse, by=cast.osei.actor, **more)
    if ready:
        excuse_notes.mark_ready(made, by=cast.osei.actor)
    if sent:
        excuse_notes.send(made, by=cast.amara.actor)
    session.commit()
    return made
