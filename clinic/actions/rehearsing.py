"""Rehearsing: doing something to hear whether it would be refused, with nothing of it staying.

A preview that asked its own questions would one day answer otherwise than the booking; this one is the booking.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.actions.acting import Refused
from clinic.actions.slots import TimeTaken
from clinic.models.schedule import VisitType
from clinic.queries.open_times import nearest_open
from clinic.walltime import instants

# For so many dates that cannot be had another time is looked for; where more are refused, the rule is to blame.
MOST_PROPOSALS = 12
NO_SUCH_TIME = Refused("The clocks go forward that day: there is no such time.")
# A reason nobody ever reads: what is done with it is undone.
SOME_REASON = "-"


@dataclass(slots=True)
class Occasion:
    """One date that was looked at: the instant it means, why it cannot be had, and what could be instead.

    ``starts_at`` is None where the clock never shows the time that day, and the first of two where it ``comes_twice``;
    ``visit_id`` and ``old`` are those of a visit that is there already.
    """

    day: date
    starts_at: datetime | None
    visit_id: UUID | None = None
    old: datetime | None = None
    refusal: Refused | None = None
    can_be_forced: bool = False
    proposal: datetime | None = None
    comes_twice: bool = False

    @classmethod
    def at(cls, day, at_time: time, zone: ZoneInfo, **facts):
        """The date with the instant at which the zone's clock shows this time."""
        found = instants(day, at_time, zone)
        return cls(day, next(iter(found), None), comes_twice=len(found) > 1, **facts)

    @property
    def is_lost(self):
        """Whether another time may help: this one is not to be had by anybody."""
        return isinstance(self.refusal, TimeTaken) or self.refusal is NO_SUCH_TIME

    def raise_if_general(self):
        """Raise what would refuse every date alike, such as a type that the doctor does not offer."""
        if self.refusal and not self.is_lost and self.refusal.field != "overbook_reason":
            raise self.refusal


@contextmanager
def rehearsal(session):
    """Whatever is done within is undone at its end, locks included."""
    changes = session.info.get("changes")
    point = session.begin_nested()
    try:
        yield
    finally:
        point.rollback()
        _remember(session, changes)


def refusal_of(session, act, *args, **facts):
    """Do it, and return why not where it was refused; what it had done by then is undone."""
    changes = session.info.get("changes")
    try:
        with session.begin_nested():
            act(*args, **facts)
    except Refused as refused:
        _remember(session, changes)
        return refused
    return None


def find_ways_out(session, occasions, act, like, zone: str, *, by):
    """For what was refused, say whether a reason would do, and find the nearest open time that is not refused.

    ``act(occasion, starts_at, reason)`` does it; ``like`` is a Wish of the same kind. Within a rehearsal: what is
    proposed for one date is proposed for no other.
    """
    clinic, forced = SimpleNamespace(id=like.clinic_id, timezone=zone), {}
    kind = session.get(VisitType, (like.clinic_id, like.visit_type_id))
    for number, each in enumerate(each for each in occasions if each.refusal):
        each.can_be_forced = _can_be_forced(session, each, act, forced)
        if not each.is_lost or number >= MOST_PROPOSALS:
            continue
        wished = each.starts_at or datetime.combine(each.day, time(12), ZoneInfo(zone))
        found = nearest_open(
            session, clinic, kind, [like.provider_id], wished, mode=like.visit_mode, person_id=by.user_id
        )  # fmt: skip
        nearest = sorted((time.starts_at for time in found), key=lambda moment: abs(moment - wished))
        each.proposal = next((at for at in nearest if refusal_of(session, act, each, at, None) is None), None)


def _can_be_forced(session, occasion, act, forced):
    """Whether it is done with a reason; asked once for each kind of refusal."""
    if occasion.starts_at is None:
        return False
    kind = occasion.refusal.template
    if kind not in forced:
        with rehearsal(session):
            forced[kind] = refusal_of(session, act, occasion, occasion.starts_at, SOME_REASON) is None
    return forced[kind]


def _remember(session, changes):
    """What a verb that was refused had begun to note for its audit entry is not noted."""
    if changes is None:
        session.info.pop("changes", None)
    else:
        session.info["changes"] = changes
