"""What the doctor's page of a visit shows: whom it is about, what was before, the note, and who else has it open."""

import base64

from flask_babel import gettext as _

from clinic.access import Permission as P
from clinic.blind import blinded
from clinic.current import current
from clinic.db import db
from clinic.forms.consultations import LABELS, AddendumForm, NoteForm
from clinic.models.consultations import WORDS
from clinic.queries import consultations as queries
from clinic.queries import icd10, intake
from clinic.queries.day import visit_line
from clinic.queries.note_templates import of_doctor
from clinic.views.measurement_words import strip_of
from clinic.views.staff import charts
from clinic.views.staff.visit_lines import Lines
from clinic.views.staff.visit_orders import orders_of

CODES_SHOWN = 8


def page_of(visit, form=None, addendum=None, **more):
    """Everything on the page; ``form`` is the note as it was sent, where something was wrong with it."""
    session, chart = db.session(), charts.chart_of(visit.patient_id)
    return {
        "visit": visit, "chart": chart, "lines": Lines().of([visit_line(session, visit)]),
        "intake": _intake(session, visit), "strip": strip_of(chart.patient), "patient": chart.patient,
        "past": queries.past_visits(session, visit, chart.records), "orders": orders_of(visit),
        **note_of(visit, form, **more), "addendum": addendum or AddendumForm(formdata=None),
    }  # fmt: skip


def note_of(visit, form=None, changed=False, found=None):
    """The note alone; with ``changed`` beside what somebody else has saved, ``found`` are codes that were asked for."""
    note = queries.of_visit(db.session(), visit)
    form = offered(form or _form(note))
    return {
        "visit": visit, "note": note, "form": form, "labels": LABELS, "may_write": current.may(P.RECORD_WRITE),
        "may_sign": current.may(P.RECORD_SIGN) and visit.provider_id is not None
        and visit.provider_id == current.provider_id,
        "shelf": shelf_of(visit), "found": found, "code_words": icd10.label,
        **state_of(visit, note, form, changed),
    }  # fmt: skip


def state_of(visit, note, form, changed=False, refused=None):
    """Whether the note is saved, who else has it open, and what others wrote that this page has not seen."""
    page = form.page.data
    seen = form.sending.version
    return {
        "visit": visit, "note": note, "form": form, "labels": LABELS, "changed": changed, "refused": refused,
        "others": queries.open_elsewhere(db.session(), visit, page),
        "theirs": _theirs(note, form.words) if changed else [], "code_words": icd10.label,
        "is_newer": note is not None and note.version > seen and note.saved_page not in (page, form.resumes.data),
    }  # fmt: skip


def offered(form):
    """The form with the doctor's templates to choose from."""
    rows = [(each.id, each.name) for each in of_doctor(db.session(), current.provider_id)]
    form.template.offer(rows, _("Choose a template"))
    return form


def shelf_of(visit):
    """The key under which this person's page keeps unsent words in its own browser; nobody else is ever given it."""
    key = blinded("note", str(current.clinic.id), str(current.user.id), str(visit.id))
    return base64.b64encode(key).decode()


def _form(note):
    form = NoteForm(formdata=None)
    if note is not None:
        form.says(note).version.data = note.version
    return form


def _theirs(note, words):
    """What others saved and this page says otherwise: (label, their text) for each part."""
    rows = [(LABELS[name], getattr(note, name)) for name in WORDS if getattr(note, name) != getattr(words, name)]
    if tuple(note.diagnosis_codes) != words.diagnosis_codes:
        rows.insert(2, (LABELS["diagnosis_codes"], ", ".join(note.diagnosis_codes)))
    return rows


def _intake(session, visit):
    asked = intake.asked_of(session, visit)
    return {"asked": asked, "count": intake.counted(asked)}
