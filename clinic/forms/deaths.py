"""The day a patient died."""

from flask_babel import lazy_gettext as _l

from clinic.forms.dated import DatedForm, TypedDate


class DeathForm(DatedForm):
    """When it was, where anybody knows."""

    died_on = TypedDate(_l("The day they died"))
