"""The address of a doctor's own calendar."""

from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import URLField
from wtforms.validators import Length, ValidationError

from clinic.forms.fields import Form, needed, readable, tidy

MOST = 2000
# How calendar programs write the addresses they hand out.
WEBCAL = ("webcal://", "webcals://")


def as_fetched(typed):
    """The address as it is fetched: calendar programs have a name of their own for https."""
    for scheme in WEBCAL:
        if typed and typed.lower().startswith(scheme):
            return "https://" + typed[len(scheme) :]
    return typed


def is_encrypted(_form, field):
    """Refuse what is no address, and what would show the doctor's days to everybody on the way."""
    try:
        parts = urlsplit(field.data)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if "." not in host or any(letter.isspace() for letter in field.data):
        raise ValidationError(_l("Paste the whole address. It begins with https:// or webcal://."))
    if parts.scheme != "https":
        raise ValidationError(_l("This address is not encrypted. Use one that begins with https:// or webcal://."))


class BusySourceForm(Form):
    """Where a doctor's own calendar is."""

    address = URLField(
        _l("Address of your calendar"),
        [
            needed(_l("Paste the address of your calendar.")), readable,
            Length(max=MOST, message=_l("Use at most %(most)d characters.", most=MOST)), is_encrypted,
        ],
        filters=[tidy, as_fetched], render_kw={"maxlength": MOST},
        description=_l("Calendar programs call it the secret address, or the private one, in iCal format."),
    )  # fmt: skip
