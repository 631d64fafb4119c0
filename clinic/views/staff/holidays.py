"""Public holidays out of a calendar file: looked at first, then closed."""

from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import closures, strandings
from clinic.current import current
from clinic.db import db
from clinic.forms.holidays import HolidayFileForm, HolidaysForm, written
from clinic.htmx import again, changed, show
from clinic.integrations.calendar_files import Unreadable, read
from clinic.queries import affected
from clinic.queries.closures import of_files
from clinic.uploads import Accepts, NotTaken, receive
from clinic.walltime import last_day, today

bp = GuardedBlueprint("holidays", __name__, face="staff", url_prefix="/holidays")
NEW, LOOK = "staff/holidays/new.html", "staff/holidays/look.html"
CALENDARS = Accepts({"text/calendar": (".ics", ".ical", ".ifb", ".txt")}, 2**20)
AHEAD = timedelta(days=731)


@bp.get("", needs=Permission.SCHEDULE_EDIT)
def new():
    """Ask for the file."""
    return show(NEW, form=HolidayFileForm(formdata=None))


@bp.post("/look", needs=Permission.SCHEDULE_EDIT, once=False, takes=2**20 + 64 * 1024)
def look():
    """Show what the file would close in the next two years, each day with a box to tick."""
    form = HolidayFileForm()
    events = _events(form) if form.validate() else None
    if events is None:
        return again(NEW, form=form)
    return show(LOOK, form=HolidaysForm(formdata=None), rows=_rows(events))


@bp.post("", needs=Permission.SCHEDULE_EDIT)
def create():
    """Close the ticked days; those that are closed already stay as they are."""
    form = HolidaysForm()
    if not form.validate():
        return again(NEW, status=422, form=_blamed(form.days.errors))
    many = closures.add_holidays(db.session(), form.days.data or [], by=current.actor)
    message = ngettext("%(num)d day is closed.", "%(num)d days are closed.", many)
    return changed(then=_onwards(), message=message if many else _("Nothing new to close."))


def _onwards():
    """To the visits that need another time now, where the days took any of theirs; otherwise to the closures."""
    stranded = strandings.opened(db.session()) and current.may(Permission.VISITS_SEE)
    return url_for("staff.stranded.index" if stranded else "staff.closures.index")


def _events(form):
    """What the file tells of, or None with the sentence on the field."""
    sent = form.file.data
    if not getattr(sent, "filename", ""):
        form.blame(_("Choose a file first."), "file")
        return None
    first, zone = today(ZoneInfo(current.clinic.timezone)), ZoneInfo(current.clinic.timezone)
    try:
        with closing(sent), receive(sent.stream, name=sent.filename, accepts=CALENDARS) as upload:
            return read(upload.file.read(), zone, first, first + AHEAD)
    except NotTaken as wrong:
        form.blame(_(wrong.template) % wrong.values, "file")
    except Unreadable as wrong:
        form.blame(_(str(wrong)), "file")
    return None


def _rows(events):
    """Each date as (event, its last day if it is whole days, what the box sends, how it stands, visits in it).

    It is closed, was removed, or is new.
    """
    session, zone = db.session(), ZoneInfo(current.clinic.timezone)
    known = of_files(session, {each.uid for each in events})
    visits = affected.in_spans(session, current.clinic, [(each.starts_at, each.ends_at) for each in events])
    return [
        (each, last_day(each.starts_at, each.ends_at, zone), written(each),
         known.get((each.uid, each.starts_at), "new"), many)
        for each, many in zip(events, visits, strict=True)
    ]  # fmt: skip


def _blamed(sentences):
    form = HolidayFileForm(formdata=None)
    form.file.errors = list(sentences)
    return form
