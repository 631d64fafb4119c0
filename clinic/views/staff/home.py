"""Where a member of staff lands: the page their role works on."""

from flask import redirect, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.models.accounts import Role
from clinic.queries.grants import support_of
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
        # Support is told here what it may read, and until when.
        if current.may(needs) and current.roles != {Role.SUPPORT}:
            return redirect(url_for(endpoint))
    return show("staff/home/index.html", windows=support_of(db.session(), current.user.id))
