"""Keeping how many visits of one type a patient may have to come, and from being at two at once.

They are counted where nobody can book another of the type meanwhile; two at once are only a slip, which is told.
"""

from datetime import timedelta

import sqlalchemy as sa

from clinic.actions.acting import Refused
from clinic.actions.slots import TimeTaken
from clinic.queries.limits import elsewhere, is_enough

# One word for each patient and type: only bookings that could break the same limit wait for each other. The doctor's
# row is always locked first, so that two bookings cannot wait for each other in a circle.
LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:patient_id || ' ' || :visit_type_id, 0))")


def keep_per_patient(session, wish, terms, *, by, moved=None):
    """Refuse one visit of a type too many for the patient; the desk may book it with a reason."""
    is_one_more = moved is None or moved.visit_type_id != wish.visit_type_id
    if terms.limit_per_patient is None or wish.patient_id is None or wish.overbook or not is_one_more:
        return
    ids = {"patient_id": str(wish.patient_id), "visit_type_id": str(wish.visit_type_id)}
    session.connection().execute(LOCK, ids)
    # A statement of its own: it has to see what was booked while this one waited.
    if not is_enough(session, wish.clinic_id, wish.visit_type_id, wish.patient_id):
        return
    if by.in_portal:
        raise Refused("You have as many visits of this type to come as can be booked here. Please call us.")
    sentence = "The patient has as many visits of this type to come as it allows. Say why one more is booked."
    raise Refused(sentence, field="overbook_reason")


def keep_from_two_at_once(session, wish, terms, *, moved=None):
    """Refuse a wish to be ``alone`` where the patient is with another doctor then; with a reason the desk has it."""
    if not wish.alone or wish.patient_id is None or wish.overbook:
        return
    ends_at = wish.starts_at + timedelta(minutes=terms.minutes)
    ids = wish.clinic_id, wish.patient_id, wish.provider_id
    if elsewhere(session, *ids, wish.starts_at, ends_at, moved and moved.id):
        sentence = "The patient has another visit at that time. Say why both are booked."
        raise TimeTaken(sentence, wish, field="overbook_reason")
