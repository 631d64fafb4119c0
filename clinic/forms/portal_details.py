"""What a patient may change of their own record; the name and the date of birth are the desk's to change."""

from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from clinic.forms.fields import NOT_OFFERED, readable, tidy
from clinic.forms.patients import Phone, address, line
from clinic.forms.seen import WithTheirs
from clinic.models.people import ContactMethod
from clinic.walltime import known_zones

CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones():
    """Every time zone with the place it is named after, by place, each place once."""
    names = sorted(name for name in known_zones() if name.partition("/")[0] in CONTINENTS)
    places = {get_timezone_location(ZoneInfo(name), locale="en", return_city=True): name for name in names}
    return sorted(((name, place) for place, name in places.items()), key=lambda each: each[1])


class PortalDetailsForm(WithTheirs):
    """How the clinic reaches the patient, and on which clock they live."""

    phone = Phone(
        _l("Phone"), [Optional(), readable], filters=[tidy], description=_l("We call you if something changes.")
    )
    email = line(_l("Email"), most=254, validators=[address])
    preferred_contact_method = RadioField(
        _l("How may we reach you?"), [Optional()], filters=[tidy],
        choices=[SelectChoice(each.value, _l(each.label)) for each in ContactMethod], invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    address_line = line(_l("Street and number"), most=200)
    city = line(_l("Town"))
    postal_code = line(_l("Postal code"), most=20)
    timezone = SelectField(
        _l("Where you live, if your clock differs from the clinic’s"), [Optional()], filters=[tidy],
        description=_l("We then show times on both clocks."), invalid_value_message=NOT_OFFERED,
    )  # fmt: skip

    def __init__(self, clinic, **given):
        self.clinic = clinic
        super().__init__(**given)
        own = self.timezone.object_data
        known = [] if own in dict(zones()) or not own else [(own, own)]
        choices = [("", _l("The same as the clinic’s")), *known, *zones()]
        self.timezone.choices = [SelectChoice(*each) for each in choices]
