"""How the clinic tells patients things, as its administrator sets it."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TimeField
from wtforms.fields.choices import SelectChoice, SelectMultipleField
from wtforms.validators import Email
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.forms.fields import NOT_OFFERED, Form, needed, words
from clinic.models.notifications import NotificationKind
from clinic.models.telling import Telling


class KindChoices(SelectMultipleField):
    """Kinds of messages, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def wall_time(label):
    """A time of day."""
    return TimeField(label, [needed(_l("Enter a time, such as 21:00."))])


class TellingForm(Form):
    """Quiet hours, the name in messages, and which are sent."""

    quiet_from = wall_time(_l("Nothing is sent after"))
    quiet_until = wall_time(_l("and before"))
    sender = words(_l("Name in messages"), most=60, description=_l("Empty: the name of the clinic. Keep it short."))
    reply_to = words(
        _l("Answers to mails go to"), most=200,
        validators=[Email(message=_l("Enter an email address, such as desk@example.org."))],
        description=_l("Empty: to nobody; patients use the link or call."),
    )  # fmt: skip
    names_type = BooleanField(
        _l("Name the type of visit in messages"),
        description=_l("Its name may say what somebody has, on a screen that others see. Leave it off if in doubt."),
    )
    kinds = KindChoices(
        _l("What is sent"), coerce=NotificationKind, invalid_choice_message=NOT_OFFERED,
        choices=[SelectChoice(kind.value, _l(kind.label)) for kind in NotificationKind],
    )  # fmt: skip

    @classmethod
    def showing(cls, telling: Telling):
        """The form as the rules are now."""
        return cls(
            quiet_from=telling.quiet_from, quiet_until=telling.quiet_until, sender=telling.sender,
            reply_to=telling.reply_to, names_type=telling.names_type,
            kinds=[kind for kind in NotificationKind if kind not in telling.off],
        )  # fmt: skip

    @property
    def telling(self) -> Telling:
        """The rules as they were typed."""
        off = frozenset(NotificationKind) - frozenset(self.kinds.data or ())
        return Telling(
            self.quiet_from.data, self.quiet_until.data, self.sender.data, self.reply_to.data, off,
            self.names_type.data,
        )  # fmt: skip
