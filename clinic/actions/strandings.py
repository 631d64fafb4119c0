"""Visits that a change leaves without their time are gathered in its transaction, and each gets a proposal.

Who changes a doctor's time calls this under the doctor's lock; ``stranding_undo`` takes the change back, and
``stranding_returns`` sees who has their time again. What is offered of that time is looked at too.
"""

from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased, object_session
from uuid_utils.compat import uuid7

from clinic import bell, jobs
from clinic.actions import closed_offers
from clinic.actions.acting import audit
from clinic.db import now
from clinic.models.offers import SlotOffer
from clinic.models.organizations import Clinic
from clinic.models.providers import Provider
from clinic.models.strandings import StrandedVisit, Stranding, StrandingCause
from clinic.models.visits import Visit
from clinic.queries import affected

TOPIC = "offers"
C = StrandingCause


def by_block(provider, pieces, *, by):
    """Gather the doctor's visits in blocked time; ``pieces`` are the rows of its slots."""
    begins, ends = [piece["starts_at"] for piece in pieces], [piece["ends_at"] for piece in pieces]
    span = {"starts_at": min(begins), "ends_at": max(ends)}
    asked = {**span, "provider_id": provider.id, "begins": begins, "ends": ends}
    former = {"piece_ids": [str(piece["id"]) for piece in pieces]}
    return _gather(object_session(provider), "pieces", asked, C.BLOCK, provider.id, by, former=former, **span)


def by_closure(closure, *, by, former=None):
    """Gather the visits in a closure; ``former`` is when it was before it was changed."""
    session = object_session(closure)
    session.flush()
    asked = _span(closure)
    span = {name: asked[name] for name in ("starts_at", "ends_at")}
    facts = {"closure_id": closure.id, "former": former or {}, **span}
    return _gather(session, "span", asked, C.CLOSURE, closure.provider_id, by, **facts)


def last_as(closure, stranded):
    """The closure was changed: what is still stranded by it lasts as long as it does."""
    for stranding in stranded:
        if stranding.undone_at is None:
            stranding.starts_at, stranding.ends_at = closure.starts_at, closure.ends_at


def by_hours(provider, row, former, held, *, by):
    """Gather the doctor's visits that no hours cover where they were, on the days of the changed row and the former.

    ``former`` says what takes the change back; see ``stranding_undo``. ``held`` is what ``hold_hours`` returned.
    """
    return _outside(provider, _days(row, former.get("row") or {}), former, held, by)


def by_all_hours(provider, former, held, *, by):
    """Gather the doctor's visits that no hours cover on any day; otherwise as ``by_hours``."""
    return _outside(provider, {"weekday": None, "on_date": None}, former, held, by)


def _outside(provider, days, former, held, by):
    session = object_session(provider)
    session.flush()
    elsewhere = affected.elsewhere(session, provider.clinic_id, held.places)
    asked = {"provider_id": provider.id, "zone": _zone(provider), "elsewhere": elsewhere, **days}
    stranding = _gather(session, "hours", asked, C.HOURS, provider.id, by, former=former)
    if stranding is not None and held.places:
        whose = session.scalars(sa.select(StrandedVisit.visit_id).where(StrandedVisit.stranding_id == stranding.id))
        places = {str(each): str(held.places[each]) for each in whose if each in held.places}
        stranding.former = {**former, "places": places}
    return stranding


def by_leaving(provider, *, by):
    """Gather every visit to come of a doctor who does not work here any more."""
    session = object_session(provider)
    session.flush()
    return _gather(session, "doctor", {"provider_id": provider.id}, C.INACTIVE, provider.id, by)


def open_ones(session, condition) -> list:
    """The strandings that were not taken back, locked; before any doctor is."""
    wanted = sa.select(Stranding).where(Stranding.undone_at.is_(None), condition).order_by(Stranding.id)
    return session.scalars(wanted.with_for_update(of=Stranding)).all()


