"""A prescription being drafted: rows of medicines, and why one that goes against an allergy is prescribed."""

from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from clinic.actions.prescriptions import Medicine
from clinic.forms.fields import Form, RowChoice, paragraphs, words
from clinic.models.prescriptions import MOST_ITEMS

# The fields of a row by what they are called in the form; in the database all but the first two have the same names.
COLUMNS = {
    "medicine": "medicine_name", "potency": "potency", "dosage": "dosage", "frequency": "frequency",
    "duration": "duration", "notes": "notes", "reason": "allergy_reason",
}  # fmt: skip
# What can be chosen while typing, beside anything one likes to write.
POTENCIES = ("Q", "3X", "6X", "12X", "6C", "12C", "30C", "200C", "1M", "10M", "LM1", "100 mg", "250 mg", "500 mg")
DOSAGES = (
    _l("1 tablet"), _l("2 tablets"), _l("half a tablet"), _l("1 capsule"), _l("5 ml"), _l("10 drops"), _l("4 pills"),
    _l("1 puff"), _l("apply thinly"),
)  # fmt: skip
FREQUENCIES = (
    _l("once a day"), _l("twice a day"), _l("three times a day"), _l("four times a day"), _l("every 8 hours"),
    _l("at night"), _l("before meals"), _l("when needed"), _l("once"), _l("once a week"),
)  # fmt: skip
DURATIONS = (
    _l("3 days"), _l("5 days"), _l("7 days"), _l("10 days"), _l("14 days"), _l("1 month"), _l("3 months"),
    _l("until the next visit"), _l("until further notice"),
)  # fmt: skip
SUGGESTED = {"potency": POTENCIES, "dosage": DOSAGES, "frequency": FREQUENCIES, "duration": DURATIONS}


def _fields(number):
    """The fields of one row."""
    lists = {name: {"list": f"{name}-suggestions", "autocomplete": "off"} for name in SUGGESTED}
    return {
        "medicine": words(_l("Name"), most=500, render_kw={
            "list": f"medicines-{number}", "autocomplete": "off", "spellcheck": "false", "maxlength": 500}),
        "potency": words(_l("Potency or strength"), most=100, render_kw=lists["potency"] | {"maxlength": 100}),
        "dosage": words(_l("How much"), most=200, render_kw=lists["dosage"] | {"maxlength": 200}),
        "frequency": words(_l("How often"), most=200, render_kw=lists["frequency"] | {"maxlength": 200}),
        "duration": words(_l("For how long"), most=200, render_kw=lists["duration"] | {"maxlength": 200}),
        "notes": words(_l("Notes"), most=500),
        "reason": words(_l("Why it is prescribed all the same"), most=500),
    }  # fmt: skip


class Row:
    """One medicine of the draft: its fields, and the allergy it goes against, if any."""

    def __init__(self, form, number):
        self.number = number
        self.fields = {name: form[f"{name}_{number}"] for name in COLUMNS}
        self.warning = None

    def __getattr__(self, name):
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def typed(self):
        """What was typed, by field."""
        return {name: field.data for name, field in self.fields.items()}

    @property
    def is_empty(self):
        """Whether nothing was typed at all."""
        return not any(self.typed.values())

    @property
    def medicine_as_written(self):
        """What an action needs to know."""
        return Medicine(**{COLUMNS[name]: text for name, text in self.typed.items()})


class _Draft(Form):
    advice = paragraphs(_l("Advice to the patient"), most=2000)
    visit_id = HiddenField()
    replaces_id = HiddenField()

    @property
    def written(self):
        """The rows somebody wrote in."""
        return [row for row in self.rows if not row.is_empty]

    @property
    def medicines(self):
        """What is to be prescribed."""
        return [row.medicine_as_written for row in self.written]

    def validate(self, extra_validators=None):
        """Each medicine has its name, how much and how often; one against an allergy has its reason."""
        super().validate(extra_validators)
        if not self.written:
            self.blame(_("Write down at least one medicine."), "medicine_0")
        for row in self.written:
            number = row.number + 1
            for name, sentence in (
                ("medicine", _("Medicine %(number)d: write its name.", number=number)),
                ("dosage", _("Medicine %(number)d: say how much.", number=number)),
                ("frequency", _("Medicine %(number)d: say how often.", number=number)),
            ):
                if not row.fields[name].data and not row.fields[name].errors:
                    self.blame(sentence, f"{name}_{row.number}")
            if row.warning and not row.reason.data:
                sentence = _("Medicine %(number)d: say why it is prescribed all the same.", number=number)
                self.blame(sentence, f"reason_{row.number}")
        return not self.errors


def draft(rows, **given):
    """A draft with so many rows, or with rows filled in as {field: words}; ``given`` goes to the form."""
    filled = rows if isinstance(rows, list) else []
    count = max(1, min(len(filled) if filled else rows or 1, MOST_ITEMS))
    fields = {f"{name}_{n}": field for n in range(count) for name, field in _fields(n).items()}
    data = {f"{name}_{n}": text for n, row in enumerate(filled[:count]) for name, text in row.items()}
    form = type("Draft", (_Draft,), fields)(data={**given.pop("data", {}), **data}, **given)
    form.rows = [Row(form, n) for n in range(count)]
    return form


def sent(form):
    """The draft as it was sent."""
    count = form.get("rows", "1")
    return draft(int(count) if count.isdecimal() and len(count) < 4 else 1)


def row_of(medicine):
    """A row filled with what was prescribed before, or with a favourite."""
    return {name: getattr(medicine, column) for name, column in COLUMNS.items() if name != "reason"}


def sent_id(text):
    """An id out of a hidden field, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


class StopForm(Form):
    """Which medicine of a prescription is stopped, or all that are still taken, and why."""

    which = RowChoice(_l("What is stopped?"))
    reason = words(_l("Why?"), most=500, required=_l("Say why."))

    @classmethod
    def of(cls, prescription, item_id=None):
        """The form for one prescription; ``item_id`` is chosen at first."""
        form = cls()
        form.taken = [each for each in prescription.items if prescription.is_taken(each)]
        form.which.offer([(each.id, each.medicine_name) for each in form.taken], _("Everything on it"))
        if not form.is_submitted():
            form.which.data = item_id if item_id in {each.id for each in form.taken} else None
        return form

    @property
    def item(self):
        """The medicine that was chosen; None for all of them."""
        return next((each for each in self.taken if each.id == self.which.data), None)


class FavouriteForm(Form):
    """A medicine to be kept as a favourite, with how it is usually prescribed."""

    medicine_name = words(_l("Medicine"), most=500, required=_l("Write the medicine."))
    potency = words(_l("Potency or strength"), most=100)
    dosage = words(_l("How much"), most=200)
    frequency = words(_l("How often"), most=200)
    duration = words(_l("For how long"), most=200)
    notes = words(_l("Notes"), most=500)
