"""What people type, and what their devices answer, to prove who they are by something they have."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.forms.fields import Form, readable, tidy, words

LONGEST_ANSWER = 20_000
NO_ANSWER = _l("No passkey answered. Your browser may not know passkeys, or script is off.")


def _code(label, sentence, most, **render_kw):
    checks = [InputRequired(sentence), Length(max=most, message=_l("This code is too long.")), readable]
    return StringField(
        label, checks, filters=[tidy], render_kw={"maxlength": most, "autocapitalize": "off", **render_kw}
    )


class CodeForm(Form):
    """The six digits an app shows now."""

    code = _code(_l("Code from your app"), _l("Type the six digits your app shows."), 12,
                 inputmode="numeric", autocomplete="one-time-code")  # fmt: skip
    next = HiddenField()


class RecoveryForm(Form):
    """One recovery code."""

    code = _code(_l("Recovery code"), _l("Type one of your recovery codes."), 40,
                 autocomplete="off", spellcheck="false")  # fmt: skip
    next = HiddenField()


class PasskeyForm(Form):
    """What a passkey answered, as the browser tells it in JSON."""

    answer = HiddenField(validators=[InputRequired(NO_ANSWER), Length(max=LONGEST_ANSWER, message=NO_ANSWER)])
    next = HiddenField()


class NewPasskeyForm(PasskeyForm):
    """A new passkey, and what the person calls it."""

    name = words(
        _l("Name"), most=60, required=_l("Give the passkey a name, such as the device it is on."),
        description=_l("Such as “My phone”: you will know by it which one to remove."),
    )  # fmt: skip

    def validate(self, extra_validators=None):
        """Without a name no device was asked, and that none answered is nothing to complain of."""
        fine = super().validate(extra_validators)
        if self.name.errors:
            self.answer.errors = ()
        return fine
