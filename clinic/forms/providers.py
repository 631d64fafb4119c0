"""A doctor's profile and what they offer, as an administrator types them."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import Length, ValidationError

from clinic.forms.fields import Coloured, Form, Money, RowChoice, WholeNumber, paragraphs, readable, words

MOST_WORDS = 20


class CommaList(StringField):
    """Several short texts with commas between them."""

    def _value(self):
        return ", ".join(self.data) if isinstance(self.data, list) else self.data or ""

    def post_validate(self, form, validation_stopped):
        """From one line to a list, without doubles; only once the line itself is in order."""
        if not validation_stopped and not self.errors:
            parts = (part.strip() for part in (self.data or "").split(","))
            self.data = list(dict.fromkeys(part for part in parts if part))
            if len(self.data) > MOST_WORDS:
                raise ValidationError(str(_l("Name at most %(most)d.", most=MOST_WORDS)))


def comma_list(label, description):
    """A line for several words."""
    too_long = _l("Use at most %(most)d characters.", most=500)
    return CommaList(label, [Length(max=500, message=too_long), readable], description=description)


class ProviderForm(Coloured, Form):
    """A doctor as the calendar and the clinic's public page show them; the meta carries ``place``, the clinic."""

    display_name = words(_l("Name"), most=120, required=_l("Say what the doctor is called."),
                         description=_l("As patients read it, such as Dr Kwame Osei."))  # fmt: skip
    title = words(_l("Title"), most=120, description=_l("Such as General practitioner."))
    specialties = comma_list(_l("Specialties"), _l("With commas between them: Cardiology, Sports medicine."))
    languages = comma_list(_l("Languages"), _l("With commas between them: English, French."))
    qualifications = words(_l("Qualifications"), most=300, description=_l("Such as MBBS, MRCGP."))
    license_number = words(_l("Licence number"), most=60, description=_l("Seen by the clinic only."))
    years_experience = WholeNumber(_l("Years of experience"), lowest=0, highest=90, required=False)
    bio = paragraphs(_l("About the doctor"), most=2000, description=_l("A few sentences for patients."))
    consultation_fee = Money(_l("Fee"), description=_l("Empty: the fee of each visit type."))
    location_id = RowChoice(_l("Usual place"), description=_l("Where the doctor is, unless hours name another place."))
    place_seen = BooleanField(_l("I have looked at these visits; save the new place"))
    telemed_enabled = BooleanField(_l("Sees patients by video"))
    user_id = RowChoice(
        _l("Signs in as"), description=_l("A colleague with the role Doctor; they then see this calendar as their day.")
    )

    @property
    def details(self):
        """What an action needs to know, by column."""
        facts = {name: value for name, value in self.facts.items() if name != "place_seen"}
        return {**facts, "colour": self.chosen_colour}

    def moves(self, provider):
        """Whether another usual place of those offered is chosen than the doctor has."""
        chosen, offered = self.location_id.data, {each.value for each in self.location_id.choices}
        return chosen != provider.location_id and str(chosen or "") in offered


def offers_form(visit_types, offers, place):
    """The form that says which of the visit types a doctor offers, with their own minutes and fee.

    ``offers`` are those the doctor has now; the fields of a type are ``offers_<id>``, ``minutes_<id>``, ``fee_<id>``.
    """
    fields, given = {}, {}
    have = {each.visit_type_id: each for each in offers}
    for each in visit_types:
        fields[f"offers_{each.id.hex}"] = BooleanField(each.name)
        fields[f"minutes_{each.id.hex}"] = WholeNumber(_l("Own length"), lowest=1, highest=1440, required=False)
        fields[f"fee_{each.id.hex}"] = Money(_l("Own fee"))
        if each.id in have:
            mine = have[each.id]
            given |= {f"offers_{each.id.hex}": True, f"minutes_{each.id.hex}": mine.minutes}
            given[f"fee_{each.id.hex}"] = mine.fee
    return type("OffersForm", (Form,), fields)(data=given, meta={"place": place})


def offered(form, visit_types):
    """The ticked types with own minutes and fee, as ``actions.providers.offer`` takes them."""
    return {
        each.id: (form[f"minutes_{each.id.hex}"].data, form[f"fee_{each.id.hex}"].data)
        for each in visit_types
        if form[f"offers_{each.id.hex}"].data
    }
