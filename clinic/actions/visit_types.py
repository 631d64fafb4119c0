"""The kinds of visits a clinic offers, in the order people read them."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action, note
from clinic.models.providers import ProviderVisitType
from clinic.models.rooms import VisitTypeNeed
from clinic.models.schedule import VisitType

LAST = sa.select(sa.func.coalesce(sa.func.max(VisitType.position), -1))


@action
def add(session, *, by, provider_ids=(), room_kind_ids=(), **details):
    """Add a visit type at the end of the list, offered by these doctors, with the kinds of rooms it needs."""
    _name_is_free(session, None, details["name"])
    visit_type = VisitType(clinic_id=by.clinic_id, id=uuid7(), position=session.scalar(LAST) + 1, **details)
    session.add(visit_type)
    session.flush()
    _offer_by(session, visit_type, provider_ids)
    _need(session, visit_type, room_kind_ids)
    return visit_type


@action
def update(visit_type: VisitType, *, by, provider_ids=(), room_kind_ids=(), **details):
    """Change a visit type, who offers it and what it needs; what is booked stays as it is until it is moved."""
    session = object_session(visit_type)
    _name_is_free(session, visit_type.id, details["name"])
    for name, value in details.items():
        setattr(visit_type, name, value)
    _offer_by(session, visit_type, provider_ids)
    _need(session, visit_type, room_kind_ids)
    bell.ring(session, visit_type.clinic_id, "visits")
    return visit_type


@action
def deactivate(visit_type: VisitType, *, by):
    """Stop offering the type; what is booked stays booked."""
    visit_type.is_active = False
    return visit_type


@action
def activate(visit_type: VisitType, *, by):
    """Offer the type again."""
    visit_type.is_active = True
    return visit_type


@action
def move_up(visit_type: VisitType, *, by):
    """Show the type one place earlier."""
    return _shift(visit_type, -1)


@action
def move_down(visit_type: VisitType, *, by):
    """Show the type one place later."""
    return _shift(visit_type, 1)


def _shift(visit_type, step):
    """Change places with the neighbour and number the whole list anew: positions may have been equal before."""
    session = object_session(visit_type)
    rows = list(
        session.scalars(
            sa.select(VisitType).order_by(VisitType.position, VisitType.name).with_for_update(key_share=True)
        )
    )
    at = rows.index(visit_type)
    to = min(max(at + step, 0), len(rows) - 1)
    rows.insert(to, rows.pop(at))
    for position, row in enumerate(rows):
        row.position = position
    return visit_type


def _offer_by(session, visit_type, provider_ids):
    """Add and remove offers; a doctor who keeps offering it keeps their own minutes and fee."""
    old = {
        each.provider_id: each
        for each in session.scalars(
            sa.select(ProviderVisitType).where(ProviderVisitType.visit_type_id == visit_type.id)
        )
    }
    for provider_id in old.keys() - set(provider_ids):
        session.delete(old[provider_id])
    for provider_id in set(provider_ids) - old.keys():
        session.add(
            ProviderVisitType(
                clinic_id=visit_type.clinic_id, id=uuid7(), provider_id=provider_id, visit_type_id=visit_type.id
            )
        )
    note(session, offered_by=[len(old), len(set(provider_ids))])


def _need(session, visit_type, room_kind_ids):
    """Add and remove the kinds of rooms that visits of the type need."""
    asked = sa.select(VisitTypeNeed).where(VisitTypeNeed.visit_type_id == visit_type.id)
    old = {each.room_kind_id: each for each in session.scalars(asked)}
    for kind_id in old.keys() - set(room_kind_ids):
        session.delete(old[kind_id])
    for kind_id in set(room_kind_ids) - old.keys():
        ids = {"visit_type_id": visit_type.id, "room_kind_id": kind_id}
        session.add(VisitTypeNeed(clinic_id=visit_type.clinic_id, id=uuid7(), **ids))
    if set(room_kind_ids) != old.keys():
        note(session, room_kinds=[len(old), len(set(room_kind_ids))])


def _name_is_free(session, visit_type_id, name):
    """Say in time that the name is taken; the database keeps the rule behind it."""
    taken = sa.select(VisitType.id).where(VisitType.name == name, VisitType.id.is_distinct_from(visit_type_id))
    with session.no_autoflush:
        if session.scalar(taken):
            raise Refused("There is already a visit type with this name.", field="name")
