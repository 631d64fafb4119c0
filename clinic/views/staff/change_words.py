"""A patient's details as people read them in a history: what each is called, and a value in words."""

from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.actions.patient_changes import DELETED, RESTORED
from clinic.filters import birthday, day_short
from clinic.models.people import ContactMethod, Gender

LABELS = {
    "full_name": _l("Name"),
    "date_of_birth": _l("Date of birth"),
    "gender": _l("Gender"),
    "phone": _l("Phone"),
    "email": _l("Email"),
    "address_line": _l("Street and number"),
    "city": _l("Town"),
    "state": _l("State or county"),
    "postal_code": _l("Postal code"),
    "country": _l("Country"),
    "timezone": _l("Time zone"),
    "language": _l("Language"),
    "preferred_contact_method": _l("Likes to be reached by"),
    "emergency_contact_name": _l("Emergency contact"),
    "emergency_contact_phone": _l("Emergency contact’s phone"),
    "notes": _l("Note for the desk"),
    "deceased_at": _l("Died"),
    DELETED: _l("Record deleted"),
    RESTORED: _l("Record restored"),
}
CHOICES = {"gender": Gender, "preferred_contact_method": ContactMethod}


def in_words(field, value):
    """A value of this detail as the clinic writes it, whether it comes from the record or from its history."""
    if value is None:
        return None
    if field in CHOICES:
        return _(CHOICES[field](value).label)
    if field == "date_of_birth":
        born = value if isinstance(value, date) else date.fromisoformat(value)
        return birthday(born)
    if field == "deceased_at":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return day_short(moment)
    return str(value)
