"""The desk finds patients, registers new ones and keeps their details; a doctor sees their own patients."""

from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from clinic import typed_dates, walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import patients as verbs
from clinic.actions.acting import Refused
from clinic.actions.patient_changes import ChangedMeanwhile
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.patients import DetailsForm, PatientForm, TagForm
from clinic.htmx import again, changed, moved_on, wants_part
from clinic.htmx import show as answer
from clinic.models.organizations import Clinic
from clinic.models.patients import PatientTag
from clinic.openings import listed
from clinic.queries import finding
from clinic.queries import patients as queries
from clinic.queries.calls import offers_to_tell
from clinic.views.asked import Page, own_path, page_number
from clinic.views.beside import beside
from clinic.views.staff import charts, own_patients, so_far
from clinic.views.staff.connections import portal_facts
from clinic.views.staff.own_patients import break_glass_allowed, reach

bp = GuardedBlueprint("patients", __name__, face="staff", url_prefix="/patients")


def understood(text):
    """What was typed into a search, read in the clinic's date format."""
    return queries.understand(text, current.clinic.locale, walltime.today(ZoneInfo(current.clinic.timezone)))


def typed():
    """What was typed into a search. It is sent, never asked for in an address: addresses stay in histories and logs."""
    return request.form.get("q", "").strip()[: queries.LONGEST_QUESTION]


def found(text, size=queries.IN_THE_BOX, number=1):
    """A page of the patients who answer what was typed."""
    question = understood(text)
    if question.is_empty:
        return Page((), number, False)
    skip = (number - 1) * size
    rows = finding.find(db.session(), current.clinic.id, question, own=reach(), size=size, skip=skip)
    return _listed(Page.of(rows, number, size))


@bp.get("", needs=Permission.PATIENTS_FIND, shows="patients")
def index():
    """Everybody, who was registered last first."""
    rows = _page(queries.recent(current.clinic.id, own=reach()), page_number(), queries.ON_A_PAGE)
    return answer("staff/patients/index.html", q="", found=rows, typed={}, not_theirs=break_glass_allowed())


@bp.post("/find", needs=Permission.PATIENTS_FIND, once=False, shows="patients")
def find():
    """Who answers what was typed: a page of them or, while somebody types, the first ones under the search box."""
    text, number = typed(), page_number()
    if not text and not wants_part():
        return moved_on(url_for("staff.patients.index"))
    people = found(text, queries.IN_THE_BOX if wants_part() else queries.ON_A_PAGE, number)
    facts = {"q": text, "found": people, "question": understood(text), "typed": over(text)}
    facts["not_theirs"] = break_glass_allowed()
    return answer("staff/patients/index.html", "staff/patients/_found.html", **facts)


def over(text):
    """What was typed, as the first facts of a new patient: a date or a number is no name."""
    today = walltime.today(ZoneInfo(current.clinic.timezone))
    born = [each for each in text.split() if typed_dates.read(each, current.clinic.locale, today)]
    name = " ".join(each for each in text.split() if not any(letter.isdigit() for letter in each))
    numbers = "".join(each for each in text if each in "+0123456789 ") if not born else ""
    facts = {"full_name": name, "date_of_birth": " ".join(born[:1]), "phone": numbers.strip()}
    facts["phone"] = facts["phone"] if len(facts["phone"]) >= 7 else ""
    return {key: value for key, value in facts.items() if value}


@bp.get("/new", needs=Permission.PATIENTS_EDIT)
def new():
    """The form for a new patient."""
    return answer("staff/patients/new.html", form=PatientForm(own_clinic()), then=own_path())


@bp.post("/begin", needs=Permission.PATIENTS_EDIT)
def begin():
    """The same form with what was typed in the search; nothing is kept yet."""
    return answer("staff/patients/new.html", form=PatientForm(own_clinic()), then=own_path())


@bp.post("", needs=Permission.PATIENTS_EDIT)
def create():
    """Register the patient, unless they may be here already and nobody has said otherwise yet."""
    form, about = PatientForm(own_clinic()), {"then": own_path(), "kept": so_far.carried()}
    if not form.validate_on_submit():
        return again("staff/patients/new.html", form=form, **about)
    if (alike := alike_to(form)) and not request.form.get("anyway"):
        return again("staff/patients/new.html", status=409, form=form, alike=alike, **about)
    patient = verbs.register(db.session(), by=current.actor, **form.facts)
    words = _("%(name)s is registered, record number %(number)s.", name=patient.full_name, number=patient.mrn)
    return _registered(patient, about, words)


def _registered(patient, about, words):
    """On with what somebody was registered for; what is written about a visit is sent on to the page that books it."""
    then = onwards(about["then"], patient.id)
    answer = changed(then=then, message=words)
    return so_far.sent_on(then) if about["kept"] and urlsplit(then).path == url_for("staff.booking.new") else answer


