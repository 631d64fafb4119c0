"""What somebody has just taken away, kept in their own signed cookie, so that one press gives it back.

A reason that was typed must stand in no address; the cookie is theirs alone, and holds what they took away last.
"""

from flask import session

from clinic.actions.acting import Refused
from clinic.current import current

NAME = "taken-away"


def keep(provider, row_id, facts):
    """Remember what a doctor had until something else is taken away; ``facts`` as JSON can keep them."""
    session[NAME] = {"of": _whose(provider, row_id), "facts": facts}


def kept(provider, row_id):
    """What was remembered of it; Refused where it is not remembered any more."""
    found = session.get(NAME) or {}
    if found.get("of") != _whose(provider, row_id):
        raise Refused("This cannot be taken back any more. Please add it again.")
    return found["facts"]


def _whose(provider, row_id):
    return [str(current.user.id), str(provider.id), str(row_id)]
