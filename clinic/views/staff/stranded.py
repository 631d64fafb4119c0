"""The stranded-patients workbench: visits that a change took the time of, each on its way to another."""

from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import stranding_offers, stranding_undo, strandings
from clinic.current import current
from clinic.db import db, now
from clinic.forms.strandings import SendForm
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.models.strandings import Stranding, StrandingCause
from clinic.openings import listed
from clinic.queries import strandings as asked
from clinic.queries.strandings import Stage
from clinic.views.asked import Page, page_number
from clinic.views.staff.own_patients import reach
from clinic.views.staff.stranded_lines import lines

bp = GuardedBlueprint("stranded", __name__, face="staff", url_prefix="/stranded")
PAGE, PART = "staff/stranded/show.html", "staff/stranded/_work.html"
# What is older has been dealt with in some other way.


@bp.get("", needs=Permission.VISITS_SEE)
def index():
    """The changes whose visits still need another time."""
    own = None if reach() is None else current.provider_id or abort(404)
    rows = asked.open_ones(db.session(), current.clinic.id, now() - asked.REMEMBERED, own)
    return show_page("staff/stranded/index.html", rows=rows)


@bp.get("/<uuid:stranding_id>", needs=Permission.VISITS_SEE, shows="visits")
def show(stranding_id):
    """The visits of one change: what is proposed, who has answered, who is to be called."""
    return show_page(PAGE, PART, **work(load(stranding_id)))


@bp.post("/<uuid:stranding_id>/send", needs=Permission.VISITS_BOOK, shows="visits")
def send(stranding_id):
    """Send every proposal that is ready."""
    stranding, form = load(stranding_id), SendForm()
    if not form.validate():
        return again(PAGE, **work(stranding, form))
    stranding.answer_hours = form.hours.data
    stranding_offers.send_all(stranding, by=current.actor)
    return answered(stranding, _("The proposals are being sent. Answers appear here as they come."))


@bp.post("/<uuid:stranding_id>/look", needs=Permission.VISITS_BOOK, shows="visits")
def look(stranding_id):
    """Look once more for times for those who have none."""
    stranding = stranding_offers.look_again(load(stranding_id), by=current.actor)
    return answered(stranding, _("Looking for times."))


@bp.post("/<uuid:stranding_id>/undo", needs=Permission.SCHEDULE_BLOCK)
def undo(stranding_id):
    """Take the change back that stranded them; everything is as before."""
    stranding = load(stranding_id)
    if not _may_undo(stranding):
        abort(403)
    stranding_undo.undo(stranding, by=current.actor)
    return changed(then=url_for(".index"), message=_("Taken back: the times are as before, and nobody is moved."))


def load(stranding_id) -> Stranding:
    """The change, if this person may see its visits: a doctor only what concerns themselves alone."""
    found = db.session.get(Stranding, (current.clinic.id, stranding_id)) or abort(404)
    is_own = current.provider_id is not None and found.provider_id == current.provider_id
    return found if reach() is None or is_own else abort(404)


def answered(stranding, message=None, undo=None):
    """What an act on the workbench answers: its part, as it is now; ``undo`` takes the act back."""
    db.session.flush()
    return changed(PART, then=url_for("staff.stranded.show", stranding_id=stranding.id), message=message, undo=undo,
                   **work(stranding))  # fmt: skip


def work(stranding, form=None):
    """What the workbench shows."""
    session, stage, number = db.session(), _stage(), page_number()
    found = asked.visits(session, stranding, stage, number)
    pages = Page.of(found, number, asked.PAGE)
    listed(row.visit_id for row in pages.rows)
    counts = asked.counts(session, stranding)
    here = url_for("staff.stranded.show", stranding_id=stranding.id)
    without = {row.why for row in pages.rows if row.stage == Stage.CALL}
    may_look = bool(stranding.prepared_at and ("nothing" in without or ("lapsed" in without and not stranding.sent_at)))
    return {
        "may_look": may_look and current.may(Permission.VISITS_BOOK),
        "stranding": stranding, "lines": lines(stranding, pages.rows), "pages": pages, "counts": counts,
        "stage": stage, "stages": list(Stage), "here": here, "form": form or SendForm(formdata=None),
        "address": url_for("staff.stranded.show", stranding_id=stranding.id, stage=stage, page=number),
        "may_send": current.may(Permission.VISITS_BOOK), "is_answered": asked.is_answered(session, stranding),
        "zone": ZoneInfo(current.clinic.timezone), "last_day": stranding.last_day(current.clinic.timezone),
        "may_undo": _may_undo(stranding) and stranding.undone_at is None,
    }  # fmt: skip


def _may_undo(stranding):
    """Whoever may make such a change may take it back."""
    is_block = stranding.cause == StrandingCause.BLOCK
    return current.may(Permission.SCHEDULE_BLOCK if is_block else Permission.SCHEDULE_EDIT)


def _stage():
    word = request.args.get("stage") or None
    if word not in (None, *Stage):
        abort(404)
    return word


def opened(message):
    """Where whoever changed hours or leave goes on, if that stranded anybody; None where it did not."""
    stranding_id = strandings.opened(db.session())
    if stranding_id is None or not current.may(Permission.VISITS_SEE):
        return None
    return changed(then=url_for("staff.stranded.show", stranding_id=stranding_id), message=message)
