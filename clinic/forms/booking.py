"""Booking and moving a visit at the desk: who, what, with whom, when, and why a time that is not open."""

import re
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import Optional, ValidationError

from clinic import walltime
from clinic.clock import now
from clinic.forms.fields import Form, paragraphs, tidy, words
from clinic.models.people import VisitMode

# No visit type is open further ahead than this many days.
FURTHEST = 731


class Read(StringField):
    """A value the page itself wrote (an id, an instant, a day): read, or refused with the field's own sentence."""

    def __init__(self, label, kind, sentence, **more):
        self.kind, self.sentence = kind, sentence
        super().__init__(label, [Optional()], filters=[tidy], **more)

    def process_formdata(self, valuelist):
        """Take the last: below the lists of what can be chosen stands what is, which the button beside it is for."""
        super().process_formdata(valuelist[-1:])

    def pre_validate(self, form):
        """Read the text; what cannot be read is said, and is nothing."""
        if not isinstance(self.data, str):
            return
        try:
            self.data = self.kind(self.data[:64])
        except ValueError:
            self.data = None
            raise ValidationError(self.sentence) from None

    def _value(self):
        return self.raw_data[0][:64] if self.raw_data else ""


def instant(text):
    """An ISO 8601 moment with its offset, on a whole minute, in UTC; ValueError for everything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment.second or moment.microsecond:
        raise ValueError("not a whole minute of a known zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC before the first year or after the last") from None


def clock(text):
    """A time of day as a clock shows it."""
    if not re.fullmatch(r"\d{1,2}:\d{2}(:00)?", text):
        raise ValueError("not a time of day")
    return time.fromisoformat(text.zfill(5))


def pair(text):
    """A doctor and a moment, as the button of an open time sends them."""
    provider_id, _space, moment = text.partition(" ")
    return UUID(provider_id), instant(moment)


def web_address(form, field):
    """An address a browser can open."""
    try:
        parts = urlsplit(field.data)
        readable = parts.scheme in ("http", "https") and parts.hostname and " " not in field.data
    except ValueError:  # such as a bracket that opens an address of numbers and never closes
        readable = False
    if not readable:
        raise ValidationError(_("Write a web address that begins with https://"))


class TimeForm(Form):
    """A type, a doctor and a time, chosen by a button or typed as the clinic's wall time.

    The fields' ids are those of the places on the page where each is chosen, so that the summary of errors leads there.
    """

    visit_type_id = Read(_l("Type of visit"), UUID, _l("Choose the type of visit."), id="kind")
    provider_id = Read(_l("Doctor"), UUID, _l("Choose a doctor of the list."), id="doctor")
    starts_at = Read(_l("Time"), instant, _l("Choose a time."), id="chosen")
    on_date = Read(_l("Day"), date.fromisoformat, _l("Write a day of the calendar."), id="other-day")
    at_time = Read(_l("Time of day"), clock, _l("Write a time like 14:30."), id="other-time")
    visit_mode = Read(_l("Where"), VisitMode, _l("Choose in person or by video."), id="mode")
    # A room wanted beside those the type needs, or a kind of which any room will do.
    wanted_room = Read(_l("Room"), UUID, _l("Choose a room of the list."), id="room")
    pick = HiddenField(_l("Another time"))
    overbook_reason = words(_l("Why all the same?"), most=300)

    def __init__(self, clinic, **given):
        self.clinic, self.both, self.said = clinic, (), ()
        super().__init__(**given)

    def validate(self, extra_validators=None):
        """Read every field, then work out the one moment they mean."""
        fine = super().validate(extra_validators)
        if self.visit_type_id.data is None and not self.visit_type_id.errors:
            self.blame(_("Choose the type of visit."), "visit_type_id")
        if self.pick.data:
            self._take_pick()
        if self.starts_at.data is None and not (self.starts_at.errors or self.on_date.errors or self.at_time.errors):
            self._read_wall_time()
        if self.starts_at.data and not self._is_near(self.starts_at.data):
            self.starts_at.data = None
            self.blame(_("Choose a time from today to two years ahead."), "starts_at")
        return fine and not self.errors

    def _take_pick(self):
        try:
            self.provider_id.data, self.starts_at.data = pair(self.pick.data[:100])
        except ValueError:
            self.blame(_("Choose a time."), "starts_at")

    def _read_wall_time(self):
        if not (self.on_date.data and self.at_time.data):
            self.blame(_("Choose a time."), "starts_at")
            return
        try:
            self.starts_at.data = walltime.to_instant(self.on_date.data, self.at_time.data, self.zone)
        except walltime.NoSuchTime:
            self.blame(_("The clocks go forward that day: there is no such time. Choose another one."), "at_time")
        except walltime.TwiceThatDay as twice:
            self.both = twice.both
            self.blame(_("The clocks go back that day: this time comes twice. Choose which one."), "at_time")
        except OverflowError:
            self.blame(_("Write a day of the calendar."), "on_date")

    def _is_near(self, moment):
        today = walltime.today(self.zone)
        return walltime.bounds(today, self.zone)[0] <= moment < now() + timedelta(days=FURTHEST)

    @property
    def zone(self):
        """The clinic's zone, on whose wall the time is typed."""
        return ZoneInfo(self.clinic.timezone)

    @property
    def wanted_rooms(self):
        """The rooms, or kinds of rooms, wanted beside those the type needs."""
        return (self.wanted_room.data,) if isinstance(self.wanted_room.data, UUID) else ()

    @property
    def mode(self):
        """Where the visit is to be; at the clinic unless somebody says otherwise."""
        return self.visit_mode.data or VisitMode.IN_PERSON


class MoveForm(TimeForm):
    """Another time, doctor or room for a visit on the calendar."""

    # The room's lane it was carried out of; where none is named, the one the patient would have been seen in.
    left_room = Read(_l("Room"), UUID, _l("Choose a room of the list."))


class BookingForm(TimeForm):
    """A new visit for somebody on the phone or at the desk."""

    patient_id = Read(_l("Patient"), UUID, _l("Choose the patient."), id="who")
    reason = words(_l("Reason"), most=300)
    notes = paragraphs(_l("Note for the desk and the doctor"), most=2000)
    meeting_url = words(_l("Link of the video call"), most=500, validators=[web_address])

    def validate(self, extra_validators=None):
        """A booking also needs somebody."""
        fine = super().validate(extra_validators)
        if self.patient_id.data is None and not self.patient_id.errors:
            self.blame(_("Choose the patient."), "patient_id")
        return fine and not self.errors
