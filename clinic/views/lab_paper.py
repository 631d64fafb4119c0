"""Laboratory results on paper: what was found, in a table with the usual ranges, as a page that prints and as PDF."""

from flask import render_template
from flask_babel import gettext as _

from clinic import filters
from clinic.current import current
from clinic.db import db
from clinic.integrations.pdf import letterhead
from clinic.models.organizations import Clinic


def page(order, lines, *, done, plain=False):
    """The page; ``done`` is where one goes on from there, ``plain`` writes it for the patient."""
    return render_template(
        "print/lab_results.html", paper=_paper(order), lines=lines, order=order, done=done, plain=plain
    )


def letter(order, lines) -> dict:
    """The same as the facts of a PDF, written for the patient, in the patient's language."""
    return _paper(order) | {
        "template": "lab_results", "locale": str(filters.locale()), "title": _("Laboratory results"),
        "comment": order.comment, "nothing": _("No result is here yet."),
        "columns": [_("What was measured"), _("Result"), _("Usual range"), _("What it means"), _("Sample of")],
        "rows": [[each.result.analyte, each.value, each.usual or "", each.plain, each.day] for each in lines],
    }  # fmt: skip


def _paper(order):
    clinic, patient = db.session.get(Clinic, current.clinic.id), order.patient
    about = [
        (_("Patient"), patient.full_name), (_("Date of birth"), filters.birthday(patient.date_of_birth)),
        (_("Record number"), patient.mrn), (_("Tests"), order.title), (_("Ordered"), filters.day(order.ordered_at)),
    ]  # fmt: skip
    return {
        "locale": clinic.locale, "letterhead": letterhead(clinic), "about": [[*each] for each in about if each[1]],
        "mark": None if order.is_released else _("The patient has not seen this yet."),
        "signature": [order.provider.display_name if order.provider else None, clinic.name],
    }  # fmt: skip
