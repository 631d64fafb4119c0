"""Medicines while a doctor types: what is offered under the field, their favourites first."""

from flask import request

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.models.prescriptions import MOST_ITEMS
from clinic.queries import drugs

bp = GuardedBlueprint("drugs", __name__, face="staff", url_prefix="/drugs")


@bp.post("/suggest", needs=Permission.PRESCRIBE, once=False)
def suggest():
    """The medicines that begin as typed, for the list of one row; sent, since addresses stay in histories and logs."""
    row = request.form.get("row", "")
    number = int(row) if row.isdecimal() and len(row) < 4 else 0
    text = request.form.get(f"medicine_{number}", "")
    names = drugs.offered(db.session(), current.clinic.id, current.provider_id, text)
    return show("staff/prescriptions/_medicines.html", number=min(number, MOST_ITEMS), names=names)
