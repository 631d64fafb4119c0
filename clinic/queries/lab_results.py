"""Laboratory results: an order's, those without an order, what was found before, and what nobody has looked at."""

import sqlalchemy as sa

from clinic.db import word
from clinic.models.lab_results import Flag, LabResult
from clinic.queries.ends import CLINIC, OpenEnd
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source
from clinic.queries.lab_orders import CRITICAL

ON_A_PAGE = 50
MOST_OF_AN_ORDER = 500
MOST_NAMES = 200
MOST_OF_HISTORY = 20
results = LabResult.__table__.c
TIMELINE = Source(
    "lab_result", word("Laboratory result"), word("Laboratory results"), states=Flag,
    path="/staff/patients/{patient_id}/labs/results/{id}",
    select=sa.select(
        sa.literal("lab_result").label("kind"), results.id, results.sampled_at.label("at"),
        results.analyte.label("title"), results.flag.label("state"), sa.null().cast(sa.Uuid).label("visit_id"),
        results.provider_id,
    ).where(
        results.clinic_id == CLINIC_ID, results.patient_id == PATIENT_ID, results.order_id.is_(None),
        results.withdrawn_at.is_(None),
    ),
)  # fmt: skip
# Those of one patient are looked at together, so they are one end; with an order they are the order's.
TO_REVIEW = OpenEnd(
    "lab_results", word("Results without an order"), path="/staff/patients/{patient_id}/labs/results",
    states={"new": word("Nobody has looked at them")},
    select=sa.select(
        results.patient_id.label("id"), results.patient_id, results.provider_id,
        sa.func.min(results.created_at).label("since"), sa.literal("new").label("state"),
        sa.func.left(sa.func.string_agg(results.analyte, sa.literal(", ")), 200).label("title"),
        sa.func.coalesce(sa.func.bool_or(results.flag.in_(CRITICAL)), False).label("is_urgent"),
    ).where(
        results.clinic_id == CLINIC, results.order_id.is_(None), results.reviewed_at.is_(None),
        results.withdrawn_at.is_(None), results.source != "import",
    ).group_by(results.patient_id, results.provider_id),
)  # fmt: skip
BEFORE = sa.text(
    """SELECT now_.id, then_.value, then_.comparator, then_.value_text, then_.unit, then_.sampled_at
  FROM lab_results AS now_ CROSS JOIN LATERAL (
       SELECT r.value, r.comparator, r.value_text, r.unit, r.sampled_at FROM lab_results AS r
        WHERE r.clinic_id = now_.clinic_id AND r.patient_id = now_.patient_id AND r.sampled_at < now_.sampled_at
          AND r.withdrawn_at IS NULL AND r.unit IS NOT DISTINCT FROM now_.unit
          AND (r.code = now_.code OR (r.code IS NOT DISTINCT FROM now_.code AND lower(r.analyte) = lower(now_.analyte)))
        ORDER BY r.sampled_at DESC, r.id DESC LIMIT 1) AS then_
 WHERE now_.clinic_id = :clinic_id AND now_.id = ANY (:ids)"""
).bindparams(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))


def of_order(session, order) -> list[LabResult]:
    """The results of an order in the order they came, those that were withdrawn among them."""
    wanted = sa.select(LabResult).where(LabResult.order_id == order.id).order_by(LabResult.id)
    return session.scalars(wanted.limit(MOST_OF_AN_ORDER)).all()


def loose(session, records, number: int) -> list[LabResult]:
    """A page of the results without an order of one patient, whose records these are; the newest sample first."""
    wanted = (
        sa.select(LabResult)
        .where(LabResult.patient_id.in_(records), LabResult.order_id.is_(None))
        .order_by(LabResult.sampled_at.desc(), LabResult.id.desc())
    )
    return session.scalars(wanted.offset((number - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()


def count_loose_to_review(session, records) -> int:
    """How many of the results without an order nobody has looked at, up to a hundred."""
    some = sa.select(LabResult.id).where(
        LabResult.patient_id.in_(records), LabResult.order_id.is_(None), LabResult.reviewed_at.is_(None),
        LabResult.withdrawn_at.is_(None), LabResult.source != "import",
    )  # fmt: skip
    return session.scalar(sa.select(sa.func.count()).select_from(some.limit(100).subquery()))


def result_of(session, records, result_id) -> LabResult | None:
    """This result of the patient whose records these are, or None."""
    wanted = sa.select(LabResult).where(LabResult.id == result_id, LabResult.patient_id.in_(records))
    return session.scalars(wanted).one_or_none()


def history(session, records, result) -> list[LabResult]:
    """What was ever found of the same of this patient, the latest first; with the same code or, without, by name."""
    same = LabResult.code == result.code if result.code else sa.func.lower(LabResult.analyte) == result.analyte.lower()
    wanted = sa.select(LabResult).where(
        LabResult.patient_id.in_(records), LabResult.withdrawn_at.is_(None), LabResult.id != result.id, same
    )
    wanted = wanted.order_by(LabResult.sampled_at.desc(), LabResult.id.desc())
    return session.scalars(wanted.limit(MOST_OF_HISTORY)).all()


def chosen(session, records, ids) -> list[LabResult]:
    """Those of these results that are this patient's and without an order, in the order of their ids."""
    wanted = sa.select(LabResult).where(
        LabResult.id.in_(ids), LabResult.patient_id.in_(records), LabResult.order_id.is_(None)
    )
    return session.scalars(wanted.order_by(LabResult.id)).all()


def before(session, clinic_id, found) -> dict:
    """What was found of the same the last time before, in the same unit: {id of a result: row}."""
    asked = {"clinic_id": clinic_id, "ids": [each.id for each in found]}
    return {row.id: row for row in session.connection().execute(BEFORE, asked)} if found else {}


def names_of(session, records) -> list[str]:
    """What was ever measured of the patient, for those who type it again; the latest first."""
    rows = session.scalars(
        sa.select(LabResult.analyte)
        .where(LabResult.patient_id.in_(records), LabResult.withdrawn_at.is_(None))
        .order_by(LabResult.sampled_at.desc(), LabResult.id)
        .limit(MOST_NAMES)
    )
    return list(dict.fromkeys(rows))


def released_of_order(session, order) -> list[LabResult]:
    """The results of an order that its patient sees."""
    wanted = sa.select(LabResult).where(LabResult.order_id == order.id, *_seen()).order_by(LabResult.id)
    return session.scalars(wanted.limit(MOST_OF_AN_ORDER)).all()


def released_loose(session, patient_ids, number: int) -> list[LabResult]:
    """A page of the results without an order that these patients see, the newest sample first."""
    wanted = (
        sa.select(LabResult)
        .where(LabResult.patient_id.in_(list(patient_ids)), LabResult.order_id.is_(None), *_seen())
        .order_by(LabResult.sampled_at.desc(), LabResult.id.desc())
    )
    return session.scalars(wanted.offset((number - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()


def _seen():
    """What the portal's policy says as well, said here so that staff who look at a patient's view see the same."""
    return LabResult.released_at.is_not(None), LabResult.withdrawn_at.is_(None)
