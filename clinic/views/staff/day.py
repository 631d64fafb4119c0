"""The day: every visit of a date, the doctors side by side or in one list."""

from collections import Counter
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlencode

from flask import abort, request, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.forms.visits import LATE, DayFilter
from clinic.htmx import show
from clinic.models.visits import VisitStatus
from clinic.queries.day import Day, doctors_of, is_waiting_walk_in, visits_of
from clinic.queries.queue import in_turn
from clinic.views.staff.visit_lines import Lines

bp = GuardedBlueprint("day", __name__, face="staff", url_prefix="/day")
PER_PAGE = 100
# Tiles that are there even when they count nothing, so that each stays where the eye looks for it.
ALWAYS = (LATE, *(s for s in VisitStatus if s not in (VisitStatus.REQUESTED, VisitStatus.CANCELLED)))


@bp.get("", needs=Permission.VISITS_SEE, shows="visits")
def index():
    """One day of the clinic."""
    return show("staff/day/index.html", "staff/day/_day.html", **_day_shown())


def _day_shown():
    form = DayFilter(request.args)
    if not form.validate():
        abort(400)
    day = Day.on(form.date.data, current.clinic.timezone) if form.date.data else Day.today(current.clinic.timezone)
    form.date.data = day.date
    doctors = doctors_of(db.session(), current.clinic.id, day)
    if not form.offer(doctors):
        abort(404)
    return _arranged(form, day, doctors)


def _arranged(form, day, doctors):
    visits = visits_of(db.session(), current.clinic.id, day, form.provider.data or None)
    lines = Lines(visits)
    late = {visit.id for visit in visits if lines.minutes_late(visit)}
    chosen = _chosen(visits, form.status.data, late)
    page = _page(form, len(chosen))
    facts = {
        "day": day, "form": form, "tiles": _tiles(form, visits, len(late)), "away": [d for d in doctors if d.away],
        "address": _address(form, page=form.page.data), "count": len(chosen), "total": len(visits), "pages": page,
        "earlier": _address(form, date=day.date - timedelta(days=1)), "to_list": _address(form, view="list"),
        "later": _address(form, date=day.date + timedelta(days=1)), "to_board": _address(form, view="board"),
        "today": Day.today(current.clinic.timezone).date,
    }  # fmt: skip
    if form.view.data == "list":
        return facts | {"lines": lines.of(chosen[page.first : page.first + PER_PAGE])}
    busy = {visit.provider_id for visit in visits}
    doctors.sort(key=lambda doctor: doctor.id not in busy)
    return facts | {"columns": _columns(form, chosen, doctors, lines)}


def _chosen(visits, status, late):
    if status == LATE:
        return [visit for visit in visits if visit.id in late]
    return [visit for visit in visits if visit.status == status] if status else visits


def _columns(form, visits, doctors, lines):
    """Those who wait without a time first, then each doctor, then what has no doctor; a line is made once for each."""
    walk_ins, by_doctor = [], {}
    for visit in visits:
        if is_waiting_walk_in(visit):
            walk_ins.append(visit)
        else:
            by_doctor.setdefault(visit.provider_id, []).append(lines.line(visit))
    shown = [
        doctor for doctor in doctors
        if doctor.id in by_doctor or (doctor.bookable and form.provider.data in ("", doctor.id))
    ]  # fmt: skip
    return SimpleNamespace(
        walk_ins=lines.of(in_turn(walk_ins)), doctors=[(each, by_doctor.get(each.id, [])) for each in shown],
        nobodys=by_doctor.get(None),
    )  # fmt: skip


def _tiles(form, visits, late):
    counts = Counter(visit.status for visit in visits)
    counts[LATE] = late
    keys = [key for key in (VisitStatus.REQUESTED, LATE, *list(VisitStatus)[1:]) if counts[key] or key in ALWAYS]
    chosen = form.status.data
    tiles = [(key, counts[key], _address(form, status=None if key == chosen else key), key == chosen) for key in keys]
    return [("", len(visits), _address(form, status=None), not chosen), *tiles]


def _address(form, **changes):
    """The address of this screen with some of its filters changed; without those that are as they would be anyway."""
    asked = {"date": form.date.data, "view": form.view.data, "provider": form.provider.data, "status": form.status.data}
    asked |= changes
    facts = {name: value for name, value in asked.items() if value and value not in ("board", 1)}
    return url_for("staff.day.index") + "?" + urlencode(facts)


def _page(form, count):
    number = form.page.data
    base = _address(form)
    return SimpleNamespace(
        number=number, first=(number - 1) * PER_PAGE, has_prev=number > 1, has_next=number * PER_PAGE < count,
        url=lambda other: f"{base}&page={other}",
    )  # fmt: skip
