"""The questions asked before visits of a type: an administrator writes, orders and retires them."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import intake
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.intake import QuestionForm
from clinic.htmx import again, changed, show
from clinic.models.intake import IntakeQuestion
from clinic.models.schedule import VisitType
from clinic.queries.intake import questions_of

bp = GuardedBlueprint("intake", __name__, face="staff", url_prefix="/visit-types/<uuid:visit_type_id>/questions")
EDIT = Permission.CLINIC_EDIT
PAGE, LIST = "staff/intake/edit.html", "staff/intake/_list.html"


@bp.get("", needs=EDIT)
def index(visit_type_id):
    """The questions of one visit type, the retired ones last."""
    return show("staff/intake/index.html", LIST, **_listed(_type(visit_type_id)))


@bp.get("/new", needs=EDIT)
def new(visit_type_id):
    """An empty form for a question."""
    return show(PAGE, form=QuestionForm(), visit_type=_type(visit_type_id), question=None)


@bp.post("/new", needs=EDIT)
def create(visit_type_id):
    """Ask one more question."""
    visit_type, form = _type(visit_type_id), QuestionForm()
    if not form.validate():
        return again(PAGE, form=form, visit_type=visit_type, question=None)
    try:
        intake.add(visit_type, by=current.actor, **form.details)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, form=form, visit_type=_type(visit_type_id), question=None)
    return changed(then=url_for(".index", visit_type_id=visit_type_id), message=_("The question is asked from now on."))


@bp.get("/<uuid:question_id>", needs=EDIT)
def edit(visit_type_id, question_id):
    """The form of one question."""
    question = _question(visit_type_id, question_id)
    facts = {"question": question.question, "hint": question.hint, "is_required": question.is_required}
    form = QuestionForm(question_kind=question.kind, data={**facts, "choices": "\n".join(question.choices)})
    return show(PAGE, form=form, visit_type=_type(visit_type_id), question=question)


@bp.post("/<uuid:question_id>", needs=EDIT)
def update(visit_type_id, question_id):
    """Change a question's words."""
    question = _question(visit_type_id, question_id)
    form = QuestionForm(question_kind=question.kind)
    if not form.validate():
        return again(PAGE, form=form, visit_type=_type(visit_type_id), question=question)
    intake.update(question, by=current.actor, **form.details)
    return changed(then=url_for(".index", visit_type_id=visit_type_id), message=_("Saved."))


@bp.post("/<uuid:question_id>/up", needs=EDIT)
def move_up(visit_type_id, question_id):
    """Ask it earlier."""
    return _done(intake.move_up, visit_type_id, question_id)


@bp.post("/<uuid:question_id>/down", needs=EDIT)
def move_down(visit_type_id, question_id):
    """Ask it later."""
    return _done(intake.move_down, visit_type_id, question_id)


@bp.post("/<uuid:question_id>/retire", needs=EDIT)
def retire(visit_type_id, question_id):
    """Ask it no more; what was answered stays."""
    undo = url_for(".ask_again", visit_type_id=visit_type_id, question_id=question_id)
    return _done(intake.retire, visit_type_id, question_id, _("It is asked no more; what was answered stays."), undo)


@bp.post("/<uuid:question_id>/ask-again", needs=EDIT)
def ask_again(visit_type_id, question_id):
    """Ask a retired question again."""
    return _done(intake.ask_again, visit_type_id, question_id, _("It is asked again."))


def _done(verb, visit_type_id, question_id, message=None, undo=None):
    verb(_question(visit_type_id, question_id), by=current.actor)
    db.session.flush()
    facts = _listed(_type(visit_type_id))
    return changed(LIST, then=url_for(".index", visit_type_id=visit_type_id), message=message, undo=undo, **facts)


def _listed(visit_type):
    return {"visit_type": visit_type, "questions": questions_of(db.session(), visit_type.id, retired=True)}


def _type(visit_type_id):
    return db.session.get(VisitType, (current.clinic.id, visit_type_id)) or abort(404)


def _question(visit_type_id, question_id):
    found = db.session.get(IntakeQuestion, (current.clinic.id, question_id))
    return found if found and found.visit_type_id == visit_type_id else abort(404)
