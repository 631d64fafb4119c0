"""The calendar: a day with a column for each doctor or room, a doctor's week, a month at a glance, a day on paper."""

from flask import abort
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.models.visits import VisitStatus
from clinic.openings import listed
from clinic.queries import calendar as queries
from clinic.views.staff.calendar_pages import Asked, away_on, day_page, month_page, week_page

bp = GuardedBlueprint("calendar", __name__, face="staff", url_prefix="/calendar")
P = Permission


@bp.get("", needs=P.VISITS_SEE, shows="visits")
def index():
    """One day: the doctors side by side, or the rooms."""
    return show("staff/calendar/day.html", "staff/calendar/_board.html", **day_page(Asked("index")))


@bp.get("/week", needs=P.VISITS_SEE, shows="visits")
def week():
    """Seven days of one doctor."""
    return show("staff/calendar/week.html", "staff/calendar/_board.html", **week_page(Asked("week", one=True)))


@bp.get("/month", needs=P.VISITS_SEE)
def month():
    """How many visits each day of a month has, and how full it is; nobody's name."""
    return show("staff/calendar/month.html", "staff/calendar/_month.html", **month_page(Asked("month")))


@bp.get("/sheet", needs=P.VISITS_SEE, shows="visits")
def sheet():
    """One doctor's day on paper; a doctor prints their own."""
    asked = Asked("sheet", one=True)
    if asked.own and asked.provider_id != asked.own:
        abort(404)
    rows = queries.sheet(db.session(), current.clinic.id, asked.day, asked.provider_id)
    listed(row.id for row in rows)
    words = {status.value: _(status.label) for status in VisitStatus}
    return show("staff/calendar/sheet.html", asked=asked, rows=rows, away=away_on(asked), words=words)
