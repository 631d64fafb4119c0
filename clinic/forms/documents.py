"""Documents, as they are described by whoever sends them or files them better later."""

from flask_babel import lazy_gettext as _l
from wtforms import MultipleFileField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from clinic.actions.documents import ACCEPTED
from clinic.forms.dated import DatedForm, TypedDate
from clinic.forms.fields import NOT_OFFERED, needed, paragraphs, tidy, words
from clinic.models.documents import CHOSEN_BY_STAFF, DocumentCategory

ENDINGS = [ending for endings in ACCEPTED.types.values() for ending in endings]
CHOOSE = _l("Choose what it is.")


class DescribedForm(DatedForm):
    """What a document is, what it is called, and from when what it shows is."""

    category = SelectField(
        _l("What is it?"), [needed(CHOOSE)], coerce=lambda value: DocumentCategory(value) if value else None,
        invalid_value_message=NOT_OFFERED,
    )  # fmt: skip
    title = words(_l("Title"), most=200, description=_l("Left empty, it is called as the file is."))
    description = paragraphs(_l("Note"), most=1000)
    recorded_on = TypedDate(_l("Day it is from"), [Optional()], filters=[tidy])

    def __init__(self, clinic, *, categories=CHOSEN_BY_STAFF, **given):
        super().__init__(clinic, **given)
        self.category.choices = [
            SelectChoice("", _l("Choose")), *(SelectChoice(each.value, _l(each.label)) for each in categories)
        ]  # fmt: skip

    def described(self, document=None):
        """What was typed, by column; a day that was not changed keeps its moment."""
        before = document.recorded_at if document else None
        facts = {"category": self.category.data, "description": self.description.data}
        title = self.title.data or (document.title if document else None)
        return {**facts, "title": title, "recorded_at": self.same_moment(self.recorded_on.data, before) or before}


class SendingForm(DescribedForm):
    """One or several files with what they are; where a script sends them one by one, each comes with its name."""

    # Named, so that a phone turns what only it can read into what everybody can.
    files = MultipleFileField(_l("Files"), [Optional()], render_kw={"accept": ",".join(ENDINGS)})

    def expecting(self, address):
        """The form as it is opened at this address: what is sent about an insurance is mostly its card."""
        if not self.is_submitted() and address.get("insurance_policy_id"):
            self.category.data = DocumentCategory.INSURANCE_CARD
        return self

    @property
    def chosen(self):
        """The files that were sent along, without the places where none was chosen."""
        return [each for each in self.files.data or () if getattr(each, "filename", "")]

    def has_files(self):
        """Whether at least one file was chosen; the field says so where none was."""
        if not self.chosen:
            self.blame(_l("Choose a file first."), "files")
        return bool(self.chosen)


def form_of(document, clinic):
    """The form to describe a document better, filled in."""
    form = DescribedForm(clinic, data={
        "category": document.category, "title": document.title, "description": document.description,
    })  # fmt: skip
    form.recorded_on.data = form.day_of(document.recorded_at)
    return form
