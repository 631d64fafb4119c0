"""A doctor's blocked time: leave, lunch, meetings; and the visits that lie in it."""

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import blocks
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.blocks import BlockForm
from clinic.htmx import again, changed, show, wants_part
from clinic.openings import listed
from clinic.queries import blocks as asked
from clinic.views.staff import taken_away
from clinic.views.staff.providers import load
from clinic.views.staff.stranded import opened

bp = GuardedBlueprint("blocks", __name__, face="staff", url_prefix="/providers/<uuid:provider_id>/blocks")
PAGE, PART = "staff/blocks/index.html", "staff/blocks/_blocks.html"


@bp.get("", needs=Permission.SCHEDULE_SEE, shows="visits")
def index(provider_id):
    """The blocks to come, and the visits that need another time."""
    return show(PAGE, PART, **_page(load(provider_id), BlockForm(formdata=None)))


@bp.post("", needs=Permission.SCHEDULE_BLOCK, shows="visits")
def create(provider_id):
    """Block time, over booked visits too: they are then listed to be moved."""
    provider, form = load(provider_id), BlockForm()
    span = form.instants(current.clinic.timezone) if form.validate() else None
    if span is None:
        return _again(provider, form)
    try:
        blocks.add(provider, *span, zone=current.clinic.timezone, reason=form.reason.data, by=current.actor)
    except Refused as refused:
        return _refused(provider_id, form, refused)
    return opened(_("The time is blocked.")) or _changed(provider)


@bp.post("/<uuid:block_id>/remove", needs=Permission.SCHEDULE_BLOCK, shows="visits")
def remove(provider_id, block_id):
    """Give blocked time back."""
    provider = load(provider_id)
    found = [block for block in asked.coming(db.session(), provider.id) if block.id == block_id] or abort(404)
    blocks.remove(provider, found[0].piece_ids, found[0].starts_at, found[0].ends_at, by=current.actor)
    return _changed(provider, _("The time is open again."), way_back(provider, found[0]))


@bp.post("/<uuid:block_id>/restore", needs=Permission.SCHEDULE_BLOCK, shows="visits")
def restore(provider_id, block_id):
    """Take a removal back, over visits booked meanwhile too."""
    provider = load(provider_id)
    blocks.restore(provider, taken_away.kept(provider, block_id), zone=current.clinic.timezone, by=current.actor)
    return opened(_("The time is blocked.")) or _changed(provider)


def way_back(provider, block):
    """The address that blocks again what was just given back: the block, on all of its days."""
    taken_away.keep(provider, block.id, blocks.kept(block.every))
    return url_for("staff.blocks.restore", provider_id=provider.id, block_id=block.id)


def _page(provider, form):
    stranded, coming = asked.stranded(db.session(), provider.id), asked.coming(db.session(), provider.id)
    listed(visit.id for visit in stranded)
    return {
        "provider": provider, "form": form, "zone": current.clinic.timezone,
        "blocks": asked.together(coming, current.clinic.timezone), "stranded": stranded,
        "may_edit": current.may(Permission.SCHEDULE_BLOCK), "may_move": current.may(Permission.VISITS_BOOK),
    }  # fmt: skip


def _changed(provider, message=None, undo=None):
    page = _page(provider, BlockForm(formdata=None))
    many = len(page["stranded"])
    if message is None:
        lying = ngettext("%(num)d visit lies in it.", "%(num)d visits lie in it.", many) if many else ""
        message = f"{_('The time is blocked.')} {lying}".strip()
    return changed(PART, then=url_for(".index", provider_id=provider.id), message=message, undo=undo, **page)


def _again(provider, form, status=422):
    return again(PART if wants_part() else PAGE, status=status, **_page(provider, form))


def _refused(provider_id, form, refused):
    db.session.rollback()
    form.blame(said(refused), refused.field)
    return _again(load(provider_id), form, status=409)
