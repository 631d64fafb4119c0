"""How a clinic tells its patients things: its quiet hours, the name it sends under, and what it does not send."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.models.notifications import NotificationKind

SETTING = "telling"
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
# How long before the visit, or before the quiet hours begin, a reminder comes that could not wait for their end.
EARLIER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Telling:
    """A clinic's rules of telling; quiet hours are wall times of the patient's zone and may pass midnight."""

    quiet_from: time = QUIET_FROM
    quiet_until: time = QUIET_UNTIL
    sender: str | None = None
    reply_to: str | None = None
    off: frozenset = frozenset()
    # A visit type's name may say what somebody has; it is in no message unless the clinic wants it.
    names_type: bool = False

    @classmethod
    def of(cls, settings: dict) -> "Telling":
        """The rules in a clinic's settings, with the usual ones where it has said nothing."""
        said = settings.get(SETTING) or {}
        return cls(
            time.fromisoformat(said.get("quiet_from", QUIET_FROM.isoformat())),
            time.fromisoformat(said.get("quiet_until", QUIET_UNTIL.isoformat())),
            said.get("sender"),
            said.get("reply_to"),
            frozenset(NotificationKind(kind) for kind in said.get("off", ())),
            bool(said.get("names_type", False)),
        )

    @property
    def said(self) -> dict:
        """The rules as the clinic's settings keep them."""
        return {
            "quiet_from": self.quiet_from.isoformat("minutes"), "quiet_until": self.quiet_until.isoformat("minutes"),
            "sender": self.sender, "reply_to": self.reply_to, "off": sorted(kind.value for kind in self.off),
            "names_type": self.names_type,
        }  # fmt: skip

    def quiet_ends(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end that this moment (an instant) lies in; None outside of them."""
        quiet = self._quiet_around(moment, zone)
        return quiet and quiet[1]

    def reminder_at(self, starts_at: datetime, hours: int, zone: ZoneInfo) -> datetime:
        """When a reminder so many hours before a visit is due: before the quiet hours if it cannot wait for their end.

        The same rule stands in SQL in ``clinic/actions/reminders.py``; a test holds the two together.
        """
        due = starts_at - timedelta(hours=hours)
        quiet = self._quiet_around(due, zone)
        return quiet[0] - EARLIER if quiet and quiet[1] > starts_at - EARLIER else due

    def _quiet_around(self, moment, zone):
        """The beginning and the end of the quiet hours that the moment lies in, or None."""
        here, begins, ends = moment.astimezone(zone), self.quiet_from, self.quiet_until
        at, day = here.time(), here.date()
        if not (begins <= at < ends if begins <= ends else at >= begins or at < ends):
            return None
        passes_midnight = begins > ends
        evening = day - timedelta(days=passes_midnight and at < ends)
        morning = day + timedelta(days=passes_midnight and at >= begins)
        # On a day whose clock jumps over one of them, zoneinfo answers as if it had not jumped yet.
        return tuple(
            datetime.combine(on, wall, zone).astimezone(UTC) for on, wall in ((evening, begins), (morning, ends))
        )
