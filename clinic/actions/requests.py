"""Visits asked for without a time: asking, looking at it, taking it over, calling it off; nothing is booked here."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import bell
from clinic.actions.acting import Refused, action, note
from clinic.actions.notifications import tell
from clinic.actions.offers import ANOTHER_SOON
from clinic.db import now
from clinic.models.notifications import NotificationKind
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.people import Severity, VisitMode
from clinic.models.requests import (
    UNDO_WINDOW,
    ReasonCategory,
    RequestEvent,
    RequestEventKind,
    RequestStatus,
    VisitRequest,
)
from clinic.models.visits import VisitKind, VisitSource
from clinic.queries import waitlist
from clinic.queries.requests import HOLD_SETTING, MINUTES_SETTING, SOUND_SETTING, count_open, last_event, rules

R, E = RequestStatus, RequestEventKind
MOST_OPEN = 5
# Dated by the database while it writes: a history is read in the order of these dates, whoever wrote its lines.
EVENT_INSERT = sa.insert(RequestEvent.__table__).values(created_at=sa.func.clock_timestamp()).inline()


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody asks for: the days and the hours of the clinic's clock that suit, and why, in their own words."""

    reason: str
    reason_category: ReasonCategory | None = None
    requested_on: date | None = None
    until_on: date | None = None
    window_start: time | None = None
    window_end: time | None = None
    kind: VisitKind = VisitKind.SCHEDULED
    visit_mode: VisitMode = VisitMode.IN_PERSON
    visit_type_id: UUID | None = None
    provider_id: UUID | None = None
    source: VisitSource = VisitSource.DESK


@action
def ask(session, patient: Patient, asking: Asking, *, by, severity=None):
    """Ask for a visit; the desk, which hears the caller, may say at once how urgent it is."""
    # Locked: of two who ask at once for the same patient the second is counted.
    session.refresh(patient, with_for_update={"key_share": True})
    if patient.is_deceased or patient.merged_into_id or patient.deleted_at or patient.erased_at:
        raise Refused("This patient cannot be booked.")
    if by.in_portal and count_open(session, patient.id) >= MOST_OPEN:
        raise Refused("You have asked for several visits already. We will answer those first, or please call us.")
    request = VisitRequest(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, status=R.NEW, created_by_id=by.user_id,
        created_for_id=by.on_behalf_of_id, **{name: getattr(asking, name) for name in Asking.__slots__},
    )  # fmt: skip
    request.answer_by = now() + rules(session, patient.clinic_id).within(None)
    session.add(request)
    session.flush()
    remember(request, E.ASKED, None, {}, by=by)
    if by.in_portal:
        tell(session, NotificationKind.REQUEST_RECEIVED, patient_id=patient.id, by=by)
    if severity:
        _look_at(request, Severity(severity), by=by)
    return request


@action
def triage(request: VisitRequest, severity, *, by):
    """Say how urgent the request is; it says until when it is answered. Said again, the last word counts."""
    hold(request)
    if request.status != R.TRIAGED and not request.may(R.TRIAGED):
        raise cannot(request, R.TRIAGED)
    if request.status == R.AWAITING:
        raise Refused("A time is proposed. Take the proposal back first.")
    return _look_at(request, Severity(severity), by=by)


def _look_at(request, severity, *, by):
    before, was = state(request), request.status
    request.severity, request.status = severity, R.TRIAGED
    request.answer_by = now() + rules(object_session(request), request.clinic_id).within(severity)
    return remember(request, E.TRIAGED, was, before, by=by)


@action
def take(request: VisitRequest, *, by, instead_of=None):
    """Look after the request from here on; ``instead_of`` is who did so until now, where the person knows of them."""
    hold(request)
    refuse_closed(request)
    if request.owner_id == by.user_id:
        raise Refused("You look after this already.")
    if request.owner_id and request.owner_id != instead_of:
        raise Refused("%(name)s looks after this already.", name=request.owner.name)
    before, request.owner_id = state(request), by.user_id
    return remember(request, E.TAKEN, request.status, before, by=by)


@action
def leave(request: VisitRequest, *, by):
    """Leave the request to the others again."""
    hold(request)
    refuse_closed(request)
    if request.owner_id != by.user_id:
        raise Refused("You do not look after this.")
    before, request.owner_id = state(request), None
    return remember(request, E.LEFT, request.status, before, by=by)


class JustProposed(Refused):
    """A time was proposed this moment, and is to be given back first."""


@action
def cancel(request: VisitRequest, *, by, note=None):
    """Call the request off, the patient or the desk for them; a time that was kept must have been given back before."""
    hold(request)
    if request.status == R.AWAITING:
        raise JustProposed("A time has just been proposed. Please look at it first.")
    if not request.may(R.CANCELLED):
        raise cannot(request, R.CANCELLED)
    before, was = state(request), request.status
    request.status, request.answer_by, request.proposed_slot_id = R.CANCELLED, None, None
    request.cancelled_at, request.cancelled_by_id, request.cancel_note = now(), by.user_id, note
    return remember(request, E.CANCELLED, was, before, by=by)


