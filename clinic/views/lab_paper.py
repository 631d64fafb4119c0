"""Laboratory results on paper: what was found, in a table with the usual ranges, for the browser's printer."""

from flask import render_template
from flask_babel import gettext as _

from clinic import filters
from clinic.current import current
from clinic.db import db
from clinic.integrations.pdf import letterhead
from clinic.models.organizations import Clinic


def page(order, lines, *, done, plain=False):
    """The page; ``done`` is where one goes on from there, ``plain`` writes it for the patient."""
    clinic, patient = db.session.get(Clinic, current.clinic.id), order.patient
    about = [
        (_("Patient"), patient.full_name), (_("Date of birth"), filters.birthday(patient.date_of_birth)),
        (_("Record number"), patient.mrn), (_("Tests"), order.title), (_("Ordered"), filters.day(order.ordered_at)),
    ]  # fmt: skip
    paper = {
        "locale": clinic.locale, "letterhead": letterhead(clinic), "about": [each for each in about if each[1]],
        "mark": None if order.is_released else _("The patient has not seen this yet."),
        "signature": [order.provider.display_name if order.provider else None, clinic.name],
    }  # fmt: skip
    return render_template("print/lab_results.html", paper=paper, lines=lines, order=order, done=done, plain=plain)
