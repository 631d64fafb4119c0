"""Who asks for a visit in the demo, and who waits for a time: one red request, two yellow ones, three in line."""

from datetime import time, timedelta

import sqlalchemy as sa

from clinic.actions import requests, waitlist
from clinic.db import now
from clinic.models.people import Severity
from clinic.models.requests import ReasonCategory
from clinic.models.visits import Visit, VisitSource, VisitStatus
from clinic.seed.days import Week

# From the end of the list of patients, in the words of each language: why, what about and how urgent.
ASKED = {
    "en": (
        ("Chest feels tight since this morning, worse on the stairs", ReasonCategory.NEW_PROBLEM, Severity.RED),
        ("The rash is back and spreading", ReasonCategory.FOLLOW_UP, Severity.YELLOW),
        ("Ear ache for two days, cannot sleep", ReasonCategory.NEW_PROBLEM, Severity.YELLOW),
    ),
    "de": (
        ("Seit heute früh Druck auf der Brust, auf der Treppe schlimmer", ReasonCategory.NEW_PROBLEM, Severity.RED),
        ("Der Ausschlag ist wieder da und breitet sich aus", ReasonCategory.FOLLOW_UP, Severity.YELLOW),
        ("Seit zwei Tagen Ohrenschmerzen, kann nicht schlafen", ReasonCategory.NEW_PROBLEM, Severity.YELLOW),
    ),
}
AHEAD = timedelta(days=21)


def ask_and_wait(session, week: Week):
    """Note three requests and put three patients on the waiting list, one of them for an earlier time."""
    _ask(session, week)
    _wait(session, week)


def _ask(session, week):
    opened = week.opened
    callers = [opened.patients[name] for name in opened.demo.patients[4:7]]
    for patient, (reason, category, severity) in zip(callers, ASKED[opened.demo.spoken], strict=True):
        asking = requests.Asking(
            reason=reason, reason_category=category, source=VisitSource.PHONE, requested_on=opened.today,
            until_on=opened.today + timedelta(days=3),
        )  # fmt: skip
        requests.ask(session, patient, asking, severity=severity, by=week.desk)


def _wait(session, week):
    opened = week.opened
    first = next(iter(opened.types.values()))
    later = session.scalars(
        sa.select(Visit)
        .where(Visit.visit_type_id == first.id, Visit.status == VisitStatus.BOOKED)
        .where(Visit.starts_at > now() + timedelta(days=3))
        .order_by(Visit.starts_at.desc(), Visit.id)
    ).first()
    people = [opened.patients[name] for name in opened.demo.patients[8:10]]
    for number, patient in enumerate(people):
        _join(session, week, patient, first, priority=number, from_time=time(12) if number else None)
    if later:
        _join(session, week, later.patient, first, visit_id=later.id)


def _join(session, week, patient, visit_type, priority=0, **more):
    if waitlist.entry_for(session, patient.id, visit_type.id):
        return
    today = week.opened.today
    wanting = waitlist.Wanting(visit_type.id, today, today + AHEAD, **more)
    waitlist.join(session, patient, wanting, priority=priority, by=week.desk)
