"""People who are here, as tests need them: checked in or without a time, today whatever the hour is."""

from datetime import timedelta

from clinic.actions import visits, walk_ins
from clinic.actions.patients import register
from clinic.db import now


def walked_in(session, cast, name=None, minutes=0, **facts):
    """Somebody new, or Tom, who came without a time so many minutes ago."""
    patient = register(session, by=cast.amara.actor, full_name=name) if name else cast.tom
    visit = walk_ins.add(session, patient, timezone=cast.rose.timezone, by=cast.amara.actor, **facts)
    return came(session, visit, minutes)


def appointed(session, cast, name=None, minutes=0, **facts):
    """Somebody whose time is now, with Dr Osei, and who came so many minutes ago."""
    patient = register(session, by=cast.amara.actor, full_name=name) if name else cast.tom
    visit = cast.booked(now(), patient=patient, overbook="Whatever the hour of the test", **facts)
    visits.check_in(visit, by=cast.amara.actor)
    return came(session, visit, minutes)


def came(session, visit, minutes):
    """As though they had come so many minutes ago."""
    visit.checked_in_at -= timedelta(minutes=minutes)
    session.commit()
    return visit


def were_seen(session, cast, count, minutes=20, **facts):
    """So many earlier visits with Dr Osei, each of whom waited a minute longer than the one before."""
    seen = []
    for number in range(count):
        starts_at = now() - timedelta(days=2 + number)
        visit = cast.booked(starts_at, overbook="Long ago", **facts)
        for verb, who in ((visits.check_in, cast.amara), (visits.start, cast.osei), (visits.complete, cast.osei)):
            verb(visit, by=who.actor)
        visit.checked_in_at, visit.started_at = starts_at, starts_at + timedelta(minutes=minutes + number)
        seen.append(visit)
    session.commit()
    return seen
