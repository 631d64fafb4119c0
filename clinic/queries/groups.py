"""Times for groups: those to come with how full they are, who sits in one, and what stands in the way of another."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import now
from clinic.models.groups import CalledOffGroup
from clinic.models.organizations import Clinic, Location
from clinic.models.providers import Provider
from clinic.models.schedule import SeatHold, Slot, SlotKind, VisitType
from clinic.models.visits import Visit
from clinic.models.waitlist import ON_THE_LIST, WaitlistEntry
from clinic.queries.open_parts import STANDS
from clinic.queries.places import AT

PAGE = 50
# No group has more seats than can be listed on one page.
MOST_SEATS = 100
NOBODY = sa.literal(0)
# No slot is longer, so that nothing earlier can still be going on.
LONGEST = timedelta(hours=24)
# Where a group is: at the place said for it, else where its doctor's visits are then.
HERE = f"""coalesce(CAST(:location_id AS uuid), (
                        SELECT {AT.format(v="g")}
                          FROM (SELECT CAST(:clinic_id AS uuid) AS clinic_id, CAST(NULL AS uuid) AS slot_id,
                                       CAST(:provider_id AS uuid) AS provider_id,
                                       CAST(:starts_at AS timestamptz) AS starts_at) AS g))"""
# Under the doctor's lock, after what counts for nothing was swept. What closes a place closes the groups there.
IN_THE_WAY = sa.text(
    f"""SELECT CASE
         WHEN EXISTS (SELECT 1 FROM closures AS c
               WHERE c.clinic_id = :clinic_id AND c.removed_at IS NULL
                 AND c.ends_at > :starts_at AND c.starts_at < :ends_at
                 AND coalesce(c.provider_id = :provider_id, true)
                 AND coalesce(c.location_id = {HERE}, c.location_id IS NULL))
              THEN 'closed'
         WHEN EXISTS (SELECT 1 FROM slots AS s
               WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id AND s.kind = 'blocked'
                 AND s.starts_at > CAST(:starts_at AS timestamptz) - interval '28 hours' AND s.starts_at < :ends_at
                 AND s.ends_at > :starts_at) THEN 'blocked'
         WHEN EXISTS (SELECT 1 FROM slots AS s
               WHERE s.clinic_id = :clinic_id AND s.provider_id = :provider_id AND s.kind <> 'blocked'
                 AND NOT s.overbooked AND s.id <> :id
                 AND s.starts_at > CAST(:starts_at AS timestamptz) - interval '32 hours'
                 AND s.starts_at < CAST(:ends_at AS timestamptz) + interval '8 hours'
                 AND s.busy_from < :busy_until AND s.busy_until > :busy_from) THEN 'taken' END"""
)
# Under the lock of their kinds, for each kind of room that the type needs one that is free, or NULL: rather the one
# that the doctor has at that time of the day anyway.
FREE_ROOMS = sa.text(
    f"""SELECT best.id
  FROM visit_type_needs AS n
  LEFT JOIN LATERAL (
       SELECT r.id FROM rooms AS r
        WHERE r.clinic_id = n.clinic_id AND r.room_kind_id = n.room_kind_id AND r.status = 'active'
          AND coalesce(r.location_id = {HERE}, true)
          AND NOT EXISTS (
              SELECT 1 FROM slot_rooms AS x JOIN slots AS s ON s.clinic_id = x.clinic_id AND s.id = x.slot_id
               WHERE x.clinic_id = r.clinic_id AND x.room_id = r.id AND x.slot_id <> :id
                 AND x.busy_from > CAST(:busy_from AS timestamptz) - interval '40 hours'
                 AND x.busy_from < :busy_until AND x.busy_until > :busy_from AND {STANDS})
        ORDER BY (SELECT count(*)
                    FROM slots AS t JOIN slot_rooms AS x ON x.clinic_id = t.clinic_id AND x.slot_id = t.id
                   WHERE t.clinic_id = r.clinic_id AND t.provider_id = :provider_id AND x.room_id = r.id
                     AND t.starts_at > CAST(:starts_at AS timestamptz) - interval '12 hours'
                     AND t.starts_at < CAST(:starts_at AS timestamptz) + interval '12 hours') DESC, r.name, r.id
        LIMIT 1) AS best ON true
 WHERE n.clinic_id = :clinic_id AND n.visit_type_id = CAST(:visit_type_id AS uuid)"""
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A time for a group as lists show it; ``held`` are seats kept for somebody who is typing right now.

    ``waiting`` are people on the waiting list whom this very time would suit.
    """

    id: UUID
    provider_id: UUID
    visit_type_id: UUID | None
    title: str | None
    doctor: str
    kind: str | None
    place: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    held: int
    waiting: int
    closed_at: datetime | None
    called_off_at: datetime | None

    @property
    def name(self):
        """What it is called: its own title, else its type's; None where any type may be seen in it."""
        return self.title or self.kind

    @property
    def is_full(self):
        """Whether every seat is taken."""
        return self.taken >= self.capacity


