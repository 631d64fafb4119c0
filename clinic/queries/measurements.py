"""What was measured on a patient: the latest of each kind, one kind over time, and everything by the page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.measurements import Kind, Measurement
from clinic.models.measures import MEASURES
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE = 50
MOST_POINTS = 200
EVER = datetime(1800, 1, 1, tzinfo=UTC)
M = Measurement.__table__.c
KINDS = (
    sa.func.unnest(sa.bindparam("kinds", type_=ARRAY(sa.Text()))).table_valued("kind", name="wanted").render_derived()
)
# For each kind the last values, found at the end of its index; however long the record, it is read no further.
ENDS = (
    sa.select(M.kind, M.value, M.value_text, M.components, M.unit, M.measured_at, M.source, M.reading_id)
    .where(
        M.clinic_id == sa.bindparam("clinic_id", type_=sa.Uuid()),
        M.patient_id == sa.bindparam("patient_id", type_=sa.Uuid()),
        sa.type_coerce(M.kind, sa.Text()) == KINDS.c.kind,
        M.mistaken_at.is_(None),
        M.measured_at >= sa.bindparam("since", type_=sa.DateTime(timezone=True)),
    )
    .order_by(M.measured_at.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .lateral("ends")
)
LATEST = sa.select(ENDS).select_from(KINDS.join(ENDS, sa.true()))
EARLIER = Measurement.__table__.alias("earlier")
OF_KIND = sa.type_coerce(M.kind, sa.Text())
NAMES = sa.case({kind.value: kind.label for kind in Kind}, value=OF_KIND)
UNITS = sa.case({kind.value: known.units[0].shown for kind, known in MEASURES.items()}, value=OF_KIND, else_=M.unit)
PAIR = sa.func.concat_ws("/", M.value, M.components["diastolic"].astext)
# One entry for what was measured together: that of its first row.
TIMELINE = Source(
    "measurement", word("Measurement"), word("Measurements"), path="/staff/patients/{patient_id}/measurements",
    select=sa.select(
        sa.literal("measurement").label("kind"), M.id, M.measured_at.label("at"),
        sa.func.concat_ws(" ", NAMES, PAIR, M.value_text, UNITS).label("title"),
        sa.null().cast(sa.Text()).label("state"), M.visit_id,
        sa.null().cast(sa.Uuid()).label("provider_id"),
    ).where(
        M.clinic_id == CLINIC_ID, M.patient_id == PATIENT_ID, M.mistaken_at.is_(None),
        ~sa.exists().where(
            EARLIER.c.clinic_id == M.clinic_id, EARLIER.c.reading_id == M.reading_id, EARLIER.c.id < M.id
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """One value that was measured; ``value`` is in the unit that is kept."""

    kind: Kind
    value: Decimal | None
    value_text: str | None
    components: dict
    unit: str | None
    measured_at: datetime
    source: str
    reading_id: UUID | None

    @property
    def diastolic(self):
        """The second value of a blood pressure, as a number."""
        second = self.components.get("diastolic")
        return None if second is None else Decimal(str(second))


def latest(session, clinic_id, patient_id, kinds=tuple(MEASURES), *, since=EVER, most=2) -> dict[Kind, list[Value]]:
    """The last values of each kind, newest first, ``most`` of each; one statement. A kind without any is left out."""
    asked = {"clinic_id": clinic_id, "patient_id": patient_id, "kinds": [kind.value for kind in kinds]}
    found = {}
    for row in session.connection().execute(LATEST, {**asked, "since": since, "most": most}):
        found.setdefault(row.kind, []).append(Value(*row))
    order = list(kinds)
    newest_first = {kind: sorted(found[kind], key=lambda each: each.measured_at, reverse=True) for kind in found}
    return dict(sorted(newest_first.items(), key=lambda pair: order.index(pair[0])))


def everything(patient_id) -> sa.Select:
    """Every value of a patient, mistaken ones too, newest first; the caller says how many."""
    return (
        sa.select(Measurement)
        .options(joinedload(Measurement.entered_by))
        .where(Measurement.patient_id == patient_id)
        .order_by(Measurement.measured_at.desc(), Measurement.id.desc())
    )


def of_reading(session, patient_id, reading_id) -> list[Measurement]:
    """What was measured together, in the order in which it was written; nothing where it is another patient's."""
    wanted = sa.select(Measurement).where(
        Measurement.reading_id == reading_id, Measurement.patient_id == patient_id
    )  # fmt: skip
    return list(session.scalars(wanted.order_by(Measurement.id)))


def entered_by(session, patient_id, user_id, since) -> list[Measurement]:
    """What one person entered about the patient since a moment, newest first; 100 at most."""
    wanted = everything(patient_id).where(Measurement.entered_by_id == user_id, Measurement.created_at >= since)
    return list(session.scalars(wanted.limit(100)))
