"""When patients may check in by themselves, as an administrator types it."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic.forms.fields import Form, WholeNumber


class CheckInForm(Form):
    """Minutes before and after the visit's beginning, and whether a visit by video counts too."""

    check_in_before_minutes = WholeNumber(_l("From how long before the visit"), lowest=0, highest=720)
    check_in_after_minutes = WholeNumber(
        _l("Until how long after it should have begun"), lowest=0, highest=240,
        description=_l("Who is later than that goes to the front desk."),
    )  # fmt: skip
    check_in_by_video = BooleanField(_l("Also for visits by video"))
