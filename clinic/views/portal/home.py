"""Where a patient lands: the visits to come, then those that were."""

from flask import abort

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.openings import listed
from clinic.queries import visits_of_patient
from clinic.views.asked import Page, page_number

bp = GuardedBlueprint("home", __name__, face="portal")


@bp.get("/", needs=Permission.PORTAL_USE, shows="visits")
def index():
    """The next visit first; past ones twenty a page."""
    number = page_number()
    coming = visits_of_patient.coming_visits(db.session()) if number == 1 else []
    found = visits_of_patient.past_visits(db.session(), number)
    if number > 1 and not found:
        abort(404)
    past = Page.of(found, number, visits_of_patient.PAGE)
    listed(visit.id for visit in (*coming, *past.rows))
    return show("portal/home/index.html", coming=coming, past=past, several=len(current.patient_ids) > 1)
