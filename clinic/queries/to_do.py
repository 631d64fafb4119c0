"""How much waits for somebody's look, here and there, asked in one statement for every page of theirs."""

from functools import lru_cache

import sqlalchemy as sa

# More than a desk could look at in a day is many, however many it is.
MANY = 99


def counts(session, user_id, *questions) -> list[int]:
    """What each of these questions counts in the session's clinic for this person, up to 99 of a kind.

    A question is the text of a SELECT of one number; it may name ``:clinic_id``, ``:user_id`` and ``:many``.
    """
    if not questions:
        return []
    facts = {"clinic_id": session.scope.clinic_id, "user_id": user_id, "many": MANY}
    return list(session.connection().execute(_together(questions), facts).one())


@lru_cache
def _together(questions):
    return sa.text("SELECT " + ", ".join(f"({each.text})" for each in questions))
