"""A doctor's own texts that notes begin from."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import note_templates as verbs
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.consultations import TemplateForm
from clinic.htmx import again, changed, show
from clinic.models.note_templates import NoteTemplate
from clinic.queries.note_templates import of_doctor

bp = GuardedBlueprint("note_templates", __name__, face="staff", url_prefix="/note-templates")
WRITE = Permission.RECORD_WRITE
PAGE = "staff/note_templates/edit.html"


@bp.get("", needs=WRITE)
def index():
    """The templates of the doctor who looks."""
    return show("staff/note_templates/index.html", templates=of_doctor(db.session(), current.provider_id))


@bp.get("/new", needs=WRITE)
def new():
    """An empty form for a template."""
    return show(PAGE, form=TemplateForm(), template=None)


@bp.post("/new", needs=WRITE)
def create():
    """Keep a new template."""
    form = TemplateForm()
    return _kept(
        form, None, lambda: verbs.add(db.session(), by=current.actor, **form.details), _("It is on your list.")
    )


@bp.get("/<uuid:template_id>", needs=WRITE)
def edit(template_id):
    """The form of one template."""
    template = _own(template_id)
    return show(PAGE, form=TemplateForm(obj=template), template=template)


@bp.post("/<uuid:template_id>", needs=WRITE)
def update(template_id):
    """Change a template; notes that began from it keep their words."""
    template, form = _own(template_id), TemplateForm()
    return _kept(form, template, lambda: verbs.update(template, by=current.actor, **form.details), _("Saved."))


@bp.post("/<uuid:template_id>/retire", needs=WRITE)
def retire(template_id):
    """Take a template off the list."""
    verbs.retire(_own(template_id), by=current.actor)
    undo = url_for(".restore", template_id=template_id)
    return changed(then=url_for(".index"), message=_("It is off your list."), undo=undo)


@bp.post("/<uuid:template_id>/restore", needs=WRITE)
def restore(template_id):
    """Put a template back on the list."""
    verbs.restore(_own(template_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("It is on your list again."))


def _own(template_id):
    """The template, if it is the doctor's own."""
    found = db.session.get(NoteTemplate, (current.clinic.id, template_id))
    return found if found and found.provider_id == current.provider_id else abort(404)


def _kept(form, template, act, message):
    """Do it and go to the list; the form again where it was not right or not possible."""
    if not form.validate():
        return again(PAGE, form=form, template=template)
    try:
        act()
        db.session.flush()
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, form=form, template=template and _own(template.id))
    return changed(then=url_for(".index"), message=message)
