"""The patient's link to a visit: made when first asked for, the same ever after, dead once it is revoked."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import object_session, undefer
from uuid_utils.compat import uuid7

from clinic import keyring
from clinic.actions.acting import Refused, action, audit
from clinic.actions.tokens import hash_token, new_clinics_token
from clinic.links import link
from clinic.models.visit_links import VisitLink
from clinic.models.visits import Visit

PAGE = "public.visit_link.show"
# Of two who want the first link of a visit at the same moment one makes it, and both are told that one.
MAKE = (
    insert(VisitLink.__table__)
    .on_conflict_do_nothing(index_elements=["clinic_id", "visit_id"], index_where=sa.text("revoked_at IS NULL"))
    .returning(VisitLink.__table__.c.id)
)


def address(session, visit, *, by) -> str:
    """The one lasting https address of the visit's page: made on first use, and anew only after it was revoked."""
    live = live_link(session, visit)
    if live is None:
        _make(session, visit, by)
        live = live_link(session, visit)
    return link(PAGE, token=_token_of(live))


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
