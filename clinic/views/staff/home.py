"""Where a member of staff lands: the page their role works on."""

from flask import redirect, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.htmx import show
from clinic.views.staff.navigation import navigation

bp = GuardedBlueprint("home", __name__, face="staff")
bp.record(lambda state: state.app.jinja_env.globals.update(navigation=navigation))

HOMES = [
    (Permission.VISITS_CONDUCT, "staff.my_day.index"),
    (Permission.VISITS_SEE, "staff.day.index"),
]


@bp.get("/", needs=Permission.HOME_SEE)
def index():
    """Send each role to its own page; a role without one reads what it can do yet."""
    for needs, endpoint in HOMES:
        if current.may(needs):
            return redirect(url_for(endpoint))
    return show("staff/home/index.html")