def begun(then, kept):
    """What the page of a new patient shows at first: what was typed in a search, and what is kept about the visit."""
    form = PatientForm(own_clinic(), formdata=MultiDict(over(typed())))
    return {"form": form, "then": then, "kept": kept}


@bp.get("/<uuid:patient_id>", needs=Permission.PATIENTS_FIND, shows="patients")
def show(patient_id):
    """One patient: details, flags, visits."""
    patient = own_patients.patient(patient_id)
    if patient.id != patient_id:
        return redirect(url_for("staff.patients.show", patient_id=patient.id))
    return charts.answer("staff/patients/show.html", **_facts(patient))


@bp.get("/<uuid:patient_id>/edit", needs=Permission.PATIENTS_EDIT, shows="patients")
def edit(patient_id):
    """The form with what is known."""
    patient = own_patients.patient(patient_id)
    return answer("staff/patients/edit.html", patient=patient, form=DetailsForm(own_clinic(), obj=patient))


@bp.post("/<uuid:patient_id>", needs=Permission.PATIENTS_EDIT)
def update(patient_id):
    """Keep what was changed."""
    patient = own_patients.patient(patient_id)
    form = DetailsForm(own_clinic(), obj=patient)
    if not form.validate_on_submit():
        return again("staff/patients/edit.html", patient=patient, form=form)
    try:
        verbs.update(patient, form.seen.data, by=current.actor, **form.facts)
    except ChangedMeanwhile as both:
        return beside(both, form, "staff/patients/edit.html", own_patients.patient, patient_id)
    then = url_for("staff.patients.show", patient_id=patient.id)
    return changed(then=then, message=_("The details of %(name)s are saved.", name=patient.full_name))


@bp.post("/<uuid:patient_id>/add-tag", needs=Permission.PATIENTS_EDIT)
def add_tag(patient_id):
    """Pin a tag or a flag to the patient."""
    patient, form = own_patients.patient(patient_id), TagForm()
    if not form.validate_on_submit():
        return again("staff/patients/show.html", **_facts(patient, form))
    try:
        verbs.add_tag(patient, form.kind.data, form.tag.data, by=current.actor)
    except Refused as refusal:
        form.blame(said(refusal), refusal.field)
        return again("staff/patients/show.html", status=409, **_facts(patient, form))
    then = url_for("staff.patients.show", patient_id=patient_id)
    return changed(then=then, message=_("Added: %(tag)s", tag=form.tag.data))


@bp.post("/<uuid:patient_id>/tags/<uuid:tag_id>/remove-tag", needs=Permission.PATIENTS_EDIT)
def remove_tag(patient_id, tag_id):
    """Take a tag or a flag off the patient."""
    patient, tag = own_patients.patient(patient_id), db.session.get(PatientTag, (current.clinic.id, tag_id))
    if tag is None or tag.patient_id != patient.id:
        abort(404)
    verbs.remove_tag(patient, tag, by=current.actor)
    then = url_for("staff.patients.show", patient_id=patient_id)
    return changed(then=then, message=_("Removed: %(tag)s", tag=tag.tag))


def onwards(then, patient_id):
    """Where a chosen or new patient leads: on with the booking, or to their page."""
    if not then:
        return url_for("staff.patients.show", patient_id=patient_id)
    return f"{then}{'&' if '?' in then else '?'}{urlencode({'patient_id': patient_id})}"


def _page(select, number, size):
    return _listed(Page.of(db.session.execute(select.limit(size + 1).offset((number - 1) * size)), number, size))


def _listed(page):
    listed(row.id for row in page.rows)
    own_patients.note_listed(row.id for row in page.rows)
    return page


def own_clinic():
    """The clinic as a record, whose country and formats a form reads by."""
    return db.session.get(Clinic, current.clinic.id)


def alike_to(form):
    """Patients who may be the one the form describes."""
    facts = form.full_name.data, form.date_of_birth.data, form.phone.data
    alike = db.session.execute(queries.alike(current.clinic.id, *facts)).all()
    listed(row.id for row in alike)
    return alike


def _facts(patient, tag_form=None):
    """What the patient's page shows: visits to come all at once, past ones by the page."""
    coming, past = queries.visits_of(patient.id)
    number, size = page_number(), queries.PAST_ON_A_PAGE
    past = db.session.scalars(past.limit(size + 1).offset((number - 1) * size))
    calls = current.may(Permission.VISITS_BOOK)
    offered = offers_to_tell(db.session(), patient.clinic_id, patient.id) if calls else ()
    return {
        "chart": charts.of(patient), "patient": patient, "coming": db.session.scalars(coming).all(),
        "past": Page.of(past, number, size), "tag_form": tag_form or TagForm(formdata=None), "offered": offered,
        **portal_facts(patient),
    }  # fmt: skip
