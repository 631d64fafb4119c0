"""A patient's timeline: everything that happened, newest first, a page at a time, however long the record is.

Each source is read by itself, from the place where the page begins and no further than the page goes, so that a page
costs what its rows cost. Records that went into this one by a merge are read along.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors

from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.queries import (
    allergies,
    conditions,
    consultations,
    documents,
    excuse_notes,
    immunizations,
    lab_orders,
    lab_results,
    measurements,
    prescriptions,
    procedures,
    referrals,
    visits_of_patient,
)
from clinic.queries.entries import COLUMNS, PATIENT_ID

ON_A_PAGE = 50
# Each subject's own, in the order in which the filter names them.
SOURCES = (
    visits_of_patient.TIMELINE,
    consultations.TIMELINE,
    conditions.TIMELINE,
    allergies.TIMELINE,
    measurements.TIMELINE,
    immunizations.TIMELINE,
    procedures.TIMELINE,
    prescriptions.TIMELINE,
    lab_orders.TIMELINE,
    lab_results.TIMELINE,
    documents.TIMELINE,
    referrals.TIMELINE,
    excuse_notes.TIMELINE,
)  # fmt: skip
RECORDS = sa.func.unnest(sa.bindparam("patient_ids", type_=ARRAY(sa.Uuid())))
WHOSE = RECORDS.table_valued("id").render_derived(name="whose")
WORDS = ("kind", "title", "state")
# Of a dozen tables with their policies a plan takes longer than its answer; it is made once and serves every patient.
PLANNED = sa.text("SELECT set_config('plan_cache_mode', :mode, true)")
EACH = sa.literal_column("whose.id", sa.Uuid())


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the timeline: just after (that is: older than) the entry of this moment and id."""

    at: datetime
    id: UUID


def page(session, clinic_id, patient_ids, *, kinds, before: Place | None = None, titled=True, size=ON_A_PAGE):
    """The entries of these kinds from a place on, and one more where there are more; one statement.

    Without ``titled`` it tells that the entries exist and when, and their content is not even read.
    """
    wanted = tuple(source.kind for source in SOURCES if source.kind in kinds)
    if not wanted:
        return []
    asked = {"clinic_id": clinic_id, "patient_ids": list(patient_ids), "most": size + 1}
    asked |= {"before_at": before.at, "before_id": before.id} if before else {}
    connection = session.connection()
    connection.execute(PLANNED, {"mode": "force_generic_plan"})
    rows = connection.execute(_statement(wanted, before is not None, titled), asked).all()
    connection.execute(PLANNED, {"mode": "auto"})
    return rows


def records_of(session, clinic_id, patient_id) -> tuple[UUID, ...]:
    """The patient's id and those of the records that were merged into theirs."""
    merged = sa.select(Patient.__table__.c.id).where(
        Patient.__table__.c.clinic_id == clinic_id, Patient.__table__.c.merged_into_id == patient_id
    )
    return (patient_id, *session.connection().execute(merged).scalars())


@lru_cache
def _statement(kinds, further, titled):
    branches = [_branch(_rows_of(source, titled), further, titled) for source in SOURCES if source.kind in kinds]
    entries = sa.union_all(*branches).subquery("entry").lateral()
    doctor = Provider.__table__.alias("doctor")
    most = sa.bindparam("most", type_=sa.Integer())
    # The page first, then the names of its doctors.
    shown = (
        sa.select(entries)
        .select_from(WHOSE.join(entries, sa.true()))
        .order_by(entries.c.at.desc(), entries.c.id.desc())
        .limit(most)
        .subquery("shown")
    )
    known = (doctor.c.clinic_id == sa.bindparam("clinic_id", type_=sa.Uuid())) & (doctor.c.id == shown.c.provider_id)
    return (
        sa.select(shown, doctor.c.display_name.label("doctor"))
        .select_from(shown.outerjoin(doctor, known))
        .order_by(shown.c.at.desc(), shown.c.id.desc())
    )


def _rows_of(source, titled):
    """The rows of one source; without their content, those that the desk may know of."""
    return source.select if titled or source.desk_rows is None else source.select.where(source.desk_rows)


def _branch(select, further, titled):
    """One source from the place on, of one record after the other, no longer than a page."""
    rows = visitors.replacement_traverse(select, {}, _of_each_record).subquery()
    found = sa.select(*(_column(rows.c[name], titled) for name in COLUMNS)).order_by(rows.c.at.desc(), rows.c.id.desc())
    if further:
        moment = sa.bindparam("before_at", type_=sa.DateTime(timezone=True))
        place = sa.tuple_(moment, sa.bindparam("before_id", type_=sa.Uuid()))
        # The moment once more by itself: where it is of one table and the id of another, no index knows both.
        found = found.where(rows.c.at <= moment, sa.tuple_(rows.c.at, rows.c.id) < place)
    return found.limit(sa.bindparam("most", type_=sa.Integer())).subquery().select()


def _column(column, titled):
    """The column as all sources have it: words are plain text, whatever Choice their subject reads them by."""
    if column.name == "title" and not titled:
        return sa.null().cast(sa.Text()).label("title")
    return sa.type_coerce(column, sa.Text()).label(column.name) if column.name in WORDS else column


def _of_each_record(element, **_options):
    return EACH if isinstance(element, sa.BindParameter) and element.key == PATIENT_ID.key else None
