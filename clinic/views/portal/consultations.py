"""What was decided at a patient's visits: each summary from the moment its doctor has signed it, and not before."""

from flask import abort, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show as show_page
from clinic.openings import listed
from clinic.queries import consultations as queries
from clinic.queries import icd10, portal_offers, visits_of_patient
from clinic.views import papers, summary_paper
from clinic.views.asked import Page, page_number
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("consultations", __name__, face="portal")
USE = Permission.PORTAL_USE


@bp.get("/summaries", needs=USE, shows="visits")
def index():
    """The summaries of one patient's visits, newest first; who sees several records chooses one."""
    people = portal_offers.own_patients(db.session(), current.patient_ids)
    patient, number = chosen(people), page_number()
    rows = queries.summaries(db.session(), number, patient.id) if patient else ()
    page = Page.of(rows, number, queries.SUMMARIES_ON_A_PAGE)
    listed(visit.id for visit, _note in page.rows)
    shown = tabs(people, patient, "portal.consultations.index") if patient else []
    return show_page("portal/consultations/index.html", patient=patient, tabs=shown, found=page)


@bp.get("/visits/<uuid:visit_id>/summary", needs=USE, shows="visits")
def show(visit_id):
    """What was decided at one visit, to read and to print."""
    visit, note = _signed(visit_id)
    return show_page("portal/consultations/show.html", visit=visit, note=note, code_words=icd10.label)


@bp.get("/visits/<uuid:visit_id>/summary/print", needs=USE, shows="visits")
def sheet(visit_id):
    """The summary as a page that a browser prints."""
    visit, note = _signed(visit_id)
    return papers.page(summary_paper.summary(visit, note), done=url_for(".show", visit_id=visit.id))


@bp.get("/visits/<uuid:visit_id>/summary/pdf", needs=USE, shows="visits")
def pdf(visit_id):
    """The summary as PDF."""
    return papers.pdf(summary_paper.summary(*_signed(visit_id)))


def _signed(visit_id):
    """The visit and its note, if the reader sees the patient and the doctor has signed it; else one 404."""
    visit = visits_of_patient.own_visit(db.session(), visit_id) or abort(404)
    return visit, queries.summary_of(db.session(), visit) or abort(404)
