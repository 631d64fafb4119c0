"""One person of every role of Rose Street, and nobody."""

from clinic.db import db
from clinic.models.accounts import Role
from tests.visitor import Visitor

ROLES = ("admin", "receptionist", "medical_assistant", "doctor", "support", "referrer", "patient", "nobody")


def askers(cast):
    """The person of each role, by its name."""
    db.session().enter(cast.scope)
    more = {
        role.value: cast._person(cast.rose, first, "Vale", role)
        for role, first in ((Role.MEDICAL_ASSISTANT, "Mila"), (Role.SUPPORT, "Sven"), (Role.REFERRER, "Rhea"))
    }
    db.session().commit()
    return more | {
        "admin": cast.ines, "receptionist": cast.amara, "doctor": cast.osei, "patient": cast.maya, "nobody": None,
    }  # fmt: skip


def browser_of(app, person):
    """A browser just opened and signed in: what another request ended or changed is not its business."""
    return Visitor(app, person)
