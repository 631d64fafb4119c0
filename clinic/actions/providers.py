"""Doctors as the clinic's administrator keeps them: their profile, approval, and what they offer."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions import stranding_returns, strandings
from clinic.actions.acting import Refused, action, note
from clinic.db import now
from clinic.models.providers import Provider, ProviderVisitType
from clinic.queries import affected


@action
def add(session, *, by, **details):
    """Add a doctor, not yet approved: nobody is shown them and nothing can be booked."""
    _keep_unique(session, None, details)
    provider = Provider(clinic_id=by.clinic_id, id=uuid7(), **details)
    session.add(provider)
    return provider


@action
def update(provider: Provider, *, by, **details):
    """Change a doctor's profile."""
    session = object_session(provider)
    _keep_approval_anothers(provider, details.get("user_id"), by)
    _keep_unique(session, provider.id, details)
    for name, value in details.items():
        setattr(provider, name, value)
    bell.ring(session, provider.clinic_id, "visits")
    return provider


def would_move(provider: Provider, location_id) -> set:
    """The ids of the visits to come that would be elsewhere with this usual place; nothing of the asking remains."""
    session = object_session(provider)
    before, point = affected.places(session, provider), session.begin_nested()
    try:
        provider.location_id = location_id
        session.flush()
        after = affected.places(session, provider)
    finally:
        point.rollback()
    return {each for each in before | after if before.get(each) != after.get(each)}


@action
def approve(provider: Provider, *, by):
    """Let the doctor be shown and booked; somebody else has to do it for oneself."""
    _not_oneself(provider, by)
    if provider.approved_at is None:
        provider.approved_at = now()
    bell.ring(object_session(provider), provider.clinic_id, "visits")
    return provider


@action
def withdraw_approval(provider: Provider, *, by):
    """Hide the doctor again; what is booked stays booked."""
    _not_oneself(provider, by)
    provider.approved_at = None
    bell.ring(object_session(provider), provider.clinic_id, "visits")
    return provider


@action
def deactivate(provider: Provider, *, by):
    """The doctor no longer works here; every visit to come is stranded."""
    lock(provider)
    _set_active(provider, False)
    strandings.by_leaving(provider, by=by)
    return provider


@action
def activate(provider: Provider, *, by):
    """The doctor works here again."""
    session, stranded = object_session(provider), strandings.of_leaving(provider)
    strandings.hold(session, stranded, provider)
    _set_active(provider, True)
    stranding_returns.given_back(session, stranded, by=by)
    return provider


@action
def offer(provider: Provider, terms: dict, *, by):
    """Say which visit types the doctor offers: {visit type id: (own minutes or None, own fee or None)}."""
    session = object_session(provider)
    lock(provider)
    old = {each.visit_type_id: each for each in provider.offers}
    for visit_type_id in old.keys() - terms.keys():
        session.delete(old[visit_type_id])
    for visit_type_id, (minutes, fee) in terms.items():
        made = old.get(visit_type_id) or ProviderVisitType(
            clinic_id=provider.clinic_id, id=uuid7(), provider_id=provider.id, visit_type_id=visit_type_id
        )
        made.minutes, made.fee = minutes, fee
        session.add(made)
    note(session, offers=[len(old), len(terms)])
    session.flush()
    session.expire(provider, ["offers"])
    bell.ring(session, provider.clinic_id, "visits")
    return provider


def lock(provider):
    """Lock the doctor's row as a booking does, so that their time is changed by one person after another."""
    object_session(provider).execute(
        sa.select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True)
    )


def _set_active(provider, active):
    provider.is_active = active
    bell.ring(object_session(provider), provider.clinic_id, "visits")
    return provider


def _not_oneself(provider, by):
    if by.user_id is not None and provider.user_id == by.user_id:
        raise Refused("Another administrator has to decide about you as a doctor.")


def _keep_approval_anothers(provider, user_id, by):
    """Nobody becomes the doctor of a profile that is approved already: they would have approved themselves."""
    if provider.approved_at and user_id and user_id == by.user_id != provider.user_id:
        raise Refused("Another administrator has to decide about you as a doctor.", field="user_id")


def _keep_unique(session, provider_id, details):
    """Say in time which doctor has the number or the account; the database keeps the rule behind it."""
    for column, sentence in (
        ("license_number", "%(doctor)s already has this licence number."),
        ("user_id", "This person is already here as %(doctor)s."),
    ):
        value = details.get(column)
        if value is None:
            continue
        asked = sa.select(Provider.display_name).where(
            getattr(Provider, column) == value, Provider.id.is_distinct_from(provider_id)
        )
        with session.no_autoflush:
            other = session.scalar(asked)
        if other:
            raise Refused(sentence, field=column, doctor=other)
