"""A place of the clinic, as an administrator types it."""

from flask_babel import lazy_gettext as _l

from clinic.forms.fields import Form, paragraphs, words


class LocationForm(Form):
    """Where patients go."""

    name = words(_l("Name"), most=120, required=_l("Give the place a name."),
                 description=_l("As patients know it, such as Rose Street or Second floor."))  # fmt: skip
    address_line = words(_l("Street and number"))
    city = words(_l("Town"), most=120)
    postal_code = words(_l("Postcode"), most=20)
    country = words(_l("Country"), most=80)
    directions = paragraphs(_l("How to find it"), most=1000,
                            description=_l("Bus stops, parking, which bell to ring, steps or a lift."))  # fmt: skip
