"""The patient's link to a visit: made when first asked for, the same ever after, dead once it is revoked."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import object_session, undefer
from uuid_utils.compat import uuid7

from clinic import keyring
from clinic.actions import throttles
from clinic.actions.acting import Refused, action, audit, note_refusal
from clinic.actions.tokens import clinic_of, hash_token, new_clinics_token
from clinic.links import link
from clinic.models.patients import Patient
from clinic.models.visit_links import VisitLink
from clinic.models.visits import Visit
from clinic.scope import Scope

PAGE = "public.visit_link.show"
ENTER = sa.text("SELECT link_id, visit_id, patient_id FROM app_enter_link(:clinic_id, :token_hash)")
# Of two who want the first link of a visit at the same moment one makes it, and both are told that one.
MAKE = (
    insert(VisitLink.__table__)
    .on_conflict_do_nothing(index_elements=["clinic_id", "visit_id"], index_where=sa.text("revoked_at IS NULL"))
    .returning(VisitLink.__table__.c.id)
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who holds a link that works: the link, the visit and the patient it is of."""

    link_id: UUID
    visit_id: UUID
    patient_id: UUID
    clinic_id: UUID


def address(session, visit, *, by) -> str:
    """The one lasting https address of the visit's page: made on first use, and anew only after it was revoked."""
    live = live_link(session, visit)
    if live is None:
        _make(session, visit, by)
        live = live_link(session, visit)
    return link(PAGE, token=_token_of(live))


def address_now(session, visit) -> str | None:
    """The address of the link that works, if the visit has one."""
    live = live_link(session, visit)
    return link(PAGE, token=_token_of(live)) if live else None


def live_link(session, visit) -> VisitLink | None:
    """The visit's link that works, if it has one."""
    return session.scalars(
        sa.select(VisitLink)
        .where(VisitLink.visit_id == visit.id, VisitLink.revoked_at.is_(None))
        .options(undefer(VisitLink.token_encrypted))
    ).one_or_none()


@action
def revoke(visit: Visit, *, by):
    """End the visit's link, at once and everywhere; the next one asked for is another."""
    session = object_session(visit)
    live = live_link(session, visit)
    if live is None:
        raise Refused("This visit has no link that works.")
    live.revoked_at = sa.func.now()
    return visit


@action
def renew(visit: Visit, *, by):
    """End the visit's link and make another one."""
    session = object_session(visit)
    revoke(visit, by=by)
    session.flush()
    _make(session, visit, by)
    return visit


def known(visit: Visit, link_id) -> VisitLink | None:
    """The visit's link with this id, revoked or not."""
    found = object_session(visit).get(VisitLink, (visit.clinic_id, link_id))
    return found if found is not None and found.visit_id == visit.id else None


@action
def restore(visit: Visit, link_id, *, by):
    """Let a link that was revoked work again, in place of the one made since."""
    session = object_session(visit)
    session.refresh(visit, with_for_update={"key_share": True, "of": Visit})
    former = session.get(VisitLink, (visit.clinic_id, link_id), with_for_update=True)
    if former is None or former.visit_id != visit.id or former.revoked_at is None:
        raise Refused("There is nothing to take back.")
    newer = live_link(session, visit)
    if newer is not None:
        newer.revoked_at = sa.func.now()
        # Before the older one works again: there is never a moment with two.
        session.flush()
    former.revoked_at = None
    return visit


def enter(session, token):
    """Whose link this is (link_id, visit_id, patient_id, clinic_id), from here on seeing this one patient; or None.

    None is the answer to every token that opens nothing, whatever the cause: unknown, revoked, of a closed clinic, of
    a patient who has died or whose record is gone.
    """
    clinic_id = clinic_of(token)
    whose = {"clinic_id": clinic_id, "token_hash": hash_token(token)} if clinic_id else None
    found = whose and session.connection().execute(ENTER, whose).one()
    if not found or found.link_id is None:
        session.enter(Scope.person())
        return None
    session.enter(Scope.portal(clinic_id, None, {found.patient_id}))
    return Bearer(found.link_id, found.visit_id, found.patient_id, clinic_id)


def prove(session, bearer, born, *, by) -> bool:
    """Whether this is the patient's date of birth; every wrong one counts, and too many raise TooManyTries.

    What the session did before is undone.
    """
    address = throttles.network(by.ip_address)
    buckets = [limit.of(bearer.link_id) for limit in throttles.BIRTHS] + [throttles.BIRTHS_ADDRESS.of(address)]
    try:
        spent = throttles.spend(session, *buckets)
    except throttles.TooManyTries:
        throttles.note_once(session, "visit_links.prove", buckets[0], by=by, resource=("visits", bearer.visit_id))
        raise
    patient = session.get(Patient, (bearer.clinic_id, bearer.patient_id))
    if patient is None or patient.date_of_birth is None or patient.date_of_birth != born:
        note_refusal(session, "visit_links.prove", by=by, resource=("visits", bearer.visit_id))
        return False
    throttles.refund(session, spent)
    audit(session, "visit_links.prove", by=by, resource=("visits", bearer.visit_id))
    return True


def _make(session, visit, by):
    token, link_id = new_clinics_token(visit.clinic_id), uuid7()
    sealed = keyring.seal(token.encode(), **_place(visit.clinic_id, link_id))
    row = {
        "clinic_id": visit.clinic_id, "id": link_id, "visit_id": visit.id, "token_hash": hash_token(token),
        "token_encrypted": sealed,
    }  # fmt: skip
    if session.connection().execute(MAKE, row).scalar():
        audit(session, "visit_links.make", by=by, record=visit, details={"link": str(link_id)})


def _token_of(live):
    return keyring.open_sealed(live.token_encrypted, **_place(live.clinic_id, live.id)).decode()


def _place(clinic_id, link_id):
    return {"table": "visit_links", "column": "token_encrypted", "clinic_id": clinic_id, "row_id": link_id}
