"""The places where a clinic works."""

from uuid_utils.compat import uuid7

from clinic.actions.acting import action
from clinic.models.organizations import Location


@action
def add(session, *, by, **details):
    """Add a place."""
    location = Location(clinic_id=by.clinic_id, id=uuid7(), **details)
    session.add(location)
    return location


@action
def update(location: Location, *, by, **details):
    """Change what is known of a place."""
    for name, value in details.items():
        setattr(location, name, value)
    return location
