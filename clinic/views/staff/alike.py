"""Who may be here already, said while the form for a new patient is being filled in."""

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.forms.patients import PatientForm
from clinic.htmx import show
from clinic.models.words import phone_ending, typed_words
from clinic.openings import listed
from clinic.queries import patients as queries
from clinic.views.asked import own_path
from clinic.views.staff.patients import own_clinic
from clinic.views.staff.so_far import carried

bp = GuardedBlueprint("alike", __name__, face="staff", url_prefix="/patients/alike")
# One word alone is the name of too many people to warn of any.
ENOUGH_WORDS = 2


@bp.post("/look", needs=Permission.PATIENTS_EDIT, once=False, shows="patients")
def look():
    """The part under the fields: who has this name and no other birthday, or this phone; nothing where nobody has."""
    form = PatientForm(own_clinic())
    form.validate()
    rows = _alike(form)
    listed(row.id for row in rows)
    facts = {"form": form, "rows": rows, "then": own_path(), "kept": carried()}
    return show("staff/patients/new.html", "staff/patients/_alike_hint.html", **facts)


def _alike(form):
    """What is not typed whole yet, or cannot be read, is looked at later."""
    name = form.full_name.data or ""
    born = form.date_of_birth.data if not form.date_of_birth.errors else None
    phone = form.phone.data if not form.phone.errors else None
    named = len(typed_words(name)) >= ENOUGH_WORDS or (born and typed_words(name))
    if not named and not phone_ending(phone or ""):
        return []
    return db.session.execute(queries.alike(current.clinic.id, name if named else "", born or None, phone)).all()
