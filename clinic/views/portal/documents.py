"""A patient's documents: what they sent and what the clinic shows them; sending more, looking, saving."""

from types import SimpleNamespace

from flask import abort, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import documents
from clinic.actions.acting import Refused, audit
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.documents import SendingForm
from clinic.htmx import again, changed
from clinic.htmx import show as answer_with
from clinic.integrations.storage import StorageAway
from clinic.models.documents import CHOSEN_BY_PATIENTS, PART
from clinic.models.organizations import Clinic
from clinic.openings import listed
from clinic.queries import documents as queries
from clinic.queries import portal_offers
from clinic.uploads import NotTaken
from clinic.views import document_links, document_sending, document_words
from clinic.views.asked import Page, page_number
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("documents", __name__, face="portal", url_prefix="/documents")
bp.register_error_handler(StorageAway, document_links.away)
USE = Permission.PORTAL_USE
INDEX, PAGE = "portal/documents/index.html", "portal/documents/show.html"
OF_PATIENT, ONE = "/of/<uuid:patient_id>", "/<uuid:document_id>"


@bp.get("", needs=USE, shows="patients")
def index():
    """The documents of one patient, and the form to send more; who sees several records chooses one."""
    patient = chosen(_people())
    listed([patient.id] if patient else ())
    page = answer_with(INDEX, **_page(patient, patient and _form()))
    return document_sending.may_reach_the_bucket(page)


@bp.post(f"{OF_PATIENT}/add", needs=USE, takes=document_sending.PLAIN_FORM)
def add(patient_id):
    """Take in the files of a plain form."""
    patient, form = _patient(patient_id), _form()
    if not form.validate() or not form.has_files():
        return again(INDEX, **_page(patient, form))
    try:
        many = document_sending.add(patient, form)
    except (Refused, NotTaken) as error:
        return _not_taken(patient_id, form, error)
    return changed(then=url_for(".index", patient_id=patient_id), message=document_sending.here(many))


@bp.post(f"{OF_PATIENT}/begin", needs=USE, once=False)
def begin(patient_id):
    """Take note of one file that a script is about to send in parts."""
    return document_sending.begin(_patient(patient_id), _form())


@bp.post(f"{ONE}/part", needs=USE, once=False, takes=document_sending.ONE_PART)
def part(document_id):
    """Take the next part of a file."""
    return document_sending.take_part(_own(document_id))


@bp.get(f"{ONE}/progress", needs=USE, shows="patients")
def progress(document_id):
    """How far a file of one's own has come."""
    return jsonify(document_sending.told(_own(document_id)))


@bp.get(ONE, needs=USE, shows="patients")
def show(document_id):
    """One document: what it is, and its pages to look at."""
    document = _document(document_id)
    audit(db.session(), "documents.open", by=current.actor, record=document)
    seen = document_links.looking_token_of(document)
    return answer_with(PAGE, document=document, seen=seen, facts=document_words.facts_of(document, _("you")))


@bp.get(f"{ONE}/page/<int:number>", needs=USE, shows="patients")
def page(document_id, number):
    """The picture of one page."""
    return document_links.page_of(_document(document_id), number)


@bp.get(f"{ONE}/download", needs=USE, shows="patients")
def download(document_id):
    """Make the link with which this session fetches the file, and follow it."""
    document = _ready(document_id)
    return redirect(url_for(".file", token=document_links.token_of(document)), 303)


@bp.get("/file/<token>", needs=USE, shows="patients")
def file(token):
    """The file itself."""
    document = _ready(document_links.document_id_of(token))
    answer = document_links.file_of(document)
    audit(db.session(), "documents.download", by=current.actor, record=document)
    return answer


@bp.post(f"{ONE}/remove", needs=USE)
def remove(document_id):
    """Take back what was sent, as long as the clinic has not got it."""
    document = _own(document_id)
    if document.is_ready:
        raise Refused("The clinic has this document already. Ask the clinic to remove it.")
    documents.remove(document, by=current.actor)
    return changed(then=url_for(".index", patient_id=document.patient_id), message=_("It is removed."))


def _people():
    return portal_offers.own_patients(db.session(), current.patient_ids)


def _patient(patient_id):
    return next((each for each in _people() if each.id == patient_id), None) or abort(404)


def _document(document_id):
    return queries.released(db.session(), current.clinic.id, document_id, current.patient_ids) or abort(404)


def _ready(document_id):
    document = _document(document_id)
    return document if document.is_ready else abort(404)


def _own(document_id):
    """A file that this person sends; anybody else's is not there."""
    document = _document(document_id)
    return document if document.from_patient and document.uploaded_by_id == current.user.id else abort(404)


def _form():
    clinic = db.session.get(Clinic, current.clinic.id)
    return SendingForm(clinic, categories=CHOSEN_BY_PATIENTS).expecting(request.values)


def _page(patient, form):
    if patient is None:
        return {"patient": None, "tabs": []}
    number, size = page_number(), queries.ON_A_PAGE
    found = db.session.scalars(queries.released_of(patient.id).limit(size + 1).offset((number - 1) * size))
    about = document_sending.about(patient.id)
    page = Page.of(found, number, size)
    lines = document_words.lines_of(page.rows, "/portal/documents/", current.user.id)
    files = SimpleNamespace(page=page, lines=lines, token=generate_csrf(), **about)
    own_tabs = tabs(_people(), patient, "portal.documents.index")
    return {"patient": patient, "form": form, "part_size": PART, "files": files, "tabs": own_tabs}


def _not_taken(patient_id, form, error):
    db.session.rollback()
    sentence = said(error) if isinstance(error, Refused) else _(error.template) % error.values
    form.blame(sentence, getattr(error, "field", None) or "files")
    status = 409 if isinstance(error, Refused) else error.status
    return again(INDEX, status=status, **_page(_patient(patient_id), form))
