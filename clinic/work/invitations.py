"""Visits as calendars outside show them, and the invitation that goes with a mail: sent again, it updates the first."""

from email.headerregistry import Address

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic.integrations.calendar_writing import Appointment, invitation
from clinic.links import link
from clinic.models.notifications import NotificationKind
from clinic.models.people import VisitMode
from clinic.queries.calendar_feeds import STATUSES, visit_in
from clinic.queries.telling import told_with

K = NotificationKind
# Messages after which the visit stands in a calendar, or stands there no more. Of a visit that is only asked for there
# is nothing to enter yet.
TOLD = {K.BOOKED, K.ACCEPTED, K.MOVED, K.CANCELLED, K.RESTORED}


def appointment(row, title, clinic=None) -> Appointment:
    """One row of ``visits_in`` as a calendar shows it; with the clinic for its patient, who sees where and whom."""
    place = url = None
    if clinic is not None:
        if row.visit_mode == VisitMode.IN_PERSON:
            place = ", ".join(each for each in (clinic.name, clinic.address_line, clinic.city) if each)
        title = f"{title}, {row.doctor}" if row.doctor else title
        url = link("portal.visits.show", visit_id=row.id)
    return Appointment(
        uid=f"visit-{row.id}", sequence=row.sequence, status=STATUSES.get(row.status, "CONFIRMED"),
        starts_at=row.starts_at, ends_at=row.ends_at, changed_at=row.updated_at, title=title, place=place, url=url,
    )  # fmt: skip


def attachments(session, line, clinic, telling, language) -> list[tuple[bytes, dict]]:
    """What goes with the mail of a line of the ledger, as EmailMessage.add_attachment takes it."""
    if line.visit_id is None or K(line.kind) not in TOLD:
        return []
    ids = [line.visit_id, *(other.visit_id for other in told_with(session, line, telling))]
    rows = [row for row in (visit_in(session, visit_id) for visit_id in ids) if row is not None and row.ends_at]
    return [_file(row, line, clinic, telling, language) for row in rows]


def _file(row, line, clinic, telling, language):
    """One visit as an invitation."""
    with force_locale(language):
        title = _("Visit at %(clinic)s", clinic=clinic.name)
    sender = telling.reply_to or current_app.config["MAIL_FROM"] or "clinic@localhost"
    method, file = invitation(
        appointment(row, title, clinic), organizer=(telling.sender or clinic.name, Address(addr_spec=sender).addr_spec),
        attendee=(line.patient.full_name, line.sent_to),
    )  # fmt: skip
    return file, {
        "maintype": "text", "subtype": "calendar", "filename": "visit.ics",
        "params": {"method": method, "charset": "utf-8"},
    }  # fmt: skip
