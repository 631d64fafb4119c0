"""A prescription on paper: the words of its PDF and of the page that a browser prints, the same on every face."""

from flask_babel import force_locale
from flask_babel import gettext as _

from clinic import filters
from clinic.current import current
from clinic.db import db
from clinic.integrations.pdf import letterhead
from clinic.languages import LANGUAGES, first_of
from clinic.models.organizations import Clinic
from clinic.models.prescriptions import PrescriptionState

DIRECTIONS = ("potency", "dosage", "frequency", "duration")


def letter(prescription, patient) -> dict:
    """What both forms of the paper are drawn from, in the clinic's language: a pharmacy reads it."""
    clinic = db.session.get(Clinic, current.clinic.id)
    with force_locale(first_of(LANGUAGES, clinic.locale) or LANGUAGES[0]):
        about = [
            (_("Patient"), patient.full_name),
            (_("Born"), filters.birthday(patient.date_of_birth) or _("not recorded")),
            (_("Record number"), patient.mrn),
            (_("Issued"), issued(prescription)),
            (_("Issued by"), prescription.prescriber or _("not recorded")),
            (_("Licence number"), prescription.licence_number),
        ]  # fmt: skip
        return {
            "template": "prescription", "locale": clinic.locale, "letterhead": letterhead(clinic),
            "title": _("Prescription"), "mark": mark(prescription),
            "about": [[name, value] for name, value in about if value],
            "columns": [
                _("No."), _("Medicine"), _("Strength"), _("How much"), _("How often"), _("For how long"),
            ],
            "rows": [_row(prescription, each) for each in prescription.items],
            "advice_title": _("Advice"), "advice": prescription.advice,
            "signature": [prescription.prescriber, _("Date and signature"), clinic.name],
            "footer": _("%(clinic)s · prescription %(code)s", clinic=clinic.name, code=str(prescription.id)[-12:]),
        }  # fmt: skip


def issued(prescription):
    """The day on which it was issued, as far as that is known."""
    return filters.day(prescription.issued_at) if prescription.is_dated else _("not recorded")


def mark(prescription):
    """What has to be known before anybody hands out what it says, or None."""
    if prescription.state == PrescriptionState.REPLACED:
        return _("Replaced on %(date)s: nothing is to be handed out.", date=issued(prescription.replaced_by))
    if prescription.state == PrescriptionState.STOPPED:
        return _("Stopped: nothing is to be handed out.")
    if prescription.replaces:
        return _("Takes the place of the prescription of %(date)s.", date=issued(prescription.replaces))
    return None


def missing(prescription):
    """What stands where nothing was written: an imported prescription may lack what its source did not know."""
    return "–" if prescription.is_own else _("not recorded")


def _row(prescription, item):
    stopped = prescription.stop_of(item) and _("Stopped: not to be handed out.")
    return {
        "medicine": item.medicine_name, "notes": [each for each in (item.notes, stopped) if each],
        "rest": [getattr(item, name) or missing(prescription) for name in DIRECTIONS],
    }  # fmt: skip
