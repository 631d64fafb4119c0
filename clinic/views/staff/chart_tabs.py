"""The tabs of a patient's chart, each a page of its own: a line for every subject that has one."""

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import gettext as _

from clinic.access import Permission
from clinic.current import current
from clinic.db import word


@dataclass(frozen=True, slots=True)
class Tab:
    """A page about one patient, found under ``patient_id`` in its address.

    ``whole`` is for a page that brings scripts of its own: it is opened as a page, not swapped into the chart.
    """

    endpoint: str
    label: str
    needs: Permission
    whole: bool = False


TABS = (
    Tab("staff.charts.timeline", word("Timeline"), Permission.CHART_SEE),
    Tab("staff.health.index", word("Health"), Permission.CHART_SEE),
    Tab("staff.measurements.index", word("Measured"), Permission.CHART_SEE),
    Tab("staff.prescriptions.index", word("Prescriptions"), Permission.CHART_SEE),
    Tab("staff.lab_orders.index", word("Laboratory"), Permission.CHART_SEE),
    Tab("staff.referrals.index", word("Referrals"), Permission.CHART_SEE),
    Tab("staff.excuse_notes.index", word("Excuse notes"), Permission.CHART_SEE),
    Tab("staff.charts.existing", word("What there is"), Permission.RECORD_EXISTS),
    Tab("staff.documents.index", word("Documents"), Permission.DOCUMENTS_SEE, whole=True),
    Tab("staff.insurance.index", word("Insurance"), Permission.INSURANCE_SEE),
    Tab("staff.patients.show", word("Details"), Permission.PATIENTS_FIND),
)

# Subjects without a tab of their own stand under another's.
UNDER = {
    "staff.lab_results": "staff.lab_orders", "staff.lab_files": "staff.lab_orders", "staff.papers": "staff.charts",
    **dict.fromkeys(
        ("staff.allergies", "staff.conditions", "staff.immunizations", "staff.procedures"), "staff.health"
    ),
    "staff.patient_changes": "staff.patients",
}  # fmt: skip


def tabs(patient_id):
    """What this person may open of the chart: (name, label, address, whether it is open now, whether it is whole).

    Who reads the timeline begins with it, everybody else with the details.
    """
    here = _subject(request.endpoint)
    # A page of the subject that has no tab of its own stands under the subject's.
    exact = any(tab.endpoint == request.endpoint for tab in TABS)
    return [
        (
            tab.endpoint.removeprefix("staff.").replace(".", "-"), _(tab.label),
            url_for(tab.endpoint, patient_id=patient_id),
            tab.endpoint == request.endpoint if exact else _subject(tab.endpoint) == here, tab.whole,
        )
        for tab in (TABS if current.may(Permission.CHART_SEE) else (TABS[-1], *TABS[:-1]))
        if current.may(tab.needs) and tab.endpoint in current_app.view_functions
    ]  # fmt: skip


def _subject(endpoint):
    subject = (endpoint or "").rpartition(".")[0]
    return UNDER.get(subject, subject)
