"""Entries about a patient's health as lines of a list: what, since when, what is to be known about it, by whom."""

from types import SimpleNamespace

from flask_babel import gettext as _

from clinic import filters
from clinic.models.allergies import Allergy, AllergyStatus
from clinic.models.conditions import Condition
from clinic.models.immunizations import Immunization, ImmunizationStatus
from clinic.models.procedures import Procedure, ProcedureStatus
from clinic.models.recorded import RecordSource

PATHS = {Condition: "conditions", Allergy: "allergies", Immunization: "immunizations", Procedure: "procedures"}


def of(rows) -> list:
    """A line for each entry, of whatever kind."""
    lines = []
    for row in rows:
        title, code, when, more, badge = WORDS[type(row)](row)
        badge = (_("Mistake"), "plain") if row.is_mistaken else badge
        url = f"/staff/patients/{row.patient_id}/{PATHS[type(row)]}/{row.id}/edit"
        lines.append(
            SimpleNamespace(
                title=title, code=code, when=when, more=" · ".join(each for each in more if each), badge=badge, url=url,
                who=_who(row), is_over=row.is_mistaken,
            )
        )  # fmt: skip
    return lines


def _who(row):
    if row.recorded_by:
        return row.recorded_by.name
    return _("The patient") if row.source == RecordSource.PATIENT else _("Import")


def _condition(row):
    if row.ended_on:
        badge, when = (_("Over"), "plain"), _span(row.onset_on, row.ended_on)
    else:
        badge, when = None, _("since %(day)s", day=filters.day_short(row.onset_on)) if row.onset_on else ""
    return row.name, row.icd10 or row.code, when, (row.notes,), badge


def _span(begun, ended):
    if begun is None:
        return _("until %(day)s", day=filters.day_short(ended))
    return f"{filters.day_short(begun)} – {filters.day_short(ended)}"


def _allergy(row):
    if row.is_none_known:
        return _("No allergy known"), None, filters.day_short(row.recorded_at), (), None
    badge = (_(row.status.label), "plain") if row.status != AllergyStatus.ACTIVE else None
    if badge is None and row.is_dangerous:
        badge = _(row.criticality.label), "bad"
    kind = _(row.category.label) if row.category else None
    return row.substance, row.code, filters.day_short(row.recorded_at), (row.reaction, kind, row.notes), badge


def _immunization(row):
    badge = (_(row.status.label), "warn") if row.status == ImmunizationStatus.NOT_DONE else None
    dose = _("dose %(number)d", number=row.dose_number) if row.dose_number else None
    lot = _("lot %(number)s", number=row.lot_number) if row.lot_number else None
    return row.vaccine, row.code, filters.day_short(row.given_at), (dose, lot, row.site, row.reason, row.notes), badge


def _procedure(row):
    badge = (_(row.status.label), "info") if row.status != ProcedureStatus.COMPLETED else None
    return row.name, row.code, filters.day_short(row.performed_at), (row.site, row.outcome, row.notes), badge


WORDS = {Condition: _condition, Allergy: _allergy, Immunization: _immunization, Procedure: _procedure}
