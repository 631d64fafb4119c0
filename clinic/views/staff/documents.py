"""Documents at the desk and in the chart: sending them, looking at them, filing them, showing them to the patient."""

from types import SimpleNamespace

from flask import abort, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from clinic.access import GuardedBlueprint
from clinic.access import Permission as P
from clinic.actions import documents
from clinic.actions.acting import Refused, audit
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.documents import DescribedForm, SendingForm, form_of
from clinic.htmx import again, changed
from clinic.htmx import show as answer_with
from clinic.integrations.storage import StorageAway
from clinic.models.documents import PART
from clinic.models.organizations import Clinic
from clinic.queries import documents as queries
from clinic.queries.own_patients import among
from clinic.uploads import NotTaken
from clinic.views import document_links, document_sending, document_words
from clinic.views.asked import Page, an_id, page_number
from clinic.views.staff import charts, own_patients

bp = GuardedBlueprint("documents", __name__, face="staff")
bp.register_error_handler(StorageAway, document_links.away)
INDEX, PAGE, LIST = "staff/documents/index.html", "staff/documents/show.html", "staff/documents/_list.html"
BASE = "/staff/documents/"
OF_PATIENT, ONE = "/patients/<uuid:patient_id>/documents", "/documents/<uuid:document_id>"


@bp.get(OF_PATIENT, needs=P.DOCUMENTS_SEE, shows="patients")
def index(patient_id):
    """A patient's documents, or those of one visit or policy of theirs, and the form to send more."""
    page = answer_with(INDEX, LIST, **_page(charts.chart_of(patient_id), _form()))
    return document_sending.may_reach_the_bucket(page)


@bp.post(f"{OF_PATIENT}/add", needs=P.DOCUMENTS_ADD, takes=document_sending.PLAIN_FORM)
def add(patient_id):
    """Take in the files of a plain form."""
    patient, form = own_patients.patient(patient_id), _form()
    if not form.validate() or not form.has_files():
        return again(INDEX, **_page(charts.of(patient), form))
    try:
        many = document_sending.add(patient, form)
    except (Refused, NotTaken) as error:
        return _not_taken(patient_id, form, error)
    return changed(then=_back(patient_id), message=document_sending.here(many))


@bp.post(f"{OF_PATIENT}/begin", needs=P.DOCUMENTS_ADD, once=False)
def begin(patient_id):
    """Take note of one file that a script is about to send in parts."""
    return document_sending.begin(own_patients.patient(patient_id), _form())


@bp.post(f"{ONE}/part", needs=P.DOCUMENTS_ADD, once=False, takes=document_sending.ONE_PART)
def part(document_id):
    """Take the next part of a file."""
    return document_sending.take_part(_own(document_id))


@bp.get(f"{ONE}/progress", needs=P.DOCUMENTS_ADD)
def progress(document_id):
    """How far a file of one's own has come."""
    return jsonify(document_sending.told(_own(document_id)))


@bp.get(ONE, needs=P.DOCUMENTS_SEE)
def show(document_id):
    """One document: what it is, its pages to look at, and what can be done with it."""
    document = _document(document_id)
    audit(db.session(), "documents.open", by=current.actor, record=document)
    return answer_with(PAGE, **_facts(document))


@bp.get(f"{ONE}/page/<int:number>", needs=P.DOCUMENTS_SEE)
def page(document_id, number):
    """The picture of one page."""
    return document_links.page_of(_document(document_id), number)


@bp.get(f"{ONE}/download", needs=P.DOCUMENTS_SEE)
def download(document_id):
    """Make the link with which this session fetches the file, and follow it."""
    document = _document(document_id)
    if not document.is_ready:
        abort(404)
    return redirect(url_for(".file", token=document_links.token_of(document)), 303)


@bp.get("/documents/file/<token>", needs=P.DOCUMENTS_SEE)
def file(token):
    """The file itself."""
    document = _document(document_links.document_id_of(token))
    if not document.is_ready:
        abort(404)
    answer = document_links.file_of(document)
    audit(db.session(), "documents.download", by=current.actor, record=document)
    return answer


@bp.post(f"{ONE}/update", needs=P.DOCUMENTS_ADD)
def update(document_id):
    """Say better what it is."""
    document, form = _document(document_id), DescribedForm(_clinic())
    if not form.validate():
        return again(PAGE, **_facts(document, form))
    documents.update(document, by=current.actor, **form.described(document))
    return changed(then=_after(document), message=_("Saved."))


