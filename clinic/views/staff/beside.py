"""Beside the calendar: where a visit's buttons lead in its drawer, and the way back to where somebody came from."""

from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import request, url_for

from clinic.current import current
from clinic.htmx import page_on_screen

# Pages on which what else stands beside the calendar is all there is, such as in a tab of its own.
ALONE = ("/staff/drawer", "/staff/moving/")


def is_alone():
    """Whether htmx asks from such a page, where nothing would show what was done."""
    return urlsplit(page_on_screen() or "").path.startswith(ALONE)


def calendar_of(moment):
    """The calendar the person came from, where they did; else that of the moment's day."""
    came = urlsplit(page_on_screen() or request.referrer or "")
    if came.path.startswith(url_for("staff.calendar.index")):
        return came.path + ("?" + came.query if came.query else "")
    return url_for("staff.calendar.index", date=moment.astimezone(ZoneInfo(current.clinic.timezone)).date())


def leads_of(visit):
    """Where its buttons lead in the drawer: moving to the form below them, and what is asked on a page comes back."""
    here = urlsplit(page_on_screen() or request.path).path
    if not here.startswith((url_for("staff.calendar.index"), *ALONE)):
        return {}
    then = urlencode({"next": calendar_of(visit.starts_at)})
    return {"move": "#other-day", "cancel": url_for("staff.visits.cancel", visit_id=visit.id) + f"?{then}"}
