"""A patient's chart: the banner that stands on every page of it, and the timeline of all that happened."""

from dataclasses import dataclass
from uuid import UUID

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _

from clinic import htmx
from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.current import current
from clinic.db import db
from clinic.models.patients import Patient
from clinic.queries import allergies, insurance
from clinic.queries import timeline as queries
from clinic.views.staff import chart_tabs, own_patients, timeline_lines

bp = GuardedBlueprint("charts", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>")


@dataclass(frozen=True, slots=True)
class Chart:
    """Whom a page of the chart is about, and what its banner says; a fact that may not be read is None."""

    patient: Patient
    # The ids of the record and of those that were merged into it.
    records: tuple[UUID, ...]
    tabs: list
    allergies: list | None
    # Somebody asked, and the patient knows of none.
    none_known: bool
    flags: list[str] | None
    insurance: list | None = None


def chart_of(patient_id) -> Chart:
    """The chart of a patient this person may open, else the 404 of one who never existed; bounded statements.

    A page of a record that went into another one leads to the same page of that one.
    """
    patient = own_patients.patient(patient_id)
    if patient.id != patient_id and request.method in ("GET", "HEAD"):
        here = {**request.view_args, **request.args.to_dict(flat=False), "patient_id": patient.id}
        abort(redirect(url_for(request.endpoint, **here)))
    return of(patient)


def of(patient) -> Chart:
    """The chart of a patient whom ``own_patients`` gave already."""
    known, none = allergies.heeded(db.session(), patient.id) if current.may(P.ALLERGIES_SEE) else (None, False)
    return Chart(
        patient=patient,
        records=queries.records_of(db.session(), current.clinic.id, patient.id),
        tabs=chart_tabs.tabs(patient.id),
        allergies=known,
        none_known=none,
        flags=patient.flags if current.may(P.PINS_SEE) else None,
        insurance=_insurance(patient.id) if current.may(P.INSURANCE_SEE) else None,
    )


def _insurance(patient_id):
    """The policies in force, each in a few words: who is asked, and whether they pay."""
    policies = insurance.live(db.session(), patient_id)
    return [f"{each.insurer_name} ({_(each.eligibility_status.label)})" for each in policies]


def answer(page, part=None, **facts):
    """Answer with a page of the chart, or with what htmx asks for: everything below the banner, or only the part."""
    if htmx.wants_inside("chart"):
        return htmx.show(page, in_chart=True, **facts)
    return htmx.show(page, part, **facts)


@bp.get("/timeline", needs=P.CHART_SEE, shows="patients")
def timeline(patient_id):
    """Everything that happened to the patient and is still to come, the newest first."""
    chart, known = chart_of(patient_id), queries.SOURCES
    facts = timeline_lines.page(chart, known)
    return answer("staff/charts/timeline.html", "staff/charts/_entries.html", chart=chart, **facts)


@bp.get("/record", needs=P.RECORD_EXISTS, shows="patients")
def existing(patient_id):
    """That something was prescribed, ordered or sent, when, and where it stands; nothing of what it says."""
    chart, known = chart_of(patient_id), tuple(source for source in queries.SOURCES if source.desk)
    facts = timeline_lines.page(chart, known, titled=False)
    return answer("staff/charts/existing.html", "staff/charts/_entries.html", chart=chart, **facts)
