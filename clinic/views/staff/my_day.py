"""A doctor's own day: who is next, who waits, what is to come and what is done."""

from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show, wants_part
from clinic.models.people import Severity
from clinic.models.visits import VisitStatus
from clinic.queries.day import Day, doctors_of, visits_of
from clinic.queries.queue import in_turn
from clinic.views.staff.queue import last_place
from clinic.views.staff.visit_lines import Lines

S = VisitStatus
bp = GuardedBlueprint("my_day", __name__, face="staff", url_prefix="/my-day")


@bp.get("", needs=Permission.VISITS_CONDUCT, shows="visits")
def index():
    """The day of the doctor who looks."""
    return show("staff/my_day/index.html", "staff/my_day/_my_day.html", **_my_day(), calling=_calling())


def _calling():
    """Where they call people to, which the part that follows the day leaves as it is; None where they call nobody."""
    if wants_part() or current.provider_id is None or not current.may(Permission.VISITS_CHECK_IN):
        return None
    return last_place()


def _my_day():
    day = Day.today(current.clinic.timezone)
    if current.provider_id is None:
        return {"day": day, "sections": None}
    visits = visits_of(db.session(), current.clinic.id, day, current.provider_id)
    mine = [visit for visit in visits if visit.provider_id]
    following = _next(visits, mine)
    doctors = doctors_of(db.session(), current.clinic.id, day)
    away = next((each.away for each in doctors if each.id == str(current.provider_id)), [])
    return {"day": day, "away": away, "next_title": _title(following), **_sections(visits, mine, following)}


def _next(visits, mine):
    """Who is with the doctor now; else who is next in the queue; else who comes next."""
    with_them = [visit for visit in mine if visit.status == S.IN_PROGRESS]
    waiting = [visit for visit in visits if visit.status == S.CHECKED_IN and (visit.provider_id or _is_pressing(visit))]
    coming = [visit for visit in mine if visit.status in (S.BOOKED, S.CONFIRMED)]
    return next(iter(with_them or in_turn(waiting) or coming), None)


def _is_pressing(visit):
    """Whether somebody who waits for any doctor comes before a doctor's own, until one of them has had them called."""
    return visit.severity == Severity.RED and visit.called_to is None


def _title(following):
    return _("With you now") if following and following.status == S.IN_PROGRESS else _("Next")


def _sections(visits, mine, following):
    lines, others = Lines(visits, calls=True), [visit for visit in visits if visit is not following]
    waiting = in_turn(visit for visit in others if visit.status == S.CHECKED_IN)

    def those(*statuses):
        return lines.of(visit for visit in others if visit.status in statuses)

    return {
        "sections": [
            (_("Also with you"), those(S.IN_PROGRESS)),
            (_("Waiting for you"), lines.of(visit for visit in waiting if visit.provider_id)),
            (_("Walk-ins for any doctor"), lines.of(visit for visit in waiting if not visit.provider_id)),
            (_("Still to come"), those(S.REQUESTED, S.BOOKED, S.CONFIRMED)),
        ],
        "next": lines.of([following]) if following else [],
        # The chart of somebody who waits for any doctor opens when one has taken them.
        "is_theirs": bool(following and following.provider_id),
        "done": those(S.COMPLETED, S.NO_SHOW, S.CANCELLED),
    }  # fmt: skip
