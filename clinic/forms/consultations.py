"""What a doctor types about a visit: the note, what is added to it, and the templates it begins from."""

import re
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import HiddenInput, TextInput

from clinic.actions.consultations import Sending, Words
from clinic.forms.fields import Form, RowChoice, paragraphs, readable, words
from clinic.models.consultations import LONGEST, MOST_CODES
from clinic.queries import icd10

TOO_LONG = _l("Use at most %(most)d characters.", most=LONGEST)
LABELS = {
    "complaints": _l("Complaints"), "diagnosis": _l("Diagnosis"), "diagnosis_codes": _l("ICD-10 codes"),
    "treatment": _l("Treatment"), "notes": _l("For colleagues"),
}  # fmt: skip


def lines(text):
    """The text with plain line ends and nothing around it, however a browser sent it; None for nothing."""
    return re.sub(r"\r\n?", "\n", text or "").strip() or None


def part(name, rows, **more):
    """One part of a note: as many lines as it takes."""
    checks = [Optional(), Length(max=LONGEST, message=TOO_LONG), readable]
    return TextAreaField(
        LABELS[name], checks, filters=[lines], render_kw={"maxlength": LONGEST, "rows": rows}, **more
    )  # fmt: skip


class Codes(Field):
    """ICD-10 codes, each once, as they are written; each is a box to tick."""

    widget = HiddenInput()

    def process_formdata(self, values):
        """Read the codes that were ticked or picked."""
        self.data = list(dict.fromkeys(icd10.written(each) for each in values if each.strip()))[: MOST_CODES + 1]
        unknown = [code for code in self.data if icd10.label(code) is None]
        if unknown:
            raise ValueError(str(_l("%(code)s is no ICD-10 code.", code=unknown[0][:10])))
        if len(self.data) > MOST_CODES:
            raise ValueError(str(_l("Choose at most %(most)d codes.", most=MOST_CODES)))

    @property
    def labelled(self):
        """The codes with what they mean."""
        return [(code, icd10.label(code) or "") for code in self.data or ()]


class TypedCodes(Codes):
    """The same codes, typed one after the other in a line."""

    widget = TextInput()

    def __init__(self, label=None, validators=None, **more):
        super().__init__(label, validators, **more)
        self.typed = None

    def _value(self):
        return ", ".join(self.data or ()) if self.typed is None else self.typed

    def process_formdata(self, values):
        """Read the codes between commas and spaces; keep what was typed to show it again."""
        self.typed = values[0][:300] if values else ""
        super().process_formdata(re.split(r"[\s,;]+", self.typed))


class Parts(Form):
    """The parts of a note, and of a template."""

    complaints = part("complaints", 4)
    diagnosis = part("diagnosis", 2)
    diagnosis_codes = Codes(LABELS["diagnosis_codes"], default=list)
    treatment = part("treatment", 4)
    notes = part("notes", 2, description=_l("The patient does not read this part in the portal."))

    @property
    def words(self):
        """What was typed, as a note keeps it."""
        return Words(
            self.complaints.data, self.diagnosis.data, tuple(self.diagnosis_codes.data or ()), self.treatment.data,
            self.notes.data,
        )  # fmt: skip

    def says(self, words):
        """Fill it with what is kept; for a form that is opened, not one that was sent."""
        for name in LABELS:
            self[name].data = getattr(words, name)
        return self


def _id(text):
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class NoteForm(Parts):
    """A note as its page sends it: with the version the page showed, and which page it is."""

    version = IntegerField(default=0, validators=[Optional(), NumberRange(0, 2**31 - 1)], widget=HiddenInput())
    # The version that somebody looked at and writes over all the same.
    over = IntegerField(validators=[Optional(), NumberRange(0, 2**31 - 1)], widget=HiddenInput())
    number = IntegerField(default=0, validators=[Optional(), NumberRange(0, 2**31 - 1)], widget=HiddenInput())
    page = HiddenField(filters=[_id])
    resumes = HiddenField(filters=[_id])
    # Who typed it: never saved in the name of somebody who signed in in the same browser since.
    writer = HiddenField(filters=[_id])
    # The page is being closed.
    leaves = HiddenField()
    template = RowChoice(_l("Template"))
    q = StringField(_l("Find a diagnosis"), [Optional(), Length(max=100)])

    @property
    def sending(self):
        """Where the words come from."""
        version = self.version.data if self.over.data is None else self.over.data
        return Sending(version or 0, self.page.data, self.number.data or 0, self.resumes.data)


class AddendumForm(Form):
    """What is added to a signed note."""

    text = paragraphs(_l("Addendum"), most=LONGEST, required=_l("Write what is to be added."))


class TemplateForm(Parts):
    """A text that notes begin from, and its name."""

    name = words(_l("Name"), most=100, required=_l("Give the template a name."))
    diagnosis_codes = TypedCodes(
        LABELS["diagnosis_codes"], default=list, description=_l("One after the other, such as E11.9, I10.")
    )  # fmt: skip

    @property
    def details(self):
        """What was typed, as a template keeps it."""
        return {**{name: self[name].data for name in LABELS}, "name": self.name.data}
