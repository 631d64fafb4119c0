"""How a verb acts: somebody does it, it may be refused in the clinic's words, and it leaves one audit entry."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from enum import Enum
from functools import wraps
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.db import TRY_AGAIN, ClinicSession, db
from clinic.models.audit import NO_CLINIC, AuditEntry, Decision
from clinic.models.people import Relation
from clinic.models.visits import Visit
from clinic.scope import Scope


class Refused(Exception):
    """An action said no, in a sentence for the person; the web answers 409.

    ``template`` is the English sentence with %(name)s places, so that the web can say it in the person's language;
    ``field`` names the input that is to blame, where one is.
    """

    def __init__(self, template, *, field=None, **values):
        super().__init__(template % values if values else template)
        self.template = template
        self.values = values
        self.field = field


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, in which clinic and from where; ``Actor()`` alone is the system itself."""

    user_id: UUID | None = None
    role: str | None = None
    clinic_id: UUID | None = None
    provider_id: UUID | None = None
    patient_ids: frozenset = frozenset()
    # As what somebody in the portal acts for each of these patients: (patient's id, Relation) pairs.
    relations: tuple = ()
    in_portal: bool = False
    on_behalf_of_id: UUID | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    # The grants by which they may, as (name, id) pairs, such as ("break_glass", "…").
    under: tuple = ()

    @classmethod
    def job(cls, clinic_id, name):
        """A job of the worker's, acting for nobody."""
        return cls(clinic_id=clinic_id, role="job", user_agent=name)


class NotRemembered(Exception):
    """The audit log could not be written, so what it was about must not happen either; the web answers 503."""


# Dated by the database: the log is read and sealed in the order of these dates, whichever web server wrote it.
AUDIT_INSERT = sa.insert(AuditEntry.__table__).values(created_at=sa.func.clock_timestamp()).inline()
# Where only a visit's id is at hand, the database says whose visit it is.
OF_VISIT = sa.select(Visit.__table__.c.patient_id).where(
    Visit.__table__.c.clinic_id == sa.bindparam("of_clinic"), Visit.__table__.c.id == sa.bindparam("of_visit")
)
AUDIT_INSERT_OF_VISIT = AUDIT_INSERT.values(patient_id=OF_VISIT.scalar_subquery())


def audit(
    session,
    name,
    *,
    by,
    record=None,
    resource=None,
    changes=None,
    decision=Decision.ALLOWED,
    details=None,
):
    """Write one audit entry, or raise NotRemembered; ``resource`` is (type, id) where there is no ORM record."""
    kind, row_id = resource or ((record.__tablename__, record.id) if record is not None else (None, None))
    clinic_id = getattr(record, "clinic_id", None) or by.clinic_id or NO_CLINIC
    statement, patient = _whose(record, clinic_id, kind, row_id)
    entry = {
        "clinic_id": clinic_id, "id": uuid7(),
        "actor_id": by.user_id, "actor_role": by.role, "on_behalf_of_id": by.on_behalf_of_id, "action": name,
        "decision": decision, "resource_type": kind, "resource_id": row_id, "changes": changes or {},
        "metadata": {**dict(by.under), **_relation(session, by, patient), **(details or {})},
        "ip_address": by.ip_address, "user_agent": by.user_agent, "request_id": by.request_id, **patient,
    }  # fmt: skip
    try:
        session.connection().execute(statement, entry)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in TRY_AGAIN:
            raise
        raise NotRemembered(name) from error


def _whose(record, clinic_id, kind, row_id):
    """The statement that writes an entry and what it needs to say which patient it is about."""
    if kind == "visits" and record is None and row_id:
        return AUDIT_INSERT_OF_VISIT, {"of_clinic": clinic_id, "of_visit": row_id}
    return AUDIT_INSERT, {"patient_id": row_id if kind == "patients" else getattr(record, "patient_id", None)}


def _relation(session, by, facts):
    """As what somebody in the portal acts for another: {"relation": "carer"}; nothing for patients themselves."""
    others = {patient_id: relation for patient_id, relation in by.relations if relation != Relation.SELF}
    if not others:
        return {}
    of_visit = "of_visit" in facts
    patient_id = session.connection().execute(OF_VISIT, facts).scalar() if of_visit else facts["patient_id"]
    return {"relation": others[patient_id].value} if patient_id in others else {}


@contextmanager
def in_its_own_transaction(session, scope=None):
    """Undo what the session did and yield another, committed at the end: for what a refusal must leave behind."""
    session.rollback()
    with ClinicSession(db, expire_on_commit=False) as own:
        own.scope = scope or Scope.person()
        with own.begin():
            yield own


def note_refusal(session, name, *, by, resource=None, details=None):
    """Undo what the session did and leave that somebody was refused; nothing of what they typed is written."""
    # As the clinic itself: whoever was refused need not be able to see what it was.
    scope = Scope.staff(by.clinic_id, by.user_id) if by.clinic_id else None
    with in_its_own_transaction(session, scope) as own:
        audit(own, name, by=by, resource=resource, decision=Decision.REFUSED, details=details)
    session.info["refusal"] = name


def action(verb):
    """Name a verb, require who did it, and write its one audit entry when it succeeds.

    The verb takes the record (or, where it makes one, the session) first and returns the record it changed or made.
    """
    name = f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}"

    @wraps(verb)
    def acted(record, *args, by, **facts):
        session = record if isinstance(record, sa.orm.Session) else object_session(record)
        before = session.info.get("changes")
        session.info["changes"] = {}
        result = verb(record, *args, by=by, **facts)
        session.flush()
        changes = session.info.pop("changes")
        if before is not None:
            session.info["changes"] = before
        subject = result if hasattr(result, "__tablename__") else record
        if not isinstance(subject, sa.orm.Session):
            audit(session, name, by=by, record=subject, changes=changes)
        return result

    return acted


def note(session, **changes):
    """Say in a verb's audit entry what the changed rows do not tell of themselves: name=[before, after]."""
    for name, (before, after) in changes.items():
        session.info["changes"][name] = [_shown(before), _shown(after)]


@event.listens_for(ClinicSession, "before_flush")
def _note_changes(session, flush_context, instances):
    """Collect what a verb changes, column by column, for its audit entry."""
    noted = session.info.get("changes")
    if noted is None:
        return
    for record in (*session.new, *session.dirty):
        state = sa.inspect(record)
        for column in state.mapper.column_attrs:
            history = state.attrs[column.key].history
            if history.has_changes() and column.key not in (
                "id",
                "clinic_id",
                "created_at",
                "updated_at",
            ):
                old = history.deleted[0] if history.deleted else None
                new = history.added[0] if history.added else None
                if old is not None or new is not None:
                    said = _shown_of_person if record.__tablename__ in PEOPLE else _shown
                    noted[f"{record.__tablename__}.{column.key}"] = [said(old), said(new)]


# Rows that say what somebody is like: the log tells which facts changed, and not even a height, a gender or a value.
PEOPLE = ("patients", "users", "lab_results")


def _shown_of_person(value):
    return value if value is None else str(value) if isinstance(value, UUID) else "…"


def _shown(value):
    """A value as the audit log may show it: words a person wrote, names and contents become an ellipsis."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return "…"