@bp.post(f"{ONE}/release", needs=P.DOCUMENTS_RELEASE)
def release(document_id):
    """Show it to the patient."""
    document = documents.release(_document(document_id), by=current.actor)
    undo = url_for(".withhold", document_id=document.id)
    return changed(then=_after(document), message=_("The patient sees it in the portal now."), undo=undo)


@bp.post(f"{ONE}/withhold", needs=P.DOCUMENTS_RELEASE)
def withhold(document_id):
    """Show it to the patient no more."""
    document = documents.withhold(_document(document_id), by=current.actor)
    return changed(then=_after(document), message=_("The patient does not see it any more."))


@bp.post(f"{ONE}/remove", needs=P.DOCUMENTS_ADD)
def remove(document_id):
    """Take it out of the record."""
    document = documents.remove(_document(document_id), by=current.actor)
    undo = url_for(".restore", document_id=document.id)
    return changed(then=_back(document.patient_id), message=_("It is removed."), undo=undo)


@bp.post(f"{ONE}/restore", needs=P.DOCUMENTS_ADD)
def restore(document_id):
    """Put a removed document back."""
    document = documents.restore(_document(document_id, queries.removed), by=current.actor)
    return changed(then=_after(document), message=_("It is back in the record."))


def listed_on(patient_id, *, visit_id=None, insurance_policy_id=None):
    """What ``staff/documents/_list.html`` shows on the page of a patient, a visit or a policy, as ``files``."""
    which = {"visit_id": visit_id, "insurance_policy_id": insurance_policy_id}
    reader, number, size = reader_of(patient_id), page_number(), queries.ON_A_PAGE
    found = db.session.scalars(queries.of(patient_id, reader, **which).limit(size + 1).offset((number - 1) * size))
    page, given = Page.of(found, number, size), {name: each for name, each in which.items() if each}
    return SimpleNamespace(
        page=page, lines=document_words.lines_of(page.rows, BASE, current.user.id), token=generate_csrf(),
        others=queries.count_others(db.session(), patient_id, reader, **which),
        url=url_for("staff.documents.index", patient_id=patient_id, **given),
        here=url_for("staff.documents.index", patient_id=patient_id, page=number, **given), **which,
    )  # fmt: skip


def reader_of(patient_id):
    """Which of a patient's documents this person may see: a doctor all of their own patients', the desk its own."""
    clinical = current.may(P.CHART_SEE)
    if clinical and (own := own_patients.reach(P.CHART_SEE)) is not None:
        clinical = bool(among(db.session(), current.clinic.id, own, [patient_id]))
    return queries.Reader(current.user.id, clinical)


def _document(document_id, find=queries.one):
    """The document, if it is of a patient this person may open and theirs to see; else the usual 404."""
    found = find(db.session(), current.clinic.id, document_id) or abort(404)
    own_patients.patient(found.patient_id)
    return found if reader_of(found.patient_id).may_see(found) else abort(404)


def _own(document_id):
    """A file that this person sends; anybody else's is not there."""
    found = queries.one(db.session(), current.clinic.id, document_id) or abort(404)
    own_patients.patient(found.patient_id)
    return found if found.uploaded_by_id == current.user.id else abort(404)


def _clinic():
    return db.session.get(Clinic, current.clinic.id)


def _form():
    return SendingForm(_clinic()).expecting(request.values)


def _page(chart, form):
    which = document_sending.about(chart.patient.id)
    return {"chart": chart, "form": form, "part_size": PART, "files": listed_on(chart.patient.id, **which)}


def _facts(document, form=None):
    chart, may_release = charts.chart_of(document.patient_id), document.is_ready and not document.is_shown_anyhow
    return {
        "chart": chart, "document": document, "may_release": may_release, "facts": document_words.facts_of(document),
        "form": form or form_of(document, _clinic()), "seen": document_links.looking_token_of(document),
    }  # fmt: skip


def _not_taken(patient_id, form, error):
    db.session.rollback()
    sentence = said(error) if isinstance(error, Refused) else _(error.template) % error.values
    form.blame(sentence, getattr(error, "field", None) or "files")
    status = 409 if isinstance(error, Refused) else error.status
    return again(INDEX, status=status, **_page(charts.chart_of(patient_id), form))


def _back(patient_id):
    which = {name: an_id(name) for name in ("visit_id", "insurance_policy_id")}
    return url_for(".index", patient_id=patient_id, **{name: each for name, each in which.items() if each})


def _after(document):
    """Its page; or the list, for who filed it as something that is the doctors' to open."""
    if not reader_of(document.patient_id).may_see(document):
        return url_for(".index", patient_id=document.patient_id)
    return url_for(".show", document_id=document.id)
