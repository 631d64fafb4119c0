"""What was begun and nobody has closed yet, oldest first: one list for a doctor, filled by every subject that has ends.

A subject's queries module defines one ``OpenEnd`` (clinic/queries/ends.py) for each kind and has a line here.
"""

from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa

from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.queries import consultations, lab_orders, lab_results, referrals
from clinic.queries.ends import CLINIC
from clinic.queries.own_patients import Own

ON_A_PAGE = 50
MOST_COUNTED = 100
# Each subject's own, in the order in which the filter names them.
OPEN_ENDS = (
    lab_orders.AWAITED,
    lab_orders.TO_REVIEW,
    lab_results.TO_REVIEW,
    referrals.OPEN_END,
    consultations.OPEN_END,
)  # fmt: skip
patients, providers = Patient.__table__.c, Provider.__table__.c


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
    """How many ends are open, up to a hundred; every page of a doctor's asks it."""
    return session.connection().execute(_counting(clinic_id, own, mine), {"clinic_id": clinic_id}).scalar()


# Put together once for each doctor: that takes longer than the answer.
@lru_cache(maxsize=512)
def _counting(clinic_id, own, mine):
    branches = []
    for each in OPEN_ENDS:
        rows, conditions = _wanted(each, clinic_id, own, mine)
        branches.append(sa.select(sa.select(rows.c.id).where(*conditions).limit(MOST_COUNTED).subquery()))
    ends = sa.union_all(*branches).limit(MOST_COUNTED).subquery("ends")
    return sa.select(sa.func.count()).select_from(ends)


def _branch(end, clinic_id, own, mine, most):
    """The oldest of one kind: as many as the page can hold of it."""
    rows, conditions = _wanted(end, clinic_id, own, mine)
    wanted = sa.select(
        sa.literal(end.kind).label("kind"), rows.c.id, rows.c.patient_id, rows.c.provider_id, rows.c.since,
        sa.type_coerce(rows.c.state, sa.Text).label("state"), sa.type_coerce(rows.c.title, sa.Text).label("title"),
        rows.c.is_urgent,
    ).where(*conditions)  # fmt: skip
    return sa.select(wanted.order_by(rows.c.since, rows.c.id).limit(most).subquery(f"some_{end.kind}"))


def _wanted(end, clinic_id, own, mine):
    """The rows of one kind, and the conditions that they are the asker's to see."""
    rows, conditions = end.select.subquery(f"of_{end.kind}"), []
    if mine is not None:
        conditions.append(sa.or_(rows.c.provider_id == mine, rows.c.provider_id.is_(None)))
    if own is not None:
        conditions.append(own.condition(clinic_id, rows.c.patient_id))
    return rows, conditions
