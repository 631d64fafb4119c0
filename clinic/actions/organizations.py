"""Changing what a clinic says of itself: its profile, its colour and its logo."""

from sqlalchemy.orm import object_session

from clinic import bell
from clinic.actions.acting import action
from clinic.models.organizations import Clinic


@action
def update(clinic: Clinic, *, by, colour, **details):
    """Change the clinic's profile; ``colour`` is #rrggbb, or None for the product's own."""
    for name, value in details.items():
        setattr(clinic, name, value)
    clinic.branding = {**clinic.branding, "colour": colour}
    # Clocks and formats of every open page may have changed.
    bell.ring(object_session(clinic), clinic.id, "visits")
    return clinic


@action
def set_logo(clinic: Clinic, picture: bytes, media_type: str, *, by):
    """Show this picture as the clinic's logo."""
    clinic.logo, clinic.logo_type = picture, media_type
    return clinic


@action
def remove_logo(clinic: Clinic, *, by):
    """Show no logo any more."""
    clinic.logo = clinic.logo_type = None
    return clinic
