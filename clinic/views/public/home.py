"""The front door: one's own home for those signed in, a plain start page for everybody else."""

from flask import redirect, url_for

from clinic.access import STAFF_ROLES, GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.queries.clinics import open_clinics

bp = GuardedBlueprint("home", __name__, face="public")


@bp.get("/", needs=Permission.PUBLIC)
def index():
    """Send the signed-in to where they work or are cared for; show the rest the way in."""
    if not current.user:
        return show("public/home/index.html", clinics=open_clinics(db.session()))
    return redirect(home_address())


@bp.get("/clinics", needs=Permission.PUBLIC)
def clinics():
    """The same page for those who are signed in and look for another clinic."""
    return show("public/home/index.html", clinics=open_clinics(db.session()))


def home_address():
    """Where this person starts: by their role in the clinic they are in, or the choice of one."""
    if current.roles & STAFF_ROLES:
        return url_for("staff.home.index")
    if current.roles:
        return "/portal/"
    return url_for("public.accounts.choose")
