"""What somebody had before them as they opened a form: nobody writes over what they have not read."""

from datetime import datetime

from flask_babel import lazy_gettext as _l

from clinic.forms.booking import Read
from clinic.forms.fields import Form


class WithSeen(Form):
    """A form of something that colleagues write in too; the macro ``seen`` of macros/seen.html puts it in the page."""

    # When it had last been changed as the page was opened.
    seen = Read("", datetime.fromisoformat, _l("This page was changed on its way here. Please open it again."))

    @property
    def facts(self):
        """What was typed, by field name."""
        return {name: value for name, value in super().facts.items() if name != "seen"}
