"""Each doctor's favourites: the medicines they often prescribe, with how they usually prescribe them."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action
from clinic.models.drugs import FavouriteMedicine
from clinic.models.providers import Provider

MOST = 100


@action
def keep(provider: Provider, *, by, medicine_name, **directions):
    """Keep a medicine as the doctor's favourite; the same one in the same strength takes the new directions."""
    session = object_session(provider)
    # Held, so that a favourite kept twice at once is one.
    session.refresh(provider, with_for_update={"key_share": True, "of": Provider})
    same = sa.select(FavouriteMedicine).where(
        FavouriteMedicine.provider_id == provider.id, FavouriteMedicine.medicine_name == medicine_name,
        FavouriteMedicine.potency.is_not_distinct_from(directions.get("potency")),
    )  # fmt: skip
    favourite = session.scalars(same).one_or_none()
    if favourite is None:
        if _count(session, provider.id) >= MOST:
            raise Refused("You have %(most)d favourites already. Remove one first.", most=MOST)
        favourite = FavouriteMedicine(
            clinic_id=provider.clinic_id, id=uuid7(), provider_id=provider.id, medicine_name=medicine_name
        )
        session.add(favourite)
    for name, words in directions.items():
        setattr(favourite, name, words)
    return favourite


@action
def remove(favourite: FavouriteMedicine, *, by):
    """Take it off the doctor's favourites."""
    object_session(favourite).delete(favourite)
    return favourite


def _count(session, provider_id):
    wanted = sa.select(sa.func.count()).where(FavouriteMedicine.provider_id == provider_id)
    return session.scalar(wanted.select_from(FavouriteMedicine))
