"""A condition, as a doctor types it: found among the codes or in words of their own."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional

from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import needed, paragraphs, words
from clinic.forms.seen import WithSeen
from clinic.queries import icd10


class ConditionForm(WithSeen, DatedForm):
    """What is known of a condition: a code, words of one's own, or both."""

    find = words(
        _l("Find a diagnosis"), most=100, description=_l("Words of it in any order, or a code: type 2 diab, E11.9"),
        render_kw={"maxlength": 100, "autocomplete": "off"},
    )  # fmt: skip
    icd10 = words(_l("ICD-10 code"), most=8)
    name = words(_l("In your own words"), most=500, description=_l("Without it the words of the code are kept."))
    onset_on = TypedDate(_l("Since"), [Optional()])
    notes = paragraphs(_l("Note"))

    def validate(self, **more):
        """Words or a code are needed; one of them is enough."""
        is_valid = super().validate(**more)
        if not self.name.data and not self.icd10.data:
            self.blame(_("Choose a diagnosis, or say what it is."), "name")
            return False
        return is_valid

    def opened(self, condition):
        """The form without the words of the code: they follow whichever code is chosen."""
        if condition.icd10 and condition.name == icd10.label(condition.icd10):
            self.name.data = None
        return self

    @property
    def facts(self):
        """What was typed, by column; what was left empty is None."""
        return {name: value or None for name, value in super().facts.items() if name != "find"}


class EndForm(DatedForm):
    """The day on which a condition was over."""

    ended_on = TypedDate(_l("Over since"), [needed(_l("Write the day."))])