class HeldHours(NamedTuple):
    """What a change of a doctor's hours starts from: whom others stranded, and where the other visits to come are."""

    stranded: list[Stranding]
    places: dict[UUID, UUID]


def hold_hours(provider) -> HeldHours:
    """Lock whom the doctor's hours stranded, then the doctor and with whom other times are proposed."""
    session = object_session(provider)
    return HeldHours(hold(session, of_hours(provider), provider), affected.places(session, provider))


def hold(session, condition, provider) -> list[Stranding]:
    """Lock these open strandings, then the doctor and with whom other times are proposed, by their ids."""
    stranded = open_ones(session, condition)
    whom = sa.or_(Provider.id == provider.id, Provider.id.in_(doctors_of(condition)))
    session.scalars(sa.select(Provider.id).where(whom).order_by(Provider.id).with_for_update(key_share=True)).all()
    return stranded


def of_block(provider, piece_ids):
    """The strandings of these pieces of blocked time."""
    pieces = Stranding.former["piece_ids"].has_any(sa.cast([str(each) for each in piece_ids], ARRAY(sa.Text)))
    return sa.and_(Stranding.cause == C.BLOCK, Stranding.provider_id == provider.id, pieces)


def of_closure(closure):
    """The strandings of a closure."""
    return Stranding.closure_id == closure.id


def of_hours(provider):
    """The strandings by a doctor's hours, as long as one of their visits is still to come."""
    row = aliased(StrandedVisit)
    to_come = sa.select(row.stranding_id).join(row.visit).where(Visit.ends_at > now())
    return sa.and_(Stranding.cause == C.HOURS, Stranding.provider_id == provider.id, Stranding.id.in_(to_come))


def doctors_of(condition):
    """With whom another time is proposed because of open strandings, and whose visits they took, as a subquery."""
    own = condition, Stranding.undone_at.is_(None)
    proposed = sa.select(SlotOffer.provider_id).join(StrandedVisit, StrandedVisit.offer_id == SlotOffer.id)
    whose = sa.select(Stranding.provider_id).where(*own, Stranding.provider_id.is_not(None))
    return proposed.join(StrandedVisit.stranding).where(*own).union(whose)


def of_leaving(provider):
    """The strandings of a doctor who had left."""
    return sa.and_(Stranding.cause == C.INACTIVE, Stranding.provider_id == provider.id)


def opened(session):
    """The id of the stranding that the session's last change opened, or None; asked once."""
    return session.info.pop("stranding", None)


def _gather(session, which, asked, cause, provider_id, by, **facts):
    asked = {**asked, "clinic_id": by.clinic_id}
    closed_offers.look_soon(session, by.clinic_id, provider_id)
    if not affected.is_any(session, which, **asked):
        return None
    stranding = Stranding(
        clinic_id=by.clinic_id, id=uuid7(), cause=cause, provider_id=provider_id, made_by_id=by.user_id, **facts
    )
    session.add(stranding)
    session.flush()
    affected.note_all(session, which, stranding.id, **asked)
    audit(session, "strandings.open", by=by, record=stranding)
    jobs.put(session, "strandings.propose", clinic_id=stranding.clinic_id, stranding_id=stranding.id)
    bell.ring(session, stranding.clinic_id, TOPIC)
    session.info["stranding"] = stranding.id
    return stranding


def _span(closure):
    """When, for whom and where it closes, as the question asks it."""
    facts = {name: getattr(closure, name) for name in ("starts_at", "ends_at", "provider_id", "location_id")}
    return {**facts, "zone": _zone(closure)}


def _zone(record):
    return object_session(record).get(Clinic, record.clinic_id).timezone


def _days(row, was):
    """The one date or weekday that the change is about; both None where it went from one to another."""
    same = not was or (was.get("weekday"), was.get("on_date")) == (
        row.weekday, row.on_date and row.on_date.isoformat()
    )  # fmt: skip
    return {"weekday": row.weekday if same else None, "on_date": row.on_date if same else None}
