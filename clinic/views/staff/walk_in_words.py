"""What the desk reads of the message to somebody who comes without a time: before they are added, and after."""

from flask_babel import gettext as _

from clinic.actions.walk_ins import tells_numbers, written_by
from clinic.db import db
from clinic.models.notifications import Channel
from clinic.models.organizations import Clinic
from clinic.models.people import ContactMethod


def before(patient) -> str:
    """Whether the patient is sent their number and their link, and why not."""
    channel = written_by(db.session(), patient)
    if channel == Channel.SMS:
        return _("We text them their number, the wait we expect and the link to their place in the queue.")
    if channel == Channel.EMAIL:
        return _("We email them their number, the wait we expect and the link to their place in the queue.")
    return f"{_why_not(patient)} {_('Tell them their number; the page of the visit has the link, to show or to copy.')}"


def after(visit) -> str:
    """That they wait, with which number, and whether their link is on its way."""
    channel = written_by(db.session(), visit.patient)
    words = {
        Channel.SMS: _("Their link goes to them by text message."),
        Channel.EMAIL: _("Their link goes to them by email."),
        None: _("No link is sent to them; it can be made on the page of the visit."),
    }  # fmt: skip
    waits = _("%(name)s waits, ticket %(number)s.", name=visit.patient.full_name, number=visit.ticket_number)
    return f"{waits} {words[channel]}"


def _why_not(patient):
    if not tells_numbers(db.session.get(Clinic, patient.clinic_id)):
        return _("The clinic sends no message about this.")
    if patient.preferred_contact_method == ContactMethod.PHONE:
        return _("They like to be called, so nothing is sent.")
    return _("There is no email address and no number for text messages, so nothing is sent.")
