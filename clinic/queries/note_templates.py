"""A doctor's own texts for notes."""

import sqlalchemy as sa

from clinic.models.note_templates import MOST_OF_A_DOCTOR, NoteTemplate


def of_doctor(session, provider_id) -> list[NoteTemplate]:
    """The doctor's templates by name; none for somebody who is no doctor here."""
    if provider_id is None:
        return []
    return session.scalars(
        sa.select(NoteTemplate)
        .where(NoteTemplate.provider_id == provider_id, NoteTemplate.retired_at.is_(None))
        .order_by(sa.func.lower(NoteTemplate.name), NoteTemplate.id)
        .limit(MOST_OF_A_DOCTOR)
    ).all()
