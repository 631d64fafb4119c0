"""Jobs that read doctors' own calendars, with no lock held and no transaction open while a server takes its time."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from clinic import jobs
from clinic.actions import busy_sources
from clinic.db import now
from clinic.integrations import fetching
from clinic.integrations.calendar_files import Unreadable, busy_times
from clinic.models.calendar_feeds import BusyProblem, BusySource
from clinic.models.organizations import Clinic
from clinic.queries.calendar_feeds import due_sources
from clinic.scope import Scope
from clinic.work.handlers import handles

# A calendar of many years is some megabytes long.
POLICY = fetching.Policy(seconds=20, most_bytes=8 * 2**20)
OK = 200


class NotRead(Exception):
    """The calendar could not be read; says why."""

    def __init__(self, problem):
        super().__init__(problem.value)
        self.problem = problem


@handles("busy_sources.fetch_due", cron="*/5 * * * *")
def fetch_due(session, *, by):
    """Put a job for every calendar that is to be read again."""
    for clinic_id in session.scalars(sa.select(Clinic.id).where(Clinic.closed_at.is_(None))).all():
        session.enter(Scope.staff(clinic_id))
        for source_id in due_sources(session):
            jobs.put(session, busy_sources.FETCH, clinic_id=clinic_id, source_id=source_id)


@handles(busy_sources.FETCH)
def fetch(session, *, by, source_id):
    """Read one calendar and block what is busy in it; one that was removed meanwhile is left alone."""
    source = _source(session, by, source_id)
    if source is None:
        return
    zone, address = session.get(Clinic, by.clinic_id).timezone, busy_sources.address_of(source)
    session.commit()
    try:
        spans, problem = _read(address, ZoneInfo(zone)), None
    except NotRead as error:
        spans, problem = (), error.problem
    source = _source(session, by, source_id, lock=True)
    if source is None:
        return
    if problem:
        busy_sources.fail(source, problem, by=by)
    else:
        busy_sources.take_in(source, spans, zone=zone, by=by)


def _source(session, by, source_id, lock=False):
    wanted = sa.select(BusySource).where(BusySource.id == source_id, BusySource.removed_at.is_(None))
    wanted = wanted.options(undefer(BusySource.address_encrypted)).execution_options(populate_existing=True)
    return session.scalars(wanted.with_for_update(of=BusySource) if lock else wanted).one_or_none()


def _read(address, zone):
    """What is busy from now on, as instants (from, until); raises NotRead."""
    try:
        answer = fetching.fetch(address, policy=POLICY)
    except fetching.NotAllowed:
        raise NotRead(BusyProblem.NOT_ALLOWED) from None
    except fetching.NotAnswered:
        raise NotRead(BusyProblem.NO_ANSWER) from None
    if answer.status != OK:
        raise NotRead(BusyProblem.NO_ANSWER if answer.status >= 500 else BusyProblem.REFUSED)
    today = now().astimezone(zone).date()
    try:
        return busy_times(answer.body, zone, today, today + timedelta(days=busy_sources.HORIZON_DAYS), since=now())
    except Unreadable:
        raise NotRead(BusyProblem.UNREADABLE) from None
