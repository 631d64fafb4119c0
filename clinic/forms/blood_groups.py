"""A patient's blood group, as it is chosen."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from clinic.forms.fields import NOT_OFFERED, Form

GROUPS = ("O+", "O-", "A+", "A-", "B+", "B-", "AB+", "AB-")


class BloodGroupForm(Form):
    """One of the eight, or the words of an earlier record; nothing where it is not known."""

    blood_group = SelectField(
        _l("Blood group"), [Optional()], invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED
    )

    def __init__(self, **given):
        super().__init__(**given)
        own = self.blood_group.object_data
        others = [own] if own and own not in GROUPS else []
        offered = [SelectChoice(each, each.replace("-", "−")) for each in (*GROUPS, *others)]
        self.blood_group.choices = [SelectChoice("", _l("Not known")), *offered]
