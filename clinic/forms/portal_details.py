"""What a patient may change of their own record; the name and the date of birth are the desk's to change."""

from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_timezone_location
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.validators import Optional

from clinic.forms.fields import Form, readable, tidy
from clinic.forms.patients import Phone, address, line
from clinic.models.people import ContactMethod


def _zones():
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    named = ((name, get_timezone_location(ZoneInfo(name), locale="en")) for name in places)
    return sorted(named, key=lambda each: each[1])


ZONES = []


class PortalDetailsForm(Form):
    """How the clinic reaches the patient, and on which clock they live."""

    phone = Phone(
        _l("Phone"), [Optional(), readable], filters=[tidy], description=_l("We call you if something changes.")
    )
    email = line(_l("Email"), most=254, validators=[address])
    preferred_contact_method = RadioField(
        _l("How may we reach you?"), [Optional()], filters=[tidy],
        choices=[(each.value, _l(each.label)) for each in ContactMethod],
    )  # fmt: skip
    address_line = line(_l("Street and number"), most=200)
    city = line(_l("Town"))
    postal_code = line(_l("Postal code"), most=20)
    timezone = SelectField(
        _l("Where you live, if your clock differs from the clinic’s"), [Optional()], filters=[tidy],
        description=_l("We then show times on both clocks."),
    )  # fmt: skip

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)
        if not ZONES:
            ZONES.extend(_zones())
        self.timezone.choices = [("", _l("The same as the clinic’s")), *ZONES]
