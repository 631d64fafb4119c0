"""A patient's excuse notes, once they are sent: which days, and the paper to print and to keep."""

from flask import abort, url_for

from clinic import filters, walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show as show_page
from clinic.models.excuse_notes import ExcuseNote
from clinic.openings import listed
from clinic.queries import excuse_notes as queries
from clinic.queries import portal_offers
from clinic.views import papers
from clinic.views.asked import Page, page_number
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("excuse_notes", __name__, face="portal", url_prefix="/record/excuse-notes")
USE = Permission.PORTAL_USE


@bp.get("", needs=USE, shows="patients")
def index():
    """One patient's notes that were sent, the newest first."""
    people, number = portal_offers.own_patients(db.session(), current.patient_ids), page_number()
    patient = chosen(people)
    found = queries.sent(db.session(), patient.id, number) if patient else []
    listed([patient.id] if patient else ())
    facts = {"patient": patient, "tabs": tabs(people, patient, "portal.excuse_notes.index") if patient else []}
    rows = Page.of(found, number, queries.ON_A_PAGE)
    return show_page("portal/excuse_notes/index.html", listing=rows, today=_today(), **facts)


@bp.get("/<uuid:note_id>", needs=USE, shows="patients")
def show(note_id):
    """One note: what it says, whether it holds, and how others see that it is genuine."""
    facts = {"today": _today(), "address": papers.check_address()}
    return show_page("portal/excuse_notes/show.html", note=_own_or_404(note_id), **facts)


@bp.get("/<uuid:note_id>/letter", needs=USE, shows="patients")
def letter(note_id):
    """The note as PDF."""
    note = _valid_or_404(note_id)
    return papers.pdf(papers.excuse_note(note, note.patient))


@bp.get("/<uuid:note_id>/print", needs=USE, shows="patients")
def print_letter(note_id):
    """The note as a page that a browser prints."""
    note = _valid_or_404(note_id)
    return papers.page(papers.excuse_note(note, note.patient), url_for(".show", note_id=note_id))


def _own_or_404(note_id) -> ExcuseNote:
    """The note, if it was sent and is of a patient whom the reader sees; else one 404 for every other."""
    found = queries.sent_one(db.session(), note_id) or abort(404)
    listed([found.patient_id])
    return found


def _valid_or_404(note_id) -> ExcuseNote:
    """The same, if it still holds: one that was withdrawn is no paper any more."""
    found = _own_or_404(note_id)
    return found if found.is_valid_paper else abort(404)


def _today():
    """The day on the clinic's calendar."""
    return walltime.today(filters.zone())
