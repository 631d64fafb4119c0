"""The visit at which something of the chart is written: named in an address or a form, held against the patient."""

from flask import abort

from clinic.models.visits import Visit
from clinic.views.asked import an_id
from clinic.views.staff import own_patients


def visit_asked(chart) -> Visit | None:
    """The visit that the address names after its question mark, if it is this patient's; None where it names none."""
    return visit_written_at(chart, an_id("visit_id"))


def visit_written_at(chart, visit_id) -> Visit | None:
    """The visit that a form names, if it is of the patient whose chart this is; None where it names none."""
    if visit_id is None:
        return None
    visit = own_patients.visit(visit_id)
    return visit if visit.patient_id in chart.records else abort(404)
