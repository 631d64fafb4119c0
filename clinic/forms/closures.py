"""A closure, as an administrator types it."""

from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from clinic.forms.blocks import SpanForm
from clinic.forms.fields import RowChoice, words


class ClosureForm(SpanForm):
    """From when to when it is closed, what it is called, for whom and where."""

    title = words(_l("What is it?"), most=200, required=_l("Say what it is, such as a public holiday."))
    provider_id = RowChoice(_l("Who"))
    location_id = RowChoice(_l("Where"))

    @classmethod
    def of(cls, closure, zone: str, **given):
        """The form of a closure that is there already, in wall time of the zone."""
        begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (closure.starts_at, closure.ends_at))
        last_day = closure.last_day(zone)
        times = {} if last_day else {"from_time": begins.time(), "until_time": ends.time()}
        which = {
            "from_which": "second" if begins.fold else "first", "until_which": "second" if ends.fold else "first",
        }  # fmt: skip
        return cls(
            formdata=None, from_date=begins.date(), until_date=last_day or ends.date(), title=closure.title,
            provider_id=closure.provider_id, location_id=closure.location_id, **times, **which, **given,
        )  # fmt: skip

    def details(self, zone: str):
        """What an action needs to know, by column; None where a time was to blame."""
        span = self.instants(zone)
        if span is None:
            return None
        named = {name: self[name].data for name in ("title", "provider_id", "location_id")}
        return {"starts_at": span[0], "ends_at": span[1], **named}
