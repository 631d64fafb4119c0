"""Stranded visits as lines on the workbench: what a row of its query becomes before the template's one loop."""

from dataclasses import dataclass

from flask_babel import gettext as _

from clinic.filters import clock, day_name
from clinic.models.visits import VisitStatus
from clinic.queries.strandings import Stage, Why
from clinic.views.staff.heeds import Heeds, heeds_of_rows


@dataclass(frozen=True, slots=True)
class Line:
    """One stranded visit: when it was, what is proposed, how far it is, and what can be done."""

    row: object
    stage: Stage
    was: str
    proposed: str | None
    standing: str
    path: str
    heeds: Heeds

    @property
    def may_change(self):
        """Whether another time can be proposed, or the visit left to a call."""
        return self.stage not in (Stage.DONE, Stage.LOOKING)

    @property
    def may_keep(self):
        """Whether it can keep its time, at the place where the doctor is now."""
        return self.row.is_elsewhere and self.may_change

    @property
    def has_live_offer(self):
        """Whether a time is kept for the patient that they, or the desk for them, can take."""
        is_open_still = self.stage == Stage.CALL and self.row.why in (Why.NOT_REACHED, Why.UNANSWERED)
        return self.stage in (Stage.READY, Stage.ASKED) or is_open_still

    @property
    def may_answer_until(self):
        """Until when the answer of a patient to call may come by itself all the same, or None."""
        is_called = self.stage == Stage.CALL and self.row.why == Why.UNANSWERED
        return _when(self.row.until) if is_called else None


def lines(stranding, rows) -> list[Line]:
    """The rows in the order they came."""
    heeds = heeds_of_rows(rows)
    return [_line(stranding, row, heeds[row.patient_id]) for row in rows]


def _line(stranding, row, heeds):
    stage = Stage(row.stage)
    proposed = None
    if row.new_starts_at and row.row_status == "proposed":
        proposed = f"{_when(row.new_starts_at)}, {row.new_doctor}"
    path = f"/staff/stranded/{stranding.id}/visits/{row.id}"
    return Line(row, stage, f"{_when(row.starts_at)}, {row.doctor or ''}", proposed, _standing(stage, row), path, heeds)


def _standing(stage, row):
    if stage == Stage.ASKED:
        return _("Asked; answer by %(time)s", time=_when(row.until))
    if stage == Stage.CALL:
        return _(Why(row.why).label)
    if stage == Stage.DONE:
        if row.visit_status == VisitStatus.CANCELLED:
            return _("Cancelled")
        return _("Now on %(time)s", time=_when(row.now_starts_at))
    return _(stage.label)


def _when(moment):
    return f"{day_name(moment)}, {clock(moment)}"
