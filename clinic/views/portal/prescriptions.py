"""A patient's own prescriptions: what to take and how, on screen and on paper, from the moment it is issued."""

from flask import abort, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show as show_page
from clinic.models.patients import Patient
from clinic.openings import listed
from clinic.queries import portal_offers
from clinic.queries import prescriptions as queries
from clinic.queries.timeline import records_of
from clinic.views import papers
from clinic.views import prescription_letters as paper
from clinic.views.asked import Page, page_number
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("prescriptions", __name__, face="portal", url_prefix="/prescriptions")
USE = Permission.PORTAL_USE


@bp.get("", needs=USE, shows="patients")
def index():
    """What was prescribed to one patient, newest first; who sees several records chooses one."""
    people = portal_offers.own_patients(db.session(), current.patient_ids)
    patient, number = chosen(people), page_number()
    listed([patient.id] if patient else ())
    records = records_of(db.session(), current.clinic.id, patient.id) if patient else ()
    rows = queries.of_patient(db.session(), records, number) if patient else ()
    facts = {"found": Page.of(rows, number, queries.ON_A_PAGE), "paper": paper}
    shown = tabs(people, patient, "portal.prescriptions.index") if patient else []
    return show_page("portal/prescriptions/index.html", patient=patient, tabs=shown, **facts)


@bp.get("/<uuid:prescription_id>", needs=USE, shows="patients")
def show(prescription_id):
    """One prescription: what to take, how, and whether it still counts."""
    one, patient = _own(prescription_id)
    return show_page("portal/prescriptions/show.html", one=one, patient=patient, paper=paper)


@bp.get("/<uuid:prescription_id>/print", needs=USE, shows="patients")
def sheet(prescription_id):
    """The prescription as a page to print."""
    one, patient = _own(prescription_id)
    return papers.page(paper.letter(one, patient), done=url_for(".show", prescription_id=one.id))


@bp.get("/<uuid:prescription_id>/pdf", needs=USE, shows="patients")
def pdf(prescription_id):
    """The prescription as a PDF."""
    one, patient = _own(prescription_id)
    return papers.pdf(paper.letter(one, patient))


def _own(prescription_id):
    """A prescription of somebody the reader acts for, and whose it is; else the 404 of one that never was."""
    found = queries.one(db.session(), current.clinic.id, prescription_id) or abort(404)
    # One that stands in a record that went into theirs by a merge is theirs too.
    record = db.session.get(Patient, (current.clinic.id, found.patient_id)) or abort(404)
    people = portal_offers.own_patients(db.session(), current.patient_ids & {record.merged_into_id or record.id})
    listed(each.id for each in people)
    return (found, people[0]) if people else abort(404)
