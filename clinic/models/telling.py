"""How a clinic tells its patients things: its quiet hours, the name it sends under, and what it does not send."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.models.notifications import NotificationKind

SETTING = "telling"
QUIET_FROM, QUIET_UNTIL = time(21), time(8)


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
        here = moment.astimezone(zone)
        at, begins, ends = here.time(), self.quiet_from, self.quiet_until
        if begins <= ends:
            is_quiet, day = begins <= at < ends, here.date()
        else:
            is_quiet, day = at >= begins or at < ends, here.date() + timedelta(days=at >= begins)
        # On a day whose clock jumps over the end, zoneinfo answers with the moment of the jump or soon after it.
        return datetime.combine(day, ends, zone).astimezone(moment.tzinfo) if is_quiet else None
