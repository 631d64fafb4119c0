"""Patients who come without a time."""

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import queue
from clinic.actions.acting import Refused, action
from clinic.actions.moves import remember
from clinic.actions.notifications import tell
from clinic.db import now
from clinic.models.notifications import Channel, NotificationKind
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.models.telling import Telling
from clinic.models.visits import EventKind, Visit, VisitKind, VisitSource, VisitStatus
from clinic.queries import reaching
from clinic.texting import sms_is_there

# Nobody twice, even when two desks add them at once: the clinic's walk-ins are added one after another.
QUEUE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('tickets' || CAST(:clinic_id AS text), 0))")


# Still here: added today and neither seen nor gone.
WAITING = sa.text(
    """SELECT 1 FROM visits WHERE clinic_id = :clinic_id AND patient_id = :patient_id AND kind = 'walk_in'
          AND status IN ('checked_in', 'in_progress')
          AND starts_at >= date_trunc('day', now() AT TIME ZONE :zone) AT TIME ZONE :zone LIMIT 1"""
)


@action
def add(
    session,
    patient: Patient,
    *,
    timezone,
    by,
    provider_id=None,
    visit_type_id=None,
    reason=None,
    severity=None,
):
    """Put a patient who just came in among those who wait, with a ticket number; a doctor may be named or not.

    Where they can be written to, they are told the number, the wait and their link.
    """
    if patient.is_deceased or patient.merged_into_id or patient.deleted_at or patient.erased_at:
        raise Refused("This patient cannot be booked.")
    _check_doctor(session, patient.clinic_id, provider_id)
    here = {"clinic_id": patient.clinic_id, "zone": timezone}
    session.connection().execute(QUEUE, {"clinic_id": patient.clinic_id})
    if session.connection().execute(WAITING, {**here, "patient_id": patient.id}).scalar():
        raise Refused("%(name)s is already among those who wait.", name=patient.full_name)
    visit = Visit(
        clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, provider_id=provider_id,
        visit_type_id=visit_type_id, kind=VisitKind.WALK_IN, status=VisitStatus.CHECKED_IN, starts_at=now(),
        timezone=timezone, reason=reason, source=VisitSource.DESK, created_by_id=by.user_id, checked_in_at=now(),
        severity=severity,
    )  # fmt: skip
    queue.join(session, visit)
    session.add(visit)
    session.flush()
    remember(
        session, visit.clinic_id, visit.id, EventKind.BOOKED, by=by, to_status=visit.status,
        new_starts_at=visit.starts_at,
    )  # fmt: skip
    if written_by(session, patient):
        tell(session, NotificationKind.TICKET, visit=visit, by=by)
    return visit


def written_by(session, patient) -> Channel | None:
    """By which way a patient who comes in is sent their number and their link.

    None where nothing is sent: whoever is called otherwise, or not reached at all, stands at the desk and hears it.
    """
    clinic = session.get(Clinic, patient.clinic_id)
    ways = reaching.ways(session, patient, clinic.country, with_sms=sms_is_there()) if tells_numbers(clinic) else []
    return ways[0].channel if ways and ways[0].channel != Channel.PHONE else None


def tells_numbers(clinic) -> bool:
    """Whether the clinic sends such messages at all."""
    return NotificationKind.TICKET not in Telling.of(clinic.settings).off


def _check_doctor(session, clinic_id, provider_id):
    doctor = session.get(Provider, (clinic_id, provider_id)) if provider_id else None
    if provider_id and doctor is None:
        raise Refused("This doctor or this type of visit is not offered here.")
    if doctor and not doctor.is_bookable:
        raise Refused("%(doctor)s cannot be booked at the moment.", doctor=doctor.display_name)
