"""Visits as calendars outside show them, and the invitation that goes with a mail: sent again, it updates the first."""

from dataclasses import replace
from email.headerregistry import Address

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic.actions.visit_links import address_now
from clinic.integrations.calendar_writing import Appointment, invitation
from clinic.links import link
from clinic.models.notifications import NotificationKind
from clinic.models.people import VisitMode
from clinic.models.visits import Visit
from clinic.queries.calendar_feeds import STATUSES, visit_in
from clinic.queries.places import places_of
from clinic.queries.telling import told_with

K = NotificationKind
# Messages after which the visit stands in a calendar, or stands there no more. Of a visit that is only asked for there
# is nothing to enter yet.
TOLD = {K.BOOKED, K.ACCEPTED, K.MOVED, K.CANCELLED, K.RESTORED}


def appointments(session, rows, title, clinic) -> list[Appointment]:
    """Rows of ``visits_in`` as a calendar shows them to their patient, who sees where and whom."""
    return [
        appointment(row, title, clinic, at) for row, at in zip(rows, places_of(session, clinic.id, rows), strict=True)
    ]


def appointment(row, title, clinic=None, at=None) -> Appointment:
    """One row of ``visits_in`` as a calendar shows it; with the clinic and the place for its patient."""
    place = url = None
    if clinic is not None:
        if row.visit_mode == VisitMode.IN_PERSON:
            # The clinic may be the place, and a place may be called as the clinic is.
            place = ", ".join(filter(None, dict.fromkeys((clinic.name, at.name, at.address_line, at.city))))
        title = f"{title}, {row.doctor}" if row.doctor else title
        url = link("portal.visits.show", visit_id=row.id)
    return Appointment(
        uid=f"visit-{row.id}", sequence=row.sequence, status=STATUSES.get(row.status, "CONFIRMED"),
        starts_at=row.starts_at, ends_at=row.ends_at, changed_at=row.updated_at, title=title, place=place, url=url,
    )  # fmt: skip


def attachments(session, line, clinic, telling, words) -> list[tuple[bytes, dict]]:
    """What goes with the mail of a line of the ledger, as EmailMessage.add_attachment takes it.

    The entry leads where the mail does: to the visit's own page, for which nobody needs an account.
    """
    if line.visit_id is None or K(line.kind) not in TOLD:
        return []
    ids = [line.visit_id, *(other.visit_id for other in told_with(session, line, telling))]
    rows = [row for row in (visit_in(session, visit_id) for visit_id in ids) if row is not None and row.ends_at]
    with force_locale(words.language):
        title = _("Visit at %(clinic)s", clinic=clinic.name)
    pages = [words.link, *(address_now(session, session.get_one(Visit, (clinic.id, each))) for each in ids[1:])]
    pages = dict(zip(ids, pages, strict=True))
    found = zip(rows, appointments(session, rows, title, clinic), strict=True)
    return [_file(replace(each, url=pages[row.id]), line, clinic, telling) for row, each in found]


def _file(visit, line, clinic, telling):
    """One visit as an invitation."""
    sender = telling.reply_to or current_app.config["MAIL_FROM"] or "clinic@localhost"
    method, file = invitation(
        visit, organizer=(telling.sender or clinic.name, Address(addr_spec=sender).addr_spec),
        attendee=(line.patient.full_name, line.sent_to),
    )  # fmt: skip
    return file, {
        "maintype": "text", "subtype": "calendar", "filename": "visit.ics",
        "params": {"method": method, "charset": "utf-8"},
    }  # fmt: skip
