"""What a patient may do with a visit of theirs at this moment: check in, meet by video, take back what they did."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from clinic.db import now
from clinic.models.organizations import Clinic
from clinic.models.people import VisitMode
from clinic.models.visits import UNDO_WINDOW, CancelReason, EventKind, VisitEvent, VisitStatus
from clinic.queries.blocks import MOVABLE
from clinic.queries.day import Day
from clinic.queries.strandings import is_stranded, stranded_among

S = VisitStatus
# The clinic's settings and what counts where it has not said otherwise, in minutes.
BEFORE, AFTER, BY_VIDEO = "check_in_before_minutes", "check_in_after_minutes", "check_in_by_video"
USUAL = {BEFORE: 60, AFTER: 15, BY_VIDEO: False}
# So early the link of a video call is shown, and so long after the visit's end.
MEETING_OPENS, MEETING_CLOSES = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """From when to when a patient may say by themselves that they are here."""

    opens_at: datetime
    closes_at: datetime
    is_offered: bool

    @property
    def is_open(self):
        """Whether it can be done now."""
        return self.is_offered and self.opens_at <= now() < self.closes_at

    @property
    def is_ahead(self):
        """Whether it will be possible later."""
        return self.is_offered and now() < self.opens_at

    @property
    def is_over(self):
        """Whether it is too late."""
        return self.is_offered and now() >= self.closes_at


def settings_of(session, clinic_id) -> dict:
    """The clinic's rules about checking in, each said."""
    said = session.scalar(sa.select(Clinic.settings).where(Clinic.id == clinic_id)) or {}
    return {name: said.get(name, usual) for name, usual in USUAL.items()}


def check_in_of(session, visit) -> CheckIn:
    """When the patient may check in to this visit; in person only, unless the clinic says otherwise."""
    rules = settings_of(session, visit.clinic_id)
    offered = visit.may(S.CHECKED_IN) and (visit.visit_mode == VisitMode.IN_PERSON or rules[BY_VIDEO])
    return CheckIn(
        visit.starts_at - timedelta(minutes=rules[BEFORE]), visit.starts_at + timedelta(minutes=rules[AFTER]), offered
    )  # fmt: skip


def meeting_is_open(visit) -> bool:
    """Whether it is time to show where a visit by video meets."""
    ends_at = visit.ends_at or visit.starts_at
    return bool(
        visit.visit_mode == VisitMode.VIRTUAL and visit.meeting_url and visit.is_live and visit.status != S.REQUESTED
        and visit.starts_at - MEETING_OPENS <= now() < ends_at + MEETING_CLOSES
    )  # fmt: skip


def may_take_back(session, visit) -> bool:
    """Whether the patient's own last step may still be taken back: within minutes, and never a colleague's."""
    last = own_last_step(session, visit)
    return last is not None and now() - last.created_at <= UNDO_WINDOW


def own_last_step(session, visit) -> VisitEvent | None:
    """The step that made the visit what it is, if the patient took it by the visit's link; else None."""
    if visit.status not in (S.CONFIRMED, S.CHECKED_IN, S.CANCELLED) or visit.is_unconfirmed:
        return None
    if visit.status == S.CANCELLED and visit.cancel_reason != CancelReason.PATIENT:
        return None
    last = session.scalars(
        sa.select(VisitEvent)
        .where(VisitEvent.visit_id == visit.id, VisitEvent.to_status.is_not(None))
        .order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())
        .limit(1)
    ).one_or_none()
    # A step back is no step; what somebody signed in did is theirs to take back.
    own = last is not None and last.kind == EventKind.STATUS and last.changed_by_id is None
    return last if own and last.from_status else None


def last_move(session, visit) -> VisitEvent | None:
    """When the visit was moved last, from when to when."""
    return session.scalars(
        sa.select(VisitEvent)
        .where(VisitEvent.visit_id == visit.id, VisitEvent.kind == EventKind.MOVED)
        .order_by(VisitEvent.created_at.desc(), VisitEvent.id.desc())
        .limit(1)
    ).one_or_none()


def has_lost_its_time(session, visit) -> bool:
    """Whether a visit of today or later cannot take place, by a change of the clinic's, at the time it has."""
    return _may_lose_its_time(visit) and is_stranded(session, visit)


def those_that_lost_their_time(session, visits) -> set:
    """The ids of those of one clinic's visits of which ``has_lost_its_time`` is true."""
    return stranded_among(session, [visit for visit in visits if _may_lose_its_time(visit)])


def _may_lose_its_time(visit):
    return visit.status in MOVABLE and visit.starts_at >= Day.today(visit.timezone).starts_at
