"""Who opened a patient's record and what they did, as the patient reads it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, request
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.models.people import Relation
from clinic.openings import listed
from clinic.queries import audit as queries
from clinic.queries import portal_offers
from clinic.queries.timeline import records_of
from clinic.views import deeds
from clinic.views.asked import Page, an_id, page_number

bp = GuardedBlueprint("openings", __name__, face="portal", url_prefix="/who-opened")


@bp.get("", needs=Permission.PORTAL_USE, shows="patients")
def index():
    """Every day on which somebody opened the record or changed something in it, the newest first."""
    people = portal_offers.own_patients(db.session(), current.patient_ids)
    patient = _chosen(people)
    own = request.args.get("own") == "1"
    days = _days(patient, own) if patient else None
    return show("portal/openings/index.html", people=people, patient=patient, own=own, days=days)


def _chosen(people):
    wanted = an_id("patient_id")
    if wanted is None:
        listed(each.id for each in people[:1])
        return people[0] if people else None
    return next((each for each in people if each.id == wanted), None) or abort(404)


def _days(patient, own):
    """A page of lines under the day they belong to, on the clinic's calendar."""
    number = page_number()
    whose = records_of(db.session(), current.clinic.id, patient.id)
    rows = queries.openings(
        db.session(), current.clinic.id, whose, zone=current.clinic.timezone, number=number,
        but=None if own else current.user.id,
    )  # fmt: skip
    page = Page.of(rows, number, queries.ON_A_PAGE)
    people = {row.actor_id for row in page.rows} | {row.on_behalf_of_id for row in page.rows}
    names = queries.names_of(db.session(), current.clinic.id, people)
    why = queries.reasons(db.session(), current.clinic.id, {row.break_glass for row in page.rows})
    found = {}
    for row in page.rows:
        found.setdefault(row.day, []).append(_line(row, names, why))
    return {"page": page, "found": [(_noon(day), lines) for day, lines in found.items()]}


def _line(row, names, why):
    is_own = row.actor_id == current.user.id
    relation = row.relation in set(Relation) and _(Relation(row.relation).label)
    return {
        "who": _("You") if is_own else names.get(row.actor_id) or deeds.nobodys(row.actor_role),
        "role": relation or ("" if is_own or not row.actor_id else deeds.role(row.actor_role)),
        "for": names.get(row.on_behalf_of_id), "did": deeds.to_patient(row.action), "times": row.times,
        "emergency": row.break_glass and (why.get(row.break_glass) or _("no reason is kept")),
    }  # fmt: skip


def _noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(current.clinic.timezone))