def may_undo(request: VisitRequest, last, by=None) -> bool:
    """Whether the last step (an event) can be taken back; in the portal only by who took it."""
    is_theirs = by is None or last is None or last.changed_by_id == by.user_id
    return last is not None and last.kind in request.undoable and now() - last.created_at <= UNDO_WINDOW and is_theirs


@action
def undo(request: VisitRequest, *, by):
    """Take back the last step, within a quarter of an hour: how urgent it is, who looks after it, calling it off."""
    hold(request)
    session = object_session(request)
    last = last_event(session, request)
    if last is None or last.kind not in request.undoable:
        raise Refused("There is nothing to take back.")
    if now() - last.created_at > UNDO_WINDOW:
        raise Refused("This was more than 15 minutes ago and stays as it is.")
    if by.in_portal and last.changed_by_id != by.user_id:
        raise Refused("Only who did this can take it back.")
    _restore(request, last, rules(session, request.clinic_id))
    if last.to_status == R.CANCELLED and not by.in_portal:
        tell_soon(request, NotificationKind.REQUEST_RECEIVED, by=by)
    return remember(request, E.UNDONE, last.to_status, {}, by=by)


def tell_soon(request: VisitRequest, kind, *, by):
    """Tell the patient this of the request, a moment later: what is taken back until then nobody hears."""
    facts = {"patient_id": request.patient_id, "request_id": str(request.id)}
    tell(object_session(request), kind, by=by, at=now() + ANOTHER_SOON, **facts)


def _restore(request, last, known):
    kept = last.before
    request.severity = Severity(kept["severity"]) if kept["severity"] else None
    request.owner_id = UUID(kept["owner_id"]) if kept["owner_id"] else None
    # A proposal that was called off with it is gone: its time is open again.
    request.status = R.TRIAGED if last.from_status == R.AWAITING else last.from_status
    request.cancelled_at = request.cancelled_by_id = request.cancel_note = None
    due = datetime.fromisoformat(kept["answer_by"])
    request.answer_by = due if due > now() else now() + known.within(request.severity)


def hold(request):
    """Lock the request's row and read it again: of two who act at once, the second sees what the first has done."""
    object_session(request).refresh(request, with_for_update={"key_share": True, "of": VisitRequest})


def state(request):
    """What an undo would restore."""
    due, owner, severity = request.answer_by, request.owner_id, request.severity
    return {
        "severity": severity and severity.value, "owner_id": owner and str(owner), "answer_by": due and due.isoformat()
    }  # fmt: skip


def remember(request, kind, was, before, *, by):
    """Write one line of the request's history and ring the bell for every desk."""
    session = object_session(request)
    session.flush()
    session.connection().execute(
        EVENT_INSERT,
        {
            "clinic_id": request.clinic_id, "id": uuid7(), "request_id": request.id, "kind": kind, "from_status": was,
            "to_status": request.status, "severity": request.severity, "before": before, "changed_by_id": by.user_id,
            "changed_for_id": by.on_behalf_of_id,
        },
    )  # fmt: skip
    bell.ring(session, request.clinic_id, "requests")
    return request


def refuse_closed(request):
    """Refuse to work on a request that is answered already."""
    if not request.is_open:
        raise cannot(request, request.status)


def cannot(request, step):
    """Why the step is not possible, in the clinic's words."""
    if request.status == step:
        return Refused("This request is already answered: %(now)s.", now=request.status.label.lower())
    return Refused(
        "This request is %(now)s; it cannot become %(step)s.",
        now=request.status.label.lower(), step=step.label.lower(),
    )  # fmt: skip


@action
def set_rules(clinic: Clinic, *, minutes, has_sound, hold_hours, waitlist_minutes, by):
    """Say how soon the clinic answers (minutes by severity), and how long it keeps what it offers."""
    former = clinic.settings
    new = {
        MINUTES_SETTING: minutes, SOUND_SETTING: has_sound, HOLD_SETTING: hold_hours,
        waitlist.HOLD_SETTING: waitlist_minutes,
    }  # fmt: skip
    was = former.get(MINUTES_SETTING) or {}
    told = {f"minutes_{name}": [was.get(name), value] for name, value in minutes.items()}
    told |= {name: [former.get(name), new[name]] for name in (SOUND_SETTING, HOLD_SETTING, waitlist.HOLD_SETTING)}
    note(object_session(clinic), **told)
    clinic.settings = {**former, **new}
    bell.ring(object_session(clinic), clinic.id, "requests")
    return clinic
