"""One visit on the stranded-patients workbench: another proposal, sending it, an answer or a call by phone."""

from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offers, stranding_offers, stranding_places
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.strandings import ProposeForm
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.openings import listed
from clinic.queries import picking
from clinic.queries import strandings as asked
from clinic.queries.open_times import nearest_open
from clinic.views.asked import a_day, an_id
from clinic.views.staff.heeds import heeds_about
from clinic.views.staff.stranded import answered, load

bp = GuardedBlueprint(
    "stranded_visits", __name__, face="staff", url_prefix="/stranded/<uuid:stranding_id>/visits/<uuid:stranded_id>"
)
PAGE = "staff/stranded/pick.html"
BOOK = Permission.VISITS_BOOK


@bp.get("/pick", needs=BOOK, shows="visits")
def pick(stranding_id, stranded_id):
    """Open times of this type of visit, to propose one of them."""
    return show_page(PAGE, **_picker(_row(stranding_id, stranded_id)))


@bp.post("/propose", needs=BOOK, shows="visits")
def propose(stranding_id, stranded_id):
    """Propose the chosen time; taken meanwhile, the page comes back with those that are open now."""
    row, form = _row(stranding_id, stranded_id), ProposeForm()
    if not form.validate() or form.pick.data is None:
        return again(PAGE, **_picker(row, _("Choose a time.")))
    try:
        stranding_offers.propose(row, *form.pick.data, by=current.actor)
    except Refused as refused:
        db.session.rollback()
        return _refused(_row(stranding_id, stranded_id), said(refused), *form.pick.data)
    return changed(then=url_for("staff.stranded.show", stranding_id=stranding_id), message=_("The time is proposed."))


@bp.post("/send", needs=BOOK, shows="visits")
def send(stranding_id, stranded_id):
    """Send this proposal now."""
    row = _row(stranding_id, stranded_id)
    stranding_offers.send(row, by=current.actor)
    return answered(row.stranding, _("The proposal is sent."))


@bp.post("/skip", needs=BOOK, shows="visits")
def skip(stranding_id, stranded_id):
    """Propose nothing; the patient is called."""
    row = stranding_offers.skip(_row(stranding_id, stranded_id), by=current.actor)
    return answered(row.stranding, _("Nothing is proposed; the patient stands among those to call."))


@bp.post("/keep", needs=BOOK, shows="visits")
def keep(stranding_id, stranded_id):
    """The visit keeps its time at the place where the doctor is now."""
    row, stranding = _row(stranding_id, stranded_id), load(stranding_id)
    stranding_places.keep(row, by=current.actor)
    undo = url_for(".take_back", stranding_id=row.stranding_id, stranded_id=row.id)
    return answered(stranding, _("The visit keeps its time. The patient is told where it is now."), undo)


@bp.post("/take-back", needs=BOOK, shows="visits")
def take_back(stranding_id, stranded_id):
    """The visit needs another time after all."""
    row = stranding_places.take_back(_row(stranding_id, stranded_id), by=current.actor)
    return answered(row.stranding, _("Taken back: the visit needs another time."))


@bp.post("/urgent", needs=BOOK, shows="visits")
def urgent(stranding_id, stranded_id):
    """Put the patient before the others, or back among them."""
    row = _row(stranding_id, stranded_id)
    return answered(stranding_offers.mark(row, urgent=not row.is_urgent, by=current.actor).stranding)


@bp.post("/call", needs=BOOK, shows="visits")
def call(stranding_id, stranded_id):
    """Note that nobody answered the phone."""
    row = stranding_offers.note_call(_row(stranding_id, stranded_id), by=current.actor)
    return answered(row.stranding, _("Noted: nobody answered."))


@bp.post("/accept", needs=BOOK, shows="visits")
def accept(stranding_id, stranded_id):
    """The patient says yes on the phone."""
    row = _row(stranding_id, stranded_id)
    offers.accept(row.offer or abort(404), by=current.actor)
    return answered(row.stranding, _("Moved to the proposed time."))


@bp.post("/decline", needs=BOOK, shows="visits")
def decline(stranding_id, stranded_id):
    """The patient says on the phone that the time does not suit."""
    row = _row(stranding_id, stranded_id)
    offers.decline(row.offer or abort(404), by=current.actor)
    return answered(row.stranding, _("Noted: the time does not suit."))


def _refused(row, sentence, provider_id, starts_at):
    """The same page with why not, and the open times nearest to the wished one."""
    page = _picker(row, sentence)
    if page["kind"]:
        visit = row.visit
        page["nearest"] = nearest_open(
            db.session(), current.clinic, page["kind"], [provider_id], starts_at, mode=visit.visit_mode
        )  # fmt: skip
    return again(PAGE, status=409, **page)


def _row(stranding_id, stranded_id):
    return asked.row(db.session(), load(stranding_id).id, stranded_id) or abort(404)


def _picker(row, sentence=None):
    """What the page of open times shows: the visit's own doctor's, or those of whoever is named, or everybody's."""
    visit, today = row.visit, walltime.today(ZoneInfo(current.clinic.timezone))
    listed([visit.id])
    kinds = {each.id: each for each in picking.menu(db.session(), current.clinic.id)}
    kind = kinds.get(visit.visit_type_id)
    wanted = an_id("provider_id") if "provider_id" in request.args else visit.provider_id
    doctors = kind.doctors if kind else []
    chosen = [each for each in doctors if each.id == wanted] or doctors
    first = max(a_day("date") or today, today)
    days = picking.next_days(db.session(), current.clinic, kind, chosen, visit.visit_mode, first) if chosen else []
    later = days[-1].date + timedelta(days=1) if days else first + timedelta(days=picking.DAYS_AHEAD)
    shown = SimpleNamespace(first=first, today=today, later=later, wanted=wanted, days=days)
    return {
        "row": row, "visit": visit, "heeds": heeds_about(visit.patient),
        "kind": kind, "doctors": doctors, "shown": shown, "sentence": sentence,
        "names": {each.id: each.name for each in doctors}, "nearest": [],
    }  # fmt: skip
