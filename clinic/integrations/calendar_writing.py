"""Writing iCalendar (RFC 5545 and 5546): a feed that calendar programs read, and an invitation that updates itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vDuration

PRODUCT = "-//Clinic//Visits//EN"
# Programs ask no more often than this; some obey the one name, some the other.
REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One visit as a calendar shows it: instants in UTC, and no more of it than its reader may see.

    ``uid`` never changes in its life; ``sequence`` grows with every change that its reader has to know of, a
    cancellation too. ``status`` is iCalendar's: TENTATIVE, CONFIRMED or CANCELLED.
    """

    uid: str
    sequence: int
    status: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    title: str
    place: str | None = None
    url: str | None = None


def feed(name: str, appointments) -> bytes:
    """A calendar to be read again and again; the same appointments give the same bytes."""
    calendar = _calendar()
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    # A name that the format does not know would be written as Python writes it.
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    for appointment in appointments:
        calendar.add_component(_event(appointment))
    return calendar.to_ical()


def invitation(appointment: Appointment, *, organizer: tuple[str, str], attendee: tuple[str, str]) -> tuple[str, bytes]:
    """The method and the file that put one appointment into a calendar, change it there or take it out.

    ``organizer`` and ``attendee`` are a name and a mail address each.
    """
    method = "CANCEL" if appointment.status == "CANCELLED" else "REQUEST"
    calendar, event = _calendar(), _event(appointment)
    calendar.add("METHOD", method)
    event.add("ORGANIZER", _somebody(*organizer))
    guest = _somebody(*attendee)
    guest.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    event.add("ATTENDEE", guest)
    calendar.add_component(event)
    return method, calendar.to_ical()


def _calendar():
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    return calendar


def _event(appointment):
    event = Event()
    event.add("UID", appointment.uid)
    event.add("SEQUENCE", appointment.sequence)
    event.add("DTSTAMP", appointment.changed_at)
    event.add("LAST-MODIFIED", appointment.changed_at)
    event.add("DTSTART", appointment.starts_at)
    event.add("DTEND", appointment.ends_at)
    event.add("SUMMARY", appointment.title)
    event.add("STATUS", appointment.status)
    event.add("CLASS", "PRIVATE")
    if appointment.place:
        event.add("LOCATION", appointment.place)
    if appointment.url:
        event.add("URL", appointment.url)
    return event


def _somebody(name, address):
    written = vCalAddress(f"mailto:{address}")
    written.params["CN"] = name
    return written
