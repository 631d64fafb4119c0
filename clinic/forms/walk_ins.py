"""Adding somebody who came without a time."""

from flask_babel import lazy_gettext as _l

from clinic.forms.fields import Form, RowChoice, words


class WalkInForm(Form):
    """Whom they would like to see, and why they came; nothing of it is needed."""

    provider_id = RowChoice(_l("Doctor"))
    visit_type_id = RowChoice(_l("Type of visit"))
    reason = words(_l("Reason"), most=300)