def coming(session, number=1) -> list[Shown]:
    """One page of the times for groups that are not over, soonest first, and one more if there is another page.

    Those that were called off stay among them until their time is past.
    """
    standing = _columns(Slot, Slot.taken, _held(), _waiting(), sa.null()).where(
        Slot.kind == SlotKind.PUBLISHED, Slot.starts_at > now() - LONGEST, Slot.ends_at > now()
    )
    gone = _columns(CalledOffGroup, NOBODY, NOBODY, NOBODY, CalledOffGroup.called_off_at).where(
        CalledOffGroup.starts_at > now() - LONGEST, CalledOffGroup.ends_at > now()
    )
    both = sa.union_all(standing, gone).subquery()
    rows = session.execute(
        sa.select(both).order_by(both.c.starts_at, both.c.id).offset((number - 1) * PAGE).limit(PAGE + 1)
    )
    return [Shown(*row) for row in rows]


def shown(session, group_id) -> Shown | None:
    """One time for a group, standing or called off, or None."""
    standing = _columns(Slot, Slot.taken, _held(), _waiting(), sa.null()).where(
        Slot.kind == SlotKind.PUBLISHED, Slot.id == group_id
    )
    gone = _columns(CalledOffGroup, NOBODY, NOBODY, NOBODY, CalledOffGroup.called_off_at).where(
        CalledOffGroup.id == group_id
    )
    row = session.execute(standing).one_or_none() or session.execute(gone).one_or_none()
    return row and Shown(*row)


def members(session, slot_id):
    """The visits of a group with their patients, by name; also those that are over and kept their seat."""
    return session.scalars(
        sa.select(Visit)
        .where(Visit.slot_id == slot_id)
        .options(joinedload(Visit.patient))
        .order_by(Visit.patient_id)
        .limit(500)
    ).all()


def called_off_visits(session, called_off):
    """The visits that were cancelled with the group and still are, in the order of their ids."""
    return session.scalars(
        sa.select(Visit)
        .where(
            Visit.provider_id == called_off.provider_id, Visit.starts_at == called_off.starts_at,
            Visit.cancelled_at == called_off.called_off_at,
        )
        .options(joinedload(Visit.patient))
        .order_by(Visit.id)
    ).all()  # fmt: skip


def in_the_way(session, times) -> str | None:
    """Why a time cannot be published: "closed", "blocked" or "taken"; None where nothing is in its way.

    ``times`` is a slot or what a slot once was.
    """
    facts = ("clinic_id", "id", "provider_id", "location_id", "starts_at", "ends_at", "busy_from", "busy_until")
    return session.connection().execute(IN_THE_WAY, {name: getattr(times, name) for name in facts}).scalar()


def free_rooms(session, slot, person_id) -> list:
    """The ids of rooms for a group, one of each kind that its type needs: free in its time where it is, or None."""
    facts = ("clinic_id", "id", "provider_id", "visit_type_id", "location_id", "starts_at", "busy_from", "busy_until")
    values = {name: getattr(slot, name) for name in facts}
    return session.connection().execute(FREE_ROOMS, values | {"person_id": person_id}).scalars().all()


def offered(session, slot_id) -> int:
    """How many seats are kept for people who were offered one and have not answered yet."""
    waits = SeatHold.held_by_id.is_(None), SeatHold.held_until > sa.func.now()
    return session.scalar(sa.select(sa.func.count()).select_from(SeatHold).where(SeatHold.slot_id == slot_id, *waits))


def _held():
    return (
        sa.select(sa.func.count())
        .select_from(SeatHold)
        .where(SeatHold.clinic_id == Slot.clinic_id, SeatHold.slot_id == Slot.id, SeatHold.held_until > sa.func.now())
        .correlate(Slot)
        .scalar_subquery()
    )


def _waiting():
    """How many wait for a time of the slot's type on its day and at its hour, with its doctor or with anybody."""
    zone = sa.select(Clinic.timezone).where(Clinic.id == Slot.clinic_id).correlate(Slot).scalar_subquery()
    local, entry = sa.func.timezone(zone, Slot.starts_at), WaitlistEntry
    suits = (
        entry.clinic_id == Slot.clinic_id, entry.visit_type_id == Slot.visit_type_id, entry.status.in_(ON_THE_LIST),
        sa.cast(local, sa.Date).between(entry.earliest_on, entry.latest_on),
        sa.func.coalesce(Slot.provider_id == sa.any_(entry.provider_ids), True),
        sa.func.coalesce(sa.cast(sa.extract("dow", local), sa.SmallInteger) == sa.any_(entry.weekdays), True),
        sa.func.coalesce(entry.from_time <= sa.cast(local, sa.Time), True),
        sa.func.coalesce(entry.until_time > sa.cast(local, sa.Time), True),
        sa.func.coalesce(entry.visit_mode == Slot.visit_mode, True),
    )  # fmt: skip
    return sa.select(sa.func.count()).select_from(entry).where(*suits).correlate(Slot).scalar_subquery()


def _columns(times, taken, held, waiting, called_off_at):
    return (
        sa.select(
            times.id, times.provider_id, times.visit_type_id, times.title, Provider.display_name, VisitType.name,
            Location.name.label("place"), times.starts_at, times.ends_at, times.capacity, taken.label("taken"),
            held.label("held"), waiting.label("waiting"), times.closed_at,
            sa.cast(called_off_at, sa.DateTime(timezone=True)).label("called_off_at"),
        )
        .join(Provider, sa.and_(Provider.clinic_id == times.clinic_id, Provider.id == times.provider_id))
        .outerjoin(VisitType, sa.and_(VisitType.clinic_id == times.clinic_id, VisitType.id == times.visit_type_id))
        .outerjoin(Location, sa.and_(Location.clinic_id == times.clinic_id, Location.id == times.location_id))
    )  # fmt: skip
