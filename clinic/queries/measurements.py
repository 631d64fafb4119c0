"""What was measured on a patient: the latest of each kind, one kind over time, and everything by the page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.models.measurements import Kind, Measurement
from clinic.models.measures import MEASURES

ON_A_PAGE = 50
MOST_POINTS = 400
M = Measurement.__table__.c
TRUE = Measurement.mistaken_at.is_(None)
KINDS = sa.func.unnest(sa.bindparam("kinds", type_=ARRAY(sa.Text()))).table_valued("kind", name="wanted")
# For each kind the last values, found at the end of its index; however long the record, it is read no further.
ENDS = (
    sa.select(M.kind, M.value, M.value_text, M.components, M.unit, M.measured_at, M.source, M.reading_id)
    .where(
        M.clinic_id == sa.bindparam("clinic_id", type_=sa.Uuid()),
        M.patient_id == sa.bindparam("patient_id", type_=sa.Uuid()),
        sa.type_coerce(M.kind, sa.Text()) == KINDS.c.kind,
        M.mistaken_at.is_(None),
    )
    .order_by(M.measured_at.desc())
    .limit(2)
    .lateral("ends")
)
LATEST = sa.select(ENDS).select_from(KINDS.join(ENDS, sa.true()))


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


def latest(session, clinic_id, patient_id, kinds=tuple(MEASURES)) -> dict[Kind, list[Value]]:
    """The last value of each kind and the one before it; one statement. Kinds never measured are left out."""
    asked = {"clinic_id": clinic_id, "patient_id": patient_id, "kinds": [kind.value for kind in kinds]}
    found = {}
    for row in session.connection().execute(LATEST, asked):
        found.setdefault(row.kind, []).append(Value(*row))
    order = list(kinds)
    newest_first = {kind: sorted(found[kind], key=lambda each: each.measured_at, reverse=True) for kind in found}
    return dict(sorted(newest_first.items(), key=lambda pair: order.index(pair[0])))


def over_time(session, patient_id, kind, since: datetime | None = None) -> list[Measurement]:
    """The values of one kind since a moment, oldest first; of more than 400 the latest."""
    wanted = sa.select(Measurement).where(
        Measurement.patient_id == patient_id, Measurement.kind == kind, TRUE, Measurement.value.is_not(None)
    )
    if since is not None:
        wanted = wanted.where(Measurement.measured_at >= since)
    newest = session.scalars(wanted.order_by(Measurement.measured_at.desc()).limit(MOST_POINTS)).all()
    return newest[::-1]


def everything(patient_id) -> sa.Select:
    """Every value of a patient, mistaken ones too, newest first; the caller says how many."""
    return (
        sa.select(Measurement)
        .where(Measurement.patient_id == patient_id)
        .order_by(Measurement.measured_at.desc(), Measurement.id.desc())
    )


def of_reading(session, patient_id, reading_id) -> list[Measurement]:
    """What was measured together, in the order in which it was written; nothing where it is another patient's."""
    wanted = sa.select(Measurement).where(
        Measurement.reading_id == reading_id, Measurement.patient_id == patient_id
    )  # fmt: skip
    return list(session.scalars(wanted.order_by(Measurement.id)))
