"""The texts that a doctor begins notes from: their own alone, and at most as many as a list still shows at a glance."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.models.note_templates import MOST_OF_A_DOCTOR, NoteTemplate


@action
def add(session, *, by, **words):
    """Keep a new text for the doctor who writes it."""
    if by.provider_id is None:
        raise Refused("Only a doctor of the clinic keeps templates.")
    theirs = sa.select(sa.func.count()).where(
        NoteTemplate.provider_id == by.provider_id, NoteTemplate.retired_at.is_(None)
    )
    if session.scalar(theirs) >= MOST_OF_A_DOCTOR:
        raise Refused("You have %(most)s templates, and no list is longer. Remove one first.", most=MOST_OF_A_DOCTOR)
    _refuse_twice(session, by.provider_id, words["name"])
    template = NoteTemplate(clinic_id=by.clinic_id, id=uuid7(), provider_id=by.provider_id, **words)
    session.add(template)
    return template


@action
def update(template: NoteTemplate, *, by, **words):
    """Change the text; notes that began from it keep theirs."""
    _refuse_twice(object_session(template), template.provider_id, words.get("name", template.name), template.id)
    for name, value in words.items():
        setattr(template, name, value)
    return template


@action
def retire(template: NoteTemplate, *, by):
    """Take it off the list."""
    template.retired_at = template.retired_at or sa.func.now()
    return template


@action
def restore(template: NoteTemplate, *, by):
    """Put it back on the list."""
    _refuse_twice(object_session(template), template.provider_id, template.name, template.id)
    template.retired_at = None
    return template


def _refuse_twice(session, provider_id, name, own_id=None):
    """Two templates of one name could not be told apart; the database has the last word."""
    same = sa.select(NoteTemplate.id).where(
        NoteTemplate.provider_id == provider_id, NoteTemplate.retired_at.is_(None),
        sa.func.lower(NoteTemplate.name) == name.lower(), NoteTemplate.id.is_distinct_from(own_id),
    )  # fmt: skip
    if session.scalar(same.limit(1)):
        raise Refused("You have a template with this name already.", field="name")
