"""What a patient says when they ask for a visit: answers in an address, and at the end why, in their own words."""

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, SelectField, TextAreaField
from wtforms.validators import Optional

from clinic.forms.fields import Form as FilledForm
from clinic.forms.fields import paragraphs, words
from clinic.forms.portal_booking import WORDS, IdField, in_this_century
from clinic.forms.waitlist import PART_WORDS, PARTS
from clinic.models.requests import ReasonCategory
from clinic.models.visits import VisitKind, VisitSource

REASON = 2000
WHEN_WORDS = [
    ("soon", _l("As soon as possible")), ("today", _l("Today; I would come and wait")),
    ("week", _l("Within a week")), ("later", _l("Later; it is not urgent")), ("day", _l("On a certain day")),
]  # fmt: skip


def _one_of(choices):
    return SelectField(validators=[Optional()], choices=["", *choices], default="")


class AnswersForm(Form):
    """What has been answered so far, as an address or the last page carries it; every answer may be missing."""

    patient_id = IdField(validators=[Optional()])
    visit_type_id = IdField(validators=[Optional()])
    category = _one_of([each.value for each in ReasonCategory])
    when = _one_of([value for value, _words in WHEN_WORDS])
    day = DateField(validators=[Optional(), in_this_century])
    part = _one_of(list(PARTS))


class WhyForm(FilledForm):
    """Why, in plain text."""

    reason = words(
        _l("What is the matter?"), most=REASON, kind=TextAreaField,
        required=_l("Please write a few words, so that we can judge how soon you should be seen."),
        description=_l("Write as you would say it on the phone. Only the clinic reads it."),
    )  # fmt: skip


class CancelForm(FilledForm):
    """Why a patient needs no visit any more, if they like to say."""

    note = paragraphs(_l("Would you like to tell us why?"), most=WORDS)


def asking(answers, today):
    """The answers as an action knows them; ``today`` is the clinic's date."""
    first, last = {
        "today": (today, today), "week": (today, today + timedelta(days=7)),
        "later": (today + timedelta(days=7), today + timedelta(days=42)), "day": (answers.day, answers.day),
    }.get(answers.when, (None, None))  # fmt: skip
    window_start, window_end = PARTS.get(answers.part or "any")
    return {
        "reason_category": ReasonCategory(answers.category) if answers.category else None,
        "requested_on": first, "until_on": last, "window_start": window_start, "window_end": window_end,
        "visit_type_id": answers.visit_type_id, "source": VisitSource.PORTAL,
        "kind": VisitKind.WALK_IN if answers.when == "today" else VisitKind.SCHEDULED,
    }  # fmt: skip


CATEGORY_WORDS = [(each.value, _l(each.label)) for each in ReasonCategory]
QUESTIONS = {"category": CATEGORY_WORDS, "when": WHEN_WORDS, "part": PART_WORDS}
