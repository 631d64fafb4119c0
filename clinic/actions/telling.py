"""How the clinic tells patients things, as its administrator sets it."""

from sqlalchemy.orm import object_session

from clinic.actions.acting import action, note
from clinic.models.organizations import Clinic
from clinic.models.telling import SETTING, Telling


@action
def update(clinic: Clinic, telling: Telling, *, by):
    """Keep these rules; they count for the next message."""
    before, after = Telling.of(clinic.settings).said, telling.said
    changed = {name: (str(before[name] or ""), str(after[name] or "")) for name in after if before[name] != after[name]}
    note(object_session(clinic), **changed)
    clinic.settings = {**clinic.settings, SETTING: after}
    return clinic
