"""Who may open which patient's record and which visit: every staff page about one asks here, and nowhere else."""

from types import SimpleNamespace
from uuid import UUID

from flask import abort, current_app, g, request

from clinic.access import Permission, sees_everybody
from clinic.current import current
from clinic.db import db
from clinic.models.patients import Patient
from clinic.models.visits import CancelReason, Visit
from clinic.queries.day import is_waiting_walk_in
from clinic.queries.grants import live_break_glass
from clinic.queries.own_patients import Own, among


def reach(permission=None) -> Own | None:
    """The patients this person may open with the permission (this route's, if none is named); None for everybody."""
    permission = permission or current_app.extensions["needs"][request.endpoint].permission
    if sees_everybody(current.roles, permission, current.support_scope):
        return None
    return Own(current.provider_id, current.opened_patients)


def patient(patient_id) -> Patient:
    """The patient, if this person may open their record; else the 404 of one who never existed.

    A record that became part of another leads to that one.
    """
    return _open_one(patient_id) or abort(404)


def patient_of(visit) -> Patient | None:
    """Whose record the visit belongs to, for who may open it; None where only the visit is theirs to see."""
    if not current.may(Permission.PATIENTS_FIND):
        return None
    return _open_one(visit.patient_id, Permission.PATIENTS_FIND)


def records(*patient_ids) -> list[Patient | None]:
    """These records as they stand, part of another or not; None in the place of one that this person cannot open."""
    found = [db.session.get(Patient, (current.clinic.id, each)) for each in patient_ids]
    return [each if each and _may_open(each.id) else None for each in found]


def visit(visit_id) -> Visit:
    """The visit, if this person may open it: of a patient of theirs, or a walk-in whom any doctor may take."""
    found = db.session().get(Visit, (current.clinic.id, visit_id)) or abort(404)
    own = reach()
    if own is None or _is_with(own, found) or waits_for_anybody(found):
        # An opened record stays one, whichever of its pages is looked at.
        _note_opened(own, found.patient_id)
        return found
    return found if _may_open(found.patient_id) else abort(404)


def closed_among(rows) -> frozenset[str]:
    """The ids of the patients of these visits, as the day tells of them, whose records this person may not open."""
    own, asked = reach(), {row.patient_id for row in rows}
    if own is None or not asked:
        return frozenset()
    open_ones = among(db.session(), current.clinic.id, own, [UUID(each) for each in asked])
    return frozenset(asked - {str(each) for each in open_ones})


def waits_for_anybody(row) -> bool:
    """Whether the visit is of somebody who came without a time, and no doctor has taken them yet."""
    return row.provider_id is None and is_waiting_walk_in(row)


def break_glass_allowed() -> bool:
    """Whether there is anybody whose record this person could open in an emergency only."""
    return current.may(Permission.PATIENTS_BREAK_GLASS) and reach(Permission.PATIENTS_FIND) is not None


def _open_one(patient_id, permission=None):
    found = db.session.get(Patient, (current.clinic.id, patient_id))
    if found and found.merged_into_id:
        found = db.session.get(Patient, (current.clinic.id, found.merged_into_id))
    return found if found and not found.deleted_at and _may_open(found.id, permission) else None


def _may_open(patient_id, permission=None):
    own = reach(permission)
    _note_opened(own, patient_id)
    return own is None or patient_id in among(db.session(), current.clinic.id, own, [patient_id])


def _is_with(own, visit):
    mistake = visit.cancel_reason == CancelReason.ENTERED_IN_ERROR
    return own.provider_id is not None and visit.provider_id == own.provider_id and not mistake


def note_listed(patient_ids):
    """Where a list has patients in it whose records are open because of an emergency, let its entry say so."""
    own = reach()
    g.opened_listed = [_grant_on(each) for each in sorted(own.opened & set(patient_ids))] if own else []


def _note_opened(own, patient_id):
    """Where the record is open because of an emergency, let the page and every entry about it say so."""
    if own and patient_id in own.opened:
        g.opened_record = _grant_on(patient_id)


def _grant_on(patient_id):
    grant = live_break_glass(db.session(), current.user.id, patient_id)
    # Plain facts: the page of an error is drawn after the rows have been let go.
    return grant and SimpleNamespace(id=grant.id, until=grant.until)
