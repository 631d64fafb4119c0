"""Two records of one person: finding the other one, looking at what would happen, asking, merging and undoing."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import patient_merges as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.patient_merges import MergeForm
from clinic.htmx import again, changed, show
from clinic.models.patient_merges import PatientMerge
from clinic.openings import listed
from clinic.queries import patient_merges as asked
from clinic.queries import patients as people
from clinic.views.asked import Page, page_number
from clinic.views.staff import merge_lines, own_patients
from clinic.views.staff.patients import found, typed

bp = GuardedBlueprint("patient_merges", __name__, face="staff", url_prefix="/merges")
ASK, MERGE = Permission.PATIENTS_PROPOSE_MERGE, Permission.PATIENTS_MERGE
PREVIEW, CHOOSE = "staff/patient_merges/preview.html", "staff/patient_merges/choose.html"


@bp.get("", needs=ASK, shows="patients")
def index():
    """What waits for a second pair of eyes, and what was merged, newest first."""
    session, number = db.session(), page_number()
    waiting = asked.open_ones(session)
    answered = Page.of(session.scalars(asked.answered(number)), number, asked.ON_A_PAGE)
    records = asked.records_of(session, [*waiting, *answered.rows])
    listed(records)
    return show("staff/patient_merges/index.html", waiting=waiting, answered=answered, records=records)


@bp.get("/of/<uuid:patient_id>/choose", needs=ASK, shows="patients")
def choose(patient_id):
    """Find the other record: those that look alike stand there already."""
    patient = own_patients.patient(patient_id)
    alike = people.alike(current.clinic.id, patient.full_name, patient.date_of_birth, patient.phone, but=patient.id)
    rows = db.session.execute(alike).all()
    listed(row.id for row in rows)
    return show(CHOOSE, patient=patient, rows=rows, q="")


@bp.post("/of/<uuid:patient_id>/find", needs=ASK, once=False, shows="patients")
def find(patient_id):
    """Find the other record by what is typed."""
    patient, text = own_patients.patient(patient_id), typed()
    rows = [row for row in found(text).rows if row.id != patient.id]
    return show(CHOOSE, patient=patient, rows=rows, q=text)


@bp.get("/<uuid:kept_id>/with/<uuid:other_id>", needs=ASK, shows="patients")
def new(kept_id, other_id):
    """What would move and what would stay, before anything does."""
    patient, other = _two(kept_id, other_id)
    return show(PREVIEW, **_facts(patient, other))


@bp.post("/<uuid:kept_id>/with/<uuid:other_id>/ask", needs=ASK)
def ask(kept_id, other_id):
    """Ask a colleague to look it over."""
    return _begun(verbs.ask, kept_id, other_id, _("Asked. A colleague looks it over before anything moves."))


@bp.post("/<uuid:kept_id>/with/<uuid:other_id>/merge", needs=MERGE)
def merge(kept_id, other_id):
    """Merge at once."""
    return _begun(verbs.merge, kept_id, other_id, _("The two records are one now."))


@bp.get("/<uuid:merge_id>", needs=ASK, shows="patients")
def details(merge_id):
    """One merge: who asked and why, what it would move or moved, and until when it can be undone."""
    line = _line(merge_id)
    patient, other = merge_lines.both(line)
    counts = merge_lines.counted({name: len(rows) for name, rows in line.moved.items()})
    looked = merge_lines.preview(patient, other) if line.is_open and patient and other else None
    facts = {"merge": line, "patient": patient, "other": other, "counts": counts, "preview": looked}
    return show("staff/patient_merges/show.html", **facts)


@bp.post("/<uuid:merge_id>/approve", needs=ASK)
def approve(merge_id):
    """Merge what a colleague asked for."""
    line = verbs.approve(_line(merge_id), by=current.actor)
    return changed(then=_page(line), message=_("The two records are one now."), undo=url_for(".undo", merge_id=line.id))


@bp.post("/<uuid:merge_id>/decline", needs=ASK)
def decline(merge_id):
    """Leave the two records as they are."""
    verbs.decline(_line(merge_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("The two records stay two."))


@bp.post("/<uuid:merge_id>/undo", needs=ASK)
def undo(merge_id):
    """Make two records of it again."""
    line = verbs.undo(_line(merge_id), by=current.actor)
    return changed(then=_page(line), message=_("The two records are two again."))


def _begun(verb, kept_id, other_id, words):
    (patient, other), form = _two(kept_id, other_id), MergeForm()
    if not form.validate():
        return again(PREVIEW, **_facts(patient, other, form))
    try:
        line = verb(patient, other, form.reason.data, by=current.actor)
    except Refused as refusal:
        sentence = said(refusal)
        db.session.rollback()
        form.blame(sentence, refusal.field)
        return again(PREVIEW, status=409, **_facts(*_two(kept_id, other_id), form))
    undo = None if line.is_open else url_for(".undo", merge_id=line.id)
    return changed(then=_page(line), message=words, undo=undo)


def _two(kept_id, other_id):
    """Both records, as they are: one that is part of another already is the 404 of one that is not there."""
    rows = own_patients.records(kept_id, other_id)
    if kept_id == other_id or any(row is None or row.deleted_at or row.merged_into_id for row in rows):
        abort(404)
    listed(row.id for row in rows)
    return rows


def _facts(patient, other, form=None):
    return {
        "patient": patient, "other": other, "form": form or MergeForm(formdata=None),
        "preview": merge_lines.preview(patient, other), "waiting": asked.open_about(db.session(), other.id),
    }  # fmt: skip


def _line(merge_id):
    return db.session.get(PatientMerge, (current.clinic.id, merge_id)) or abort(404)


def _page(line):
    return url_for(".details", merge_id=line.id)
