"""The doctor's page of a visit: its note is kept while it is typed, signed, and then only added to."""

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from clinic import htmx
from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import consultations as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.consultations import AddendumForm, NoteForm
from clinic.models.note_templates import NoteTemplate
from clinic.queries import consultations as queries
from clinic.queries import icd10
from clinic.views.staff import own_patients
from clinic.views.staff.consultation_pages import CODES_SHOWN, note_of, offered, page_of, state_of

bp = GuardedBlueprint("consultations", __name__, face="staff", url_prefix="/visits/<uuid:visit_id>/consultation")
PAGE, NOTE, STATE = (f"staff/consultations/{name}.html" for name in ("show", "_note", "_state"))


@bp.get("", needs=P.CHART_SEE, shows="visits")
def show(visit_id):
    """The visit as its doctor works at it."""
    return htmx.show(PAGE, **page_of(own_patients.visit(visit_id)))


@bp.post("/autosave", needs=P.RECORD_WRITE, once=False)
def autosave(visit_id):
    """Keep the draft while it is typed; the page asks by itself and reads the answer."""
    visit, form = _sent(visit_id)
    if not form.validate():
        return htmx.again(STATE, **state_of(visit, queries.of_visit(db.session(), visit), form))
    try:
        note = verbs.autosave(visit, form.words, form.sending, by=_writer(form))
    except Refused as refused:
        return _not_kept(visit_id, form, refused)
    _stay_open(visit, note, form)
    return htmx.show(STATE, **state_of(visit, note, form))


@bp.post("/beat", needs=P.RECORD_WRITE, once=False, extends=False)
def beat(visit_id):
    """Say that the page is still open, and hear who else has it open and whether they wrote."""
    visit, form = _sent(visit_id)
    note = queries.of_visit(db.session(), visit)
    _stay_open(visit, note, form)
    return htmx.show(STATE, **state_of(visit, note, form))


@bp.post("/save", needs=P.RECORD_WRITE)
def save(visit_id):
    """Keep the draft, as somebody pressed for it."""
    return _done(verbs.save, visit_id, _("The draft is saved."))


@bp.post("/sign", needs=P.RECORD_SIGN)
def sign(visit_id):
    """Sign what stands on the page."""
    return _done(verbs.sign, visit_id, _("Signed. What was decided is in the patient’s portal now."))


@bp.post("/use-template", needs=P.RECORD_WRITE)
def use_template(visit_id):
    """Put the chosen template in: where nothing stands yet, and below what does."""

    def put_in(visit, words, sending, *, by):
        return verbs.save(visit, words.begun_from(_template(NoteForm())), sending, by=by)

    return _done(put_in, visit_id, _("The template is in the note."))


@bp.post("/find-code", needs=P.RECORD_WRITE, once=False)
def find_code(visit_id):
    """Look for ICD-10 codes; without script the page comes back with what was typed and what was found."""
    visit, form = _sent(visit_id)
    found = icd10.search(form.q.data or "", CODES_SHOWN) if form.q.validate(form) else []
    if htmx.wants_part():
        return htmx.show("staff/consultations/_found.html", visit=visit, found=found, asked=form.q.data)
    return htmx.show(PAGE, **page_of(visit, form, found=found))


@bp.post("/add-addendum", needs=P.RECORD_SIGN)
def add_addendum(visit_id):
    """Add something to the signed note."""
    visit, form = own_patients.visit(visit_id), AddendumForm()
    note = queries.of_visit(db.session(), visit)
    if note is None:
        raise Refused("This note is not signed yet: write in it.")
    if not form.validate():
        return htmx.again(PAGE, **page_of(visit, addendum=form))
    verbs.add_addendum(note, form.text.data, by=current.actor)
    return htmx.changed(then=url_for(".show", visit_id=visit_id), message=_("The addendum stands below the note."))


def _sent(visit_id):
    """The visit and the note as its page sent it."""
    visit = own_patients.visit(visit_id)
    return visit, offered(NoteForm())


def _writer(form):
    """Who writes; never somebody who signed in after the page was drawn for somebody else."""
    if form.writer.data not in (None, current.user.id):
        raise Refused("Somebody else has signed in in this browser, so nothing was saved in their name.")
    return current.actor


def _stay_open(visit, note, form):
    """Note that the page is open, or no longer; after the note was locked, where it is, as its signature does."""
    is_signed = note is not None and note.is_signed
    if isinstance(form.page.data, UUID) and form.writer.data == current.user.id and not is_signed:
        verb = verbs.leave if form.leaves.data else verbs.stay_open
        verb(visit, form.page.data, by=current.actor)


def _done(verb, visit_id, message):
    """Do it and go to the page again; what was typed stays on it where it was not right or not possible."""
    visit, form = _sent(visit_id)
    if not form.validate():
        return _again(visit, form)
    try:
        verb(visit, form.words, form.sending, by=_writer(form))
    except Refused as refused:
        db.session.rollback()
        is_changed = isinstance(refused, verbs.NoteChanged)
        form.blame(said(refused))
        return _again(own_patients.visit(visit_id), form, status=409, changed=is_changed)
    return htmx.changed(then=url_for(".show", visit_id=visit_id), message=message)


def _again(visit, form, status=422, changed=False):
    if htmx.wants_part():
        return htmx.again(NOTE, status=status, **note_of(visit, form, changed=changed))
    return htmx.again(PAGE, status=status, **page_of(visit, form, changed=changed))


def _not_kept(visit_id, form, refused):
    """The state of the note after it was not saved, with what stands in the way."""
    db.session.rollback()
    visit = own_patients.visit(visit_id)
    note, is_changed = queries.of_visit(db.session(), visit), isinstance(refused, verbs.NoteChanged)
    facts = state_of(visit, note, form, changed=is_changed, refused=None if is_changed else said(refused))
    return htmx.again(STATE, status=409, **facts)


def _template(form):
    """The doctor's own template that was chosen."""
    wanted = form.template.data
    found = db.session.get(NoteTemplate, (current.clinic.id, wanted)) if isinstance(wanted, UUID) else None
    if found is None or found.provider_id != current.provider_id or found.retired_at:
        raise Refused("Choose a template first.")
    return found
