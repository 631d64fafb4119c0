"""Is this note genuine? Whoever got one types its code and hears its dates, and nothing of anybody."""

from dataclasses import replace

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import excuse_notes
from clinic.actions.throttles import TooManyTries
from clinic.current import current
from clinic.db import db
from clinic.errors import wait
from clinic.forms.excuse_notes import CheckForm
from clinic.htmx import again, show

bp = GuardedBlueprint("excuse_notes", __name__, face="public", url_prefix="/check")
PAGE = "public/excuse_notes/check.html"
ROLE = "note_check"


@bp.get("", needs=Permission.PUBLIC)
def check():
    """The question."""
    return show(PAGE, form=CheckForm(formdata=None), asked=False)


@bp.post("", needs=Permission.PUBLIC, once=False)
def answer():
    """The answer: genuine with its dates, withdrawn, or not known; the same words for whatever is not known."""
    form = CheckForm()
    if not form.validate():
        return again(PAGE, form=form, asked=False)
    try:
        note = excuse_notes.check(db.session(), form.code.data, by=_somebody())
    except TooManyTries as error:
        return wait(PAGE, error, form, asked=False)
    return show(PAGE, form=form, asked=True, note=note)


def _somebody():
    """Whoever asks; somebody who is signed in is not named for it, and gains nothing by it."""
    return replace(
        current.actor, user_id=None, role=ROLE, on_behalf_of_id=None, clinic_id=None, provider_id=None,
        patient_ids=frozenset(), relations=(), in_portal=False, under=(),
    )  # fmt: skip
