"""A patient's record in the portal: its parts, what is new in them, and when a patient sees what."""

from flask import abort, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.models.people import Relation
from clinic.models.release import RELEASED
from clinic.openings import listed
from clinic.queries import portal_offers
from clinic.views.asked import an_id
from clinic.views.portal.record_parts import new_since_last_look, parts_of

bp = GuardedBlueprint("record", __name__, face="portal", url_prefix="/record")


@bp.get("", needs=Permission.PORTAL_USE, shows="patients")
def index():
    """The parts of one patient's record, with what is new in them; who sees several records chooses one."""
    people, new = portal_offers.own_patients(db.session(), current.patient_ids), new_since_last_look()
    patient = chosen(people)
    listed([patient.id] if patient else ())
    parts = parts_of(patient.id, new) if patient else []
    facts = {"tabs": tabs(people, patient), "sentences": [each.sentence for each in RELEASED.values()]}
    return show("portal/record/index.html", patient=patient, parts=parts, **facts)


def chosen(people):
    """The patient whom the address names, else the reader, else the first they see, or None; nobody else's: 404."""
    wanted = an_id("patient_id")
    if wanted is None:
        return min(people, key=lambda each: current.relations.get(each.id) != Relation.SELF, default=None)
    return next((each for each in people if each.id == wanted), None) or abort(404)


def tabs(people, patient, endpoint="portal.record.index") -> list:
    """Whose page it is, where the reader sees several records: rows for the tabs of macros/lists.html."""
    rows = [(each.full_name, url_for(endpoint, patient_id=each.id), each.id == patient.id, None) for each in people]
    return rows if len(rows) > 1 else []
