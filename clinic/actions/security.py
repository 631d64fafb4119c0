"""What a clinic asks of everybody who works there: a second step to sign in, and when an unused screen signs out."""

from sqlalchemy.orm import object_session

from clinic.actions.acting import Refused, action, note
from clinic.models.organizations import Clinic
from clinic.queries.factors import FACTOR_SETTING, IDLE_MINUTES, IDLE_SETTING, REQUIRED, has_factor


@action
def update(clinic: Clinic, *, by, factor_required: bool, idle_minutes: int):
    """Set the clinic's rules; they count with the next page anybody opens."""
    session, former = object_session(clinic), clinic.settings
    was_required = former.get(FACTOR_SETTING) == REQUIRED
    if factor_required and not has_factor(session, by.user_id):
        raise Refused("Set up your own second step first, or this would lock you out.", field="factor_required")
    note(session, factor_required=(was_required, factor_required),
         idle_minutes=(former.get(IDLE_SETTING, IDLE_MINUTES), idle_minutes))  # fmt: skip
    clinic.settings = {**former, FACTOR_SETTING: REQUIRED if factor_required else None, IDLE_SETTING: idle_minutes}
    return clinic
