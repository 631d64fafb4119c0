"""Reading the audit log: newest first and page after page, whoever it is about, with the names of everybody in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User
from clinic.models.audit import AuditEntry, Decision
from clinic.models.grants import AccessGrant
from clinic.models.patients import Patient

ON_A_PAGE = 50
IN_A_BATCH = 500
entries = AuditEntry.__table__.c
users, patients, grants = User.__table__, Patient.__table__, AccessGrant.__table__
NAME = sa.func.coalesce(
    sa.func.nullif(sa.func.concat_ws(" ", users.c.first_name, users.c.last_name), ""), users.c.email
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the next one begins with the entry before this one."""

    at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Question:
    """Which entries of a clinic's log are asked for; ``since`` and ``until`` are instants, the latter excluded."""

    clinic_id: UUID
    since: datetime
    until: datetime
    actor_id: UUID | None = None
    # True for what nobody did, but the clinic's own programs.
    by_program: bool = False
    patient_id: UUID | None = None
    # The records that became part of the patient's.
    merged_ids: tuple[UUID, ...] = ()
    decision: Decision | None = None
    actions: tuple[str, ...] = ()
    place: Place | None = None

    def select(self):
        """The entries, the newest first."""
        asked = (
            sa.select(AuditEntry.__table__)
            .where(entries.clinic_id == self.clinic_id)
            .where(entries.created_at >= self.since, entries.created_at < self.until)
            .order_by(entries.created_at.desc(), entries.id.desc())
        )
        exactly = {"actor_id": self.actor_id, "decision": self.decision}
        asked = asked.where(*(entries[name] == value for name, value in exactly.items() if value))
        if self.patient_id:
            asked = asked.where(entries.patient_id.in_((self.patient_id, *self.merged_ids)))
        if self.by_program:
            asked = asked.where(entries.actor_id.is_(None))
        if self.actions:
            asked = asked.where(entries.action.in_(self.actions))
        if self.place:
            here = sa.tuple_(sa.literal(self.place.at), sa.literal(self.place.entry_id, sa.Uuid))
            asked = asked.where(entries.created_at <= self.place.at, sa.tuple_(entries.created_at, entries.id) < here)
        return asked


def page(session, question: Question):
    """The rows of one page, and where it ends, or None where nothing follows."""
    rows = session.execute(question.select().limit(ON_A_PAGE + 1)).all()
    return rows[:ON_A_PAGE], place_of(rows[ON_A_PAGE - 1]) if len(rows) > ON_A_PAGE else None


def batches(session, question: Question) -> Iterator[list]:
    """Every row that is asked for, so many at a time, however many there are."""
    while rows := session.execute(question.select().limit(IN_A_BATCH)).all():
        yield rows
        question = replace(question, place=place_of(rows[-1]))


def place_of(row):
    """The place right after the row."""
    return Place(row.created_at, row.id)


def names(session, rows):
    """What the people and the patients in these rows are called, by id; whoever was deleted keeps their name."""
    if not rows:
        return {}
    people = {row.actor_id for row in rows} | {row.on_behalf_of_id for row in rows}
    people |= {row.resource_id for row in rows if row.resource_type == "users"}
    return names_of(session, rows[0].clinic_id, people, {row.patient_id for row in rows})


def names_of(session, clinic_id, people=(), about=()):
    """What these people and these patients of the clinic are called, by id."""
    people, about = set(people) - {None}, set(about) - {None}
    found = {}
    if people:
        found |= dict(session.execute(sa.select(users.c.id, NAME).where(users.c.id.in_(people))).all())
    if about:
        one = sa.select(patients.c.id, patients.c.full_name)
        found |= dict(session.execute(one.where(patients.c.clinic_id == clinic_id, patients.c.id.in_(about))).all())
    return found


def colleagues(session, clinic_id):
    """Everybody who works or worked in the clinic, as (id, name), by name."""
    members = sa.select(Membership.__table__.c.user_id).where(
        Membership.__table__.c.clinic_id == clinic_id, Membership.__table__.c.role != Role.PATIENT
    )
    return session.execute(sa.select(users.c.id, NAME).where(users.c.id.in_(members)).order_by(NAME, users.c.id)).all()


def openings(session, clinic_id, patient_ids, *, zone, but=None, number=1):
    """Who did what about a patient, newest first, a line for each day, person and act; one more than a page holds.

    ``but`` is somebody whose own acts are left out.
    """
    day = sa.func.date(sa.func.timezone(zone, entries.created_at)).label("day")
    relation, grant = (entries["metadata"][key].astext.label(key) for key in ("relation", "break_glass"))
    one = (day, entries.actor_id, entries.actor_role, entries.on_behalf_of_id, entries.action, relation, grant)
    last = sa.func.max(entries.created_at)
    asked = (
        sa.select(*one, last.label("last_at"), sa.func.count().label("times"))
        .where(entries.clinic_id == clinic_id, entries.patient_id.in_(patient_ids))
        .where(entries.decision == Decision.ALLOWED)
        .group_by(*one)
        .order_by(last.desc(), entries.action)
        .limit(ON_A_PAGE + 1)
        .offset((number - 1) * ON_A_PAGE)
    )
    if but:
        asked = asked.where(entries.actor_id.is_distinct_from(but))
    return session.execute(asked).all()


def reasons(session, clinic_id, grant_ids):
    """Why records were opened in an emergency, by the grant's id as text."""
    ids = [UUID(each) for each in grant_ids if each]
    if not ids:
        return {}
    found = session.execute(
        sa.select(grants.c.id, grants.c.reason).where(grants.c.clinic_id == clinic_id, grants.c.id.in_(ids))
    )
    return {str(grant_id): reason for grant_id, reason in found}
