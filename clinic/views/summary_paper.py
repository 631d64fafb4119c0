"""What was decided at a visit, on paper: as a PDF and as a page that prints, in the patient's language."""

from flask_babel import gettext as _

from clinic import filters
from clinic.current import current
from clinic.db import db
from clinic.integrations.pdf import letterhead
from clinic.models.organizations import Clinic
from clinic.queries import icd10


def summary(visit, note) -> dict:
    """What both forms are drawn from: the signed note of the visit, and what was added to it since."""
    clinic, patient, doctor = db.session.get(Clinic, current.clinic.id), visit.patient, note.provider.display_name
    about = [
        (_("Patient"), patient.full_name), (_("Date of birth"), filters.birthday(patient.date_of_birth)),
        (_("Record number"), patient.mrn), (_("With"), doctor), (_("When"), filters.moment(visit.starts_at)),
    ]  # fmt: skip
    parts = [
        (_("What it was about"), note.complaints), (_("What was found"), _found(note)),
        (_("What was decided"), note.treatment), *map(_added, note.addenda),
    ]  # fmt: skip
    return {
        "template": "visit_summary", "locale": str(filters.locale()), "letterhead": letterhead(clinic),
        "title": _("Your visit of %(day)s", day=filters.day(visit.starts_at)), "mark": None,
        "about": [[name, value] for name, value in about if value],
        "parts": [[heading, words] for heading, words in parts if words],
        "signature": [_("Signed by %(name)s on %(when)s.", name=doctor, when=filters.moment(note.signed_at))],
    }  # fmt: skip


def _found(note):
    codes = [icd10.label(code) or code for code in note.diagnosis_codes]
    return "\n".join([note.diagnosis, *codes] if note.diagnosis else codes)


def _added(addendum):
    words = [addendum.text, addendum.provider.display_name] if addendum.provider else [addendum.text]
    return _("Added on %(when)s", when=filters.day(addendum.created_at)), "\n".join(words)
