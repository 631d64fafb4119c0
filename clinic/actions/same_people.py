"""Whether somebody who signed up in the portal is a patient the desk knows already: then two records become one."""

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from clinic.actions import connections, patient_merges, slots
from clinic.actions.acting import Refused, action, audit, note
from clinic.models.patients import PatientAccess
from clinic.models.people import IdentityCheck
from clinic.models.visits import Visit
from clinic.models.waitlist import WaitlistEntry, WaitStatus
from clinic.queries.waitlist import entry_for

# The doctors' locks come first, as a booking takes them.
LOCK_HELD = sa.text(
    """SELECT p.id FROM providers AS p
        WHERE p.clinic_id = :clinic_id AND p.id IN (
            SELECT s.provider_id FROM slots AS s
             WHERE s.clinic_id = :clinic_id AND s.held_by_id = :user_id AND s.status = 'held'
            UNION
            SELECT s.provider_id FROM seat_holds AS h JOIN slots AS s ON s.clinic_id = h.clinic_id AND s.id = h.slot_id
             WHERE h.clinic_id = :clinic_id AND h.held_by_id = :user_id)
        ORDER BY p.id FOR NO KEY UPDATE OF p"""
)

# Nobody has two live offers: of two records' that become one the sign-up's is taken back, and its time runs out.
WITHDRAW = sa.text(
    """UPDATE slot_offers AS o SET status = 'withdrawn'
        WHERE o.clinic_id = :clinic_id AND o.patient_id = :sign_up_id AND o.status IN ('prepared', 'sent')
          AND o.purpose <> 'stranded' AND EXISTS (
              SELECT 1 FROM slot_offers AS k WHERE k.clinic_id = o.clinic_id AND k.patient_id = :known_id
                 AND k.status IN ('prepared', 'sent') AND k.purpose <> 'stranded')"""
)
REASON = "They signed up in the portal, and the desk made sure who they are."


@action
def join(sign_up, known, *, by, checked: IdentityCheck):
    """Make the sign-up's record part of the one that the desk knows the person by; undone like any other merge.

    ``checked`` is how the desk made sure who the person is.
    """
    session = object_session(sign_up)
    user = _whose(session, sign_up)
    session.connection().execute(LOCK_HELD, {"clinic_id": sign_up.clinic_id, "user_id": user and user.id})
    _lock(session, sign_up, known)
    if user:
        slots.release_holds_of(session, sign_up.clinic_id, user.id)
        _move_access(session, sign_up, known, user)
    for visit in session.scalars(sa.select(Visit).where(Visit.patient_id == sign_up.id).order_by(Visit.id)):
        changes = {"visits.patient_id": [str(sign_up.id), str(known.id)]}
        audit(session, "same_people.move_visit", by=by, record=visit, changes=changes)
    _settle_what_waits(session, sign_up, known)
    sign_up.sign_up_seen_at = sa.func.now()
    patient_merges.carry_over(session, known, sign_up, REASON, by=by)
    session.expire_all()
    note(session, checked=(None, checked))
    return sign_up


@action
def keep_apart(sign_up, *, by):
    """Note that whoever signed up is somebody else than the patients who look alike."""
    _still_open(sign_up)
    sign_up.sign_up_seen_at = sa.func.now()
    return sign_up


def _settle_what_waits(session, sign_up, known):
    """Nobody waits twice for the same, nor is offered two times at once, once the records are one."""
    ids = {"clinic_id": known.clinic_id, "sign_up_id": sign_up.id, "known_id": known.id}
    session.connection().execute(WITHDRAW, ids)
    for entry in session.scalars(sa.select(WaitlistEntry).where(WaitlistEntry.patient_id == sign_up.id)).all():
        if entry.is_on_the_list and entry_for(session, known.id, entry.visit_type_id):
            entry.status, entry.ended_at = WaitStatus.LEFT, sa.func.now()
    session.flush()


def _lock(session, *patients):
    for patient in sorted(patients, key=lambda each: each.id):
        session.refresh(patient, with_for_update=True)
    sign_up, known = patients
    _still_open(sign_up)
    if known.id == sign_up.id or known.deleted_at or known.merged_into_id or known.erased_at:
        raise Refused("This record cannot be joined with another.")


def _still_open(sign_up):
    if not sign_up.signed_up_at or sign_up.sign_up_seen_at or sign_up.deleted_at:
        raise Refused("Somebody has looked at this sign-up already.")


def _whose(session, sign_up):
    return next((user for access, user in connections.accesses(session, sign_up) if access.is_own), None)


def _move_access(session, sign_up, known, user):
    """The person's own access goes to the known record; whom they let into the other one must be asked in again."""
    for access, holder in connections.accesses(session, known):
        if access.is_own and holder.id != user.id:
            raise Refused("This record is seen in the portal as %(email)s. End that access first.", email=holder.email)
    of_known = session.scalars(
        sa.select(PatientAccess).where(PatientAccess.patient_id == known.id, PatientAccess.user_id == user.id)
    ).one_or_none()
    for access, holder in connections.accesses(session, sign_up):
        if holder.id != user.id or of_known:
            access.until = sa.func.now()
        if holder.id == user.id and of_known:
            of_known.relation, of_known.until = access.relation, None
