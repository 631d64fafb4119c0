"""A doctor's time blocked again and again: lunch, a weekly meeting; typed once, removed once."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import blocks
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.repeated_blocks import RepeatedBlockForm
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.queries import blocks as asked
from clinic.views.staff.blocks import way_back
from clinic.views.staff.providers import load
from clinic.views.staff.stranded import opened

bp = GuardedBlueprint(
    "repeated_blocks", __name__, face="staff", url_prefix="/providers/<uuid:provider_id>/repeated-blocks"
)  # fmt: skip
PAGE = "staff/blocks/repeat.html"


@bp.get("/new", needs=Permission.SCHEDULE_BLOCK)
def new(provider_id):
    """An empty form for what comes again and again."""
    return show_page(PAGE, provider=load(provider_id), form=RepeatedBlockForm(formdata=None))


@bp.post("/new", needs=Permission.SCHEDULE_BLOCK)
def create(provider_id):
    """Block the time on each of the days, over booked visits too."""
    provider, form = load(provider_id), RepeatedBlockForm()
    spans = form.spans(current.clinic.timezone) if form.validate() else []
    if not spans:
        return again(PAGE, provider=provider, form=form)
    try:
        blocks.repeat(provider, spans, reason=form.why.data, by=current.actor)
    except Refused as refused:
        return _refused(provider_id, form, refused)
    message = _("The time is blocked.")
    return opened(message) or changed(then=url_for("staff.blocks.index", provider_id=provider_id), message=message)


@bp.post("/<uuid:block_id>/remove", needs=Permission.SCHEDULE_BLOCK)
def remove(provider_id, block_id):
    """Give the time back on every day to come at once."""
    provider = load(provider_id)
    sets = asked.together(asked.coming(db.session(), provider.id), current.clinic.timezone)
    found = next((block for block in sets if block.id == block_id), None) or abort(404)
    pieces = [piece_id for block in found.every for piece_id in block.piece_ids]
    blocks.remove(provider, pieces, found.starts_at, found.every[-1].ends_at, by=current.actor)
    then, undo = url_for("staff.blocks.index", provider_id=provider_id), way_back(provider, found)
    return changed(then=then, message=_("The time is open again."), undo=undo)


def _refused(provider_id, form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return again(PAGE, status=409, provider=load(provider_id), form=form)
