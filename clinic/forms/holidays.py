"""A file of public holidays, and which of its days an administrator ticked."""

import json
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import Field, FileField
from wtforms.validators import Optional

from clinic.forms.fields import CONTROL, Form

MOST_DAYS = 400
LONGEST = timedelta(days=366)


class HolidayFileForm(Form):
    """The file."""

    file = FileField(
        _l("Calendar file"), [Optional()], render_kw={"accept": ".ics,text/calendar"},
        description=_l("An .ics file of the public holidays of your country or region, at most 1 MB."),
    )  # fmt: skip


class TickedDays(Field):
    """The days that were ticked, each as the page wrote it; ``data`` is a list of the columns of closures."""

    def process_formdata(self, values):
        """Read the days; what this page did not write is refused."""
        try:
            if len(values) > MOST_DAYS:
                raise ValueError
            self.data = [_day(json.loads(value[:2000])) for value in values]
        except (ValueError, TypeError, OverflowError):
            self.data = []
            raise ValueError(str(_l("These days cannot be read. Choose the file again."))) from None


class HolidaysForm(Form):
    """Which of the days are to be closed."""

    days = TickedDays(_l("Days"))


def written(event):
    """A day as the page writes it into its box."""
    return json.dumps([event.uid, event.title, event.starts_at.isoformat(), event.ends_at.isoformat()])


def _day(parts):
    uid, title, *times = parts
    begins, ends = (datetime.fromisoformat(each) for each in times)
    texts = isinstance(uid, str) and isinstance(title, str) and 0 < len(uid) <= 255 and 0 < len(title) <= 200
    if not texts or CONTROL.search(uid + title) or None in (begins.tzinfo, ends.tzinfo):
        raise ValueError("not a day of the page")
    if not timedelta() < ends - begins <= LONGEST or not 2000 <= begins.year < 2100:
        raise ValueError("not a day of the page")
    (uid + title).encode()
    return {"external_uid": uid, "title": title, "starts_at": begins, "ends_at": ends}
