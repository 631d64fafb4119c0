"""An allergy, as it is typed."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from clinic.forms.fields import NOT_OFFERED, paragraphs, words
from clinic.forms.seen import WithSeen
from clinic.models.allergies import AllergyCategory, AllergyStatus, Criticality


def _one_of(label, choice, nothing):
    options = [SelectChoice("", nothing)] if nothing else []
    options += [SelectChoice(each.value, _l(each.label)) for each in choice]
    return SelectField(
        label, [Optional()], choices=options, coerce=lambda value: choice(value) if value else None,
        invalid_value_message=NOT_OFFERED, invalid_choice_message=NOT_OFFERED,
    )  # fmt: skip


class AllergyForm(WithSeen):
    """What the patient does not bear, what happens then, and how bad it may be."""

    substance = words(_l("To what"), most=200, required=_l("Write what the patient does not bear."))
    category = _one_of(_l("Kind"), AllergyCategory, _l("Not said"))
    criticality = _one_of(_l("How dangerous"), Criticality, _l("Not known"))
    reaction = words(_l("What happens"), most=500, description=_l("Such as rash, swelling, short of breath."))
    status = _one_of(_l("Status"), AllergyStatus, None)
    source_text = words(_l("As the patient or an earlier record put it"), most=500)
    notes = paragraphs(_l("Note"))

    @property
    def facts(self):
        """What was typed, by column; what was left empty is None."""
        facts = {name: value or None for name, value in super().facts.items()}
        return {**facts, "status": facts["status"] or AllergyStatus.ACTIVE}
