"""Recovery codes: made with the first factor or on demand, on one answer and nowhere else."""

from flask import url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import recovery_codes
from clinic.current import current
from clinic.db import db
from clinic.htmx import changed, show
from clinic.models.accounts import User
from clinic.queries.factors import held

bp = GuardedBlueprint("recovery_codes", __name__, face="public", url_prefix="/factors/codes")


@bp.post("/renew", needs=Permission.SIGNED_IN, fresh=True)
def renew():
    """Ten new codes; the former ones are worth nothing now."""
    return shown(recovery_codes.renew(db.session.get(User, current.user.id), by=current.actor))


def first_ones(user, message):
    """What follows a new factor: codes where the person has none yet, else the list with the message."""
    if held(db.session(), user.id).codes_left:
        return changed(then=url_for("public.factors.index"), message=message)
    return shown(recovery_codes.renew(user, by=current.actor), message)


def shown(codes, message=None):
    """The page that tells the codes, this once."""
    return show("public/factors/codes.html", codes=codes, message=message)
