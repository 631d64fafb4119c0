"""What was begun and nobody has closed yet, oldest first: one list for a doctor, filled by every subject that has ends.

A subject's queries module defines one ``OpenEnd`` for each kind and adds it to ``OPEN_ENDS``. Its SELECT gives the rows
of one clinic (``:clinic_id``) that are still open, with the columns ``id``, ``patient_id``, ``provider_id`` (whose it
is, may be NULL), ``since`` (when it began to wait), ``state`` (a key of ``states``), ``title`` and ``is_urgent``.
"""

from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.queries.own_patients import Own

ON_A_PAGE = 50
MOST_COUNTED = 100
CLINIC = sa.bindparam("clinic_id", type_=sa.Uuid)
patients, providers = Patient.__table__.c, Provider.__table__.c


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """One kind of thing that stays open until somebody closes it.

    ``kind`` is its word in an address, ``label`` its plural on the screen, ``path`` the page of one with {patient_id}
    and {id} in it, ``states`` the word for each state it can be in.
    """

    kind: str
    label: str
    select: sa.Select
    path: str
    states: dict[str, str] = field(default_factory=dict)


OPEN_ENDS: list[OpenEnd] = []


def find(session, clinic_id: UUID, own: Own | None, *, mine: UUID | None, kind: str | None, number: int):
    """One page, and one row more if there is another: the longest open first.

    ``own`` keeps to the patients whom the asker may open; ``mine`` to what lies with this provider.
    """
    reach = number * ON_A_PAGE + 1
    branches = [_branch(each, clinic_id, own, mine, reach) for each in OPEN_ENDS if kind in (None, each.kind)]
    ends = sa.union_all(*branches).subquery("ends")
    wanted = (
        sa.select(ends, patients.full_name, patients.mrn, providers.display_name.label("doctor"))
        .join(patients.id.table, sa.and_(patients.clinic_id == CLINIC, patients.id == ends.c.patient_id))
        .outerjoin(
            providers.id.table, sa.and_(providers.clinic_id == CLINIC, providers.id == ends.c.provider_id)
        )
        .order_by(ends.c.since, ends.c.id)
        .offset((number - 1) * ON_A_PAGE)
        .limit(ON_A_PAGE + 1)
    )  # fmt: skip
    return session.connection().execute(wanted, {"clinic_id": clinic_id}).all()


def count(session, clinic_id: UUID, own: Own | None, *, mine: UUID | None) -> int:
    """How many ends are open, up to a hundred."""
    branches = [_branch(each, clinic_id, own, mine, MOST_COUNTED) for each in OPEN_ENDS]
    ends = sa.union_all(*branches).limit(MOST_COUNTED).subquery("ends")
    counted = sa.select(sa.func.count()).select_from(ends)
    return session.connection().execute(counted, {"clinic_id": clinic_id}).scalar()


def _branch(end, clinic_id, own, mine, most):
    """The oldest of one kind: as many as the page can hold of it."""
    rows = end.select.subquery(f"of_{end.kind}")
    wanted = sa.select(
        sa.literal(end.kind).label("kind"), rows.c.id, rows.c.patient_id, rows.c.provider_id, rows.c.since,
        rows.c.state, rows.c.title, rows.c.is_urgent,
    )  # fmt: skip
    if mine is not None:
        wanted = wanted.where(sa.or_(rows.c.provider_id == mine, rows.c.provider_id.is_(None)))
    if own is not None:
        wanted = wanted.where(own.condition(clinic_id, rows.c.patient_id))
    return sa.select(wanted.order_by(rows.c.since, rows.c.id).limit(most).subquery(f"some_{end.kind}"))
