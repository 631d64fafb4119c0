"""The desk gives papers out: that there is one, how it stands, and noting that it was sent; never what it says."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import excuse_notes, referrals
from clinic.current import current
from clinic.db import db
from clinic.forms.referrals import SendForm
from clinic.htmx import again, changed
from clinic.models.excuse_notes import ExcuseNote, NoteState
from clinic.models.referrals import Referral, ReferralStatus
from clinic.queries import papers as queries
from clinic.views.staff.charts import answer, chart_of

bp = GuardedBlueprint("papers", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/papers")
EXISTS = Permission.RECORD_EXISTS
REFERRAL, NOTE = "staff/papers/referral.html", "staff/papers/excuse_note.html"


@bp.get("/referrals/<uuid:referral_id>", needs=EXISTS, shows="patients")
def referral(patient_id, referral_id):
    """That there is a referral, and how it stands."""
    facts = _referral(chart_of(patient_id), referral_id)
    return answer(REFERRAL, form=SendForm(formdata=None), **facts) if facts["paper"].is_told else abort(404)


@bp.post("/referrals/<uuid:referral_id>/send-referral", needs=EXISTS)
def send_referral(patient_id, referral_id):
    """Note who was given the letter."""
    chart, form = chart_of(patient_id), SendForm()
    facts = _referral(chart, referral_id)
    if not form.validate():
        return again(REFERRAL, form=form, **facts)
    letter = db.session.get(Referral, (current.clinic.id, referral_id))
    referrals.send(letter, form.sent_to.data, only_ready=True, by=current.actor)
    return changed(then=url_for(".referral", patient_id=patient_id, referral_id=referral_id), message=_("Noted."))


@bp.get("/excuse-notes/<uuid:note_id>", needs=EXISTS, shows="patients")
def excuse_note(patient_id, note_id):
    """That there is an excuse note, and how it stands."""
    facts = _note(chart_of(patient_id), note_id)
    return answer(NOTE, **facts) if facts["paper"].is_told else abort(404)


@bp.post("/excuse-notes/<uuid:note_id>/send-note", needs=EXISTS)
def send_note(patient_id, note_id):
    """Note that the patient was given it."""
    _note(chart_of(patient_id), note_id)
    excuse_notes.send(db.session.get(ExcuseNote, (current.clinic.id, note_id)), only_ready=True, by=current.actor)
    return changed(then=url_for(".excuse_note", patient_id=patient_id, note_id=note_id), message=_("Noted."))


def _referral(chart, referral_id):
    paper = queries.referral(db.session(), current.clinic.id, chart.records, referral_id) or abort(404)
    return {"chart": chart, "paper": paper, "state": ReferralStatus(paper.state)}


def _note(chart, note_id):
    paper = queries.excuse_note(db.session(), current.clinic.id, chart.records, note_id) or abort(404)
    return {"chart": chart, "paper": paper, "state": NoteState(paper.state)}
