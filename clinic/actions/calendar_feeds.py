"""Giving somebody a secret address of their visits for their own calendar program, and ending it."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action, audit
from clinic.actions.tokens import clinic_of, hash_token
from clinic.models.calendar_feeds import CalendarFeed
from clinic.queries import calendar_feeds as asked
from clinic.scope import Scope

# So often it is written down that a program reads the feed, and so often that goes into the audit log.
NOTED, AUDITED = timedelta(hours=1), timedelta(days=1)


@action
def make(session, *, by, token: str, provider_id=None, patient_id=None) -> CalendarFeed:
    """Make the person's feed of one doctor's or one patient's visits, which this token opens; an earlier one ends."""
    whose = {"provider_id": provider_id, "patient_id": patient_id}
    former = asked.live_feed(session, by.user_id, **whose)
    if former is not None:
        former.ended_at = sa.func.now()
        session.flush()
    feed = CalendarFeed(
        clinic_id=by.clinic_id, id=uuid7(), user_id=by.user_id, token_hash=hash_token(token), **whose
    )  # fmt: skip
    session.add(feed)
    return feed


@action
def end(feed: CalendarFeed, *, by):
    """End the feed: its address opens nothing any more."""
    if feed.ended_at is not None:
        raise Refused("This address has ended already.")
    feed.ended_at = sa.func.now()
    return feed


def enter(session, token) -> CalendarFeed | None:
    """The feed of this token, from here on seeing what its reader may; None for every token that opens nothing."""
    clinic_id = clinic_of(token)
    session.enter(Scope.staff(clinic_id) if clinic_id else Scope.person())
    feed = asked.found(session, hash_token(token)) if clinic_id else None
    if feed is None:
        session.enter(Scope.person())
    elif feed.patient_id:
        session.enter(Scope.portal(clinic_id, None, {feed.patient_id}))
    return feed


def note_reading(feed: CalendarFeed, *, by):
    """Remember that a program reads the feed; the audit log says so once a day, not every quarter of an hour."""
    session = object_session(feed)
    ago = session.scalar(sa.select(sa.func.now() - sa.literal(feed.read_at))) if feed.read_at else None
    if ago is None or ago > NOTED:
        feed.read_at = sa.func.now()
    if ago is None or ago > AUDITED:
        audit(session, "calendar_feeds.read", by=by, record=feed)
