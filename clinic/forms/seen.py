"""What somebody had before them as they opened a form: nobody writes over what they have not read."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic import typed_dates
from clinic.forms.booking import Read
from clinic.forms.dated import TypedDate
from clinic.forms.fields import Form


class WithSeen(Form):
    """A form of something that colleagues write in too; the macro ``seen`` of macros/seen.html puts it in the page."""

    # When it had last been changed as the page was opened.
    seen = Read("", datetime.fromisoformat, _l("This page was changed on its way here. Please open it again."))

    def seen_at(self, record) -> datetime:
        """When the record, as this person has read it, had last been changed.

        Whoever only mistyped has read no more than before; whoever was told of a colleague's change has read that.
        """
        read = self.seen.data
        return read if isinstance(read, datetime) and not self.form_errors else record.updated_at

    @property
    def facts(self):
        """What was typed, by field name."""
        return {name: value for name, value in super().facts.items() if name != "seen"}


class WithTheirs(WithSeen):
    """Such a form of many details, where what two people wrote stands side by side."""

    def meet(self, clashing, theirs, record):
        """Show what others wrote meanwhile: beside what was typed for the same, in place of what was not touched."""
        for name in theirs & set(self._fields):
            self[name].raw_data = None
            self[name].process_data(getattr(record, name))
        for name in clashing:
            said = _("Meanwhile somebody wrote: %(words)s", words=_spoken(self[name], getattr(record, name)))
            self.blame(said, name)


def _spoken(field, value):
    """A detail as its field shows it."""
    if value is None or value == "":
        return _("nothing")
    if isinstance(field, TypedDate):
        return typed_dates.write(value, field.locale)
    words = {choice.value: choice.label for choice in getattr(field, "choices", None) or ()}
    return words.get(getattr(value, "value", value), value)
