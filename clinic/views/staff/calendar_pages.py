"""The calendar's pages as their addresses ask for them: whose lanes, from when to when, and the ways on from there."""

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import dates
from flask import abort, request, session, url_for

from clinic import walltime
from clinic.access import Permission
from clinic.current import current
from clinic.db import db, now
from clinic.filters import day_name, locale, spoken
from clinic.forms.calendar import ZOOMS, CalendarFilter
from clinic.queries import calendar as queries
from clinic.queries.day import Day, is_waiting_walk_in
from clinic.views.staff.calendar_lanes import Lanes, by
from clinic.views.staff.calendar_scale import FROM_HOUR, TO_HOUR, DayScale, WallScale
from clinic.views.staff.own_patients import reach

ZOOM, KEYS = "calendar_zoom", "calendar_keys"
WEEK = timedelta(days=7)
PROMISED = ("hold", "offer", "group")


class Asked:
    """What an address of the calendar asks for: the day, whose, how closely; and the addresses that lead on."""

    def __init__(self, view, one=False):
        self.view, self.zone = view, ZoneInfo(current.clinic.timezone)
        self.form = CalendarFilter(request.args)
        if not self.form.validate():
            abort(400)
        self.today = walltime.today(self.zone)
        self.day = Day.on(self.form.date.data or self.today, self.zone.key)
        self.form.date.data = self.day.date
        self.doctors = queries.doctors(db.session(), current.clinic.id)
        self.zoom = self._kept_zoom()
        self.keys = self._kept_keys()
        self._choose_doctor(one)

    @property
    def own(self):
        """The doctor whose calendar this person has of their own, where they see no other's patients; else None."""
        return str(current.provider_id) if current.provider_id and reach() is not None else None

    @property
    def doctor(self):
        """The chosen doctor, or None for all of them."""
        return next((each for each in self.doctors if each.id == self.form.provider.data), None)

    @property
    def provider_id(self):
        """The chosen doctor's id as text, or None."""
        return self.form.provider.data or None

    @property
    def by_room(self):
        """Whether the columns are rooms."""
        return self.form.by.data == "room"

    def url(self, view=None, **changes):
        """The address of this page, or of another view of it, with some of it changed."""
        asked = {"date": self.day.date, "provider": self.form.provider.data, "by": self.form.by.data,
                 "whole": "1" if self.form.whole.data else None} | changes  # fmt: skip
        # For a doctor the calendar is their own, unless the address asks for everybody's.
        facts = {name: value for name, value in asked.items() if value or (name == "provider" and self.own)}
        if facts.get("by") == "doctor":
            del facts["by"]
        return url_for(f"staff.calendar.{view or self.view}") + "?" + urlencode(facts)

    def step(self, back=False):
        """The same view one step on, or back."""
        day, sign = self.day.date, -1 if back else 1
        if self.view == "month":
            first = day.replace(day=1)
            date = (first - timedelta(days=1)).replace(day=1) if back else (first + timedelta(days=32)).replace(day=1)
        else:
            date = day + sign * (WEEK if self.view == "week" else timedelta(days=1))
        return self.url(date=date)

    def _choose_doctor(self, one):
        field = self.form.provider
        if "provider" not in request.args:
            field.data = self.own or ""
        if one and not field.data:
            field.data = next((each.id for each in self.doctors if each.bookable), "")
        if not self.form.offer(self.doctors, everybody=not one) and (field.data or self.doctors):
            abort(404)

    def _kept_zoom(self):
        if self.form.zoom.data:
            session[ZOOM] = self.form.zoom.data
        kept = session.get(ZOOM)
        return kept if kept in ZOOMS else ZOOMS[0]

    def _kept_keys(self):
        if request.args.get("keys") in ("on", "off"):
            session[KEYS] = request.args["keys"]
        return session.get(KEYS) != "off"


def day_page(asked):
    """The lanes of one day: of the doctors who are here or have visits, or of the rooms."""
    data, place, day = db.session(), current.clinic, asked.day
    everybody = [each.id for each in asked.doctors]
    ids = [asked.provider_id] if asked.provider_id else everybody
    # A room is taken whoever is in it: in their lanes nobody's visits are left out.
    visits = queries.visits(data, place.id, day, None if asked.by_room else asked.provider_id)
    times = queries.times(data, place.id, day, everybody if asked.by_room else ids)
    opened = queries.open_hours(data, place, ids, day.date, day.date)
    booked = [each for each in visits if not (is_waiting_walk_in(each) and each.provider_id is None)]
    edges = [edge for each in (*booked, *_promised(times), *opened) for edge in (each.starts_at, each.ends_at)]
    scale = DayScale(day, asked.zone, edges, asked.form.whole.data)
    lanes = Lanes(visits, asked.zoom, asked.form.whole.data)
    make = _room_lanes if asked.by_room else _doctor_lanes
    shown, others = make(asked, lanes, scale, visits, times, opened)
    return {
        "asked": asked, "scale": scale, "lanes": shown, "others": others, "now_line": _now_line(scale),
        "waiting": len(visits) - len(booked), "legend": lanes.badges, "address": asked.url(zoom=asked.zoom),
        "closures": list(dict.fromkeys(each.reason for each in times if each.what == "closure" and each.reason)),
    }  # fmt: skip


def _promised(times):
    """Of what takes time besides visits, what somebody may come to: it is shown outside of all hours too."""
    return [each for each in times if each.what in PROMISED]


def _doctor_lanes(asked, lanes, scale, visits, times, opened):
    by_doctor, taken, hours = by(visits, "provider_id"), by(times, "provider_id"), by(opened, "provider_id")
    shown, others = [], []
    for doctor in asked.doctors:
        mine = by_doctor[doctor.id], taken[doctor.id], hours[doctor.id]
        busy = mine[0] or mine[2] or [each for each in mine[1] if each.what != "closure"]
        if asked.provider_id not in (None, doctor.id):
            continue
        if not (busy or asked.provider_id):
            others += [doctor] if doctor.bookable else []
            continue
        shown.append(lanes.lane(
            doctor.id, scale, *mine, name=doctor.name, provider_id=doctor.id, now=True,
            free=doctor.bookable and _books(asked, lanes, asked.day) and f"provider_id={doctor.id}",
            week=asked.url("week", provider=doctor.id), sheet=_sheet(asked, doctor.id),
        ))  # fmt: skip
    return shown, others


def _room_lanes(asked, lanes, scale, visits, times, opened):
    """A lane for each room: its visits by the rooms that go with their time, or by where the desk has put them."""
    rooms, of_slot = queries.rooms(db.session(), current.clinic.id, asked.day)
    shown, somewhere, opened = [], set(), _together(opened)
    for room in rooms:
        inside = [each for each in visits if each.room_id == room.id or room.id in of_slot.get(each.slot_id, ())]
        held = [each for each in _promised(times) if room.id in of_slot.get(each.id, ())]
        somewhere.update(each.id for each in inside)
        shown.append(lanes.lane(
            room.id, scale, inside, held, opened, name=room.name, note=room.kind, now=True, with_doctor=True,
            room_id=room.id, free=_books(asked, lanes, asked.day) and _free_in(room, asked),
        ))  # fmt: skip
    rest = [each for each in visits if each.id not in somewhere and each.provider_id]
    if rest or not rooms:
        shown.append(lanes.lane("none", scale, rest, [], opened, name=None, now=True, with_doctor=True))
    return shown, []


def _books(asked, lanes, day):
    """Whether times of the day are there to be given: to who books, and on no day that is over."""
    return lanes.books and day.date >= asked.today


def _free_in(room, asked):
    """What the address of a free time in the room's lane says: the room and, where one is chosen, the doctor."""
    return f"wanted_room={room.id}" + (f"&provider_id={asked.provider_id}" if asked.provider_id else "")


def _together(rows):
    """The times in which anybody is here, as pieces that do not touch."""
    found = []
    for row in sorted(rows, key=lambda each: each.starts_at):
        if found and row.starts_at <= found[-1].ends_at:
            found[-1].ends_at = max(found[-1].ends_at, row.ends_at)
        else:
            found.append(SimpleNamespace(starts_at=row.starts_at, ends_at=row.ends_at))
    return found


def week_page(asked):
    """Seven days of one doctor side by side, Monday first where the clinic's calendar has it so."""
    first = asked.day.date - timedelta(days=(asked.day.date.weekday() - _first_weekday()) % 7)
    days = [Day.on(first + timedelta(days=n), asked.zone.key) for n in range(7)]
    data, place, span = db.session(), current.clinic, queries.Span(days[0].starts_at, days[-1].ends_at)
    visits = queries.visits(data, place.id, span, asked.provider_id) if asked.provider_id else []
    ids = [asked.provider_id] if asked.provider_id else []
    times = queries.times(data, place.id, span, ids)
    opened = queries.open_hours(data, place, ids, days[0].date, days[-1].date)
    hours = _wall_hours(asked, [*visits, *_promised(times), *opened])
    lanes = Lanes(visits, asked.zoom, asked.form.whole.data)
    shown = [_day_lane(asked, lanes, WallScale(day, asked.zone, *hours), visits, times, opened) for day in days]
    scale = next((each.scale for each in shown if each.now), shown[0].scale)
    return {
        "asked": asked, "scale": scale, "lanes": shown, "others": [], "days": days, "waiting": 0,
        "legend": lanes.badges,
        "now_line": next((_now_line(each.scale) for each in shown if each.now), None),
        "address": asked.url(zoom=asked.zoom),
    }  # fmt: skip


def _day_lane(asked, lanes, scale, visits, times, opened):
    day = scale.day

    def inside(rows):
        return [each for each in rows if each.starts_at < day.ends_at and each.ends_at > day.starts_at]

    bookable = asked.doctor and asked.doctor.bookable and _books(asked, lanes, day)
    return lanes.lane(
        day.date.isoformat(), scale, inside(visits), inside(times), inside(opened), name=day_name(day.date),
        provider_id=asked.provider_id, date=day.date, now=day.date == asked.today,
        free=bookable and f"provider_id={asked.provider_id}",
        week=asked.url("index", date=day.date), sheet=_sheet(asked, asked.provider_id, day.date),
    )  # fmt: skip


def _wall_hours(asked, rows):
    """From which hour of the clock to which the days of a week are shown."""
    if asked.form.whole.data or not rows:
        return (0, 24) if asked.form.whole.data else (FROM_HOUR, TO_HOUR)
    begins = [each.starts_at.astimezone(asked.zone) for each in rows]
    ends = [each.ends_at.astimezone(asked.zone) for each in rows]
    over = any(b.date() != e.date() and (e.hour or e.minute) for b, e in zip(begins, ends, strict=True))
    last = max((24 if each.hour == each.minute == 0 else each.hour + (each.minute > 0)) for each in ends)
    return 0 if over else min(each.hour for each in begins), 24 if over else last


def month_page(asked):
    """The weeks of a month, each day with how many visits it has and how full it is."""
    first = asked.day.date.replace(day=1)
    begins = first - timedelta(days=(first.weekday() - _first_weekday()) % 7)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    weeks = -(-((last - begins).days + 1) // 7)
    ids = [asked.provider_id] if asked.provider_id else [each.id for each in asked.doctors if each.bookable]
    until = begins + timedelta(days=weeks * 7 - 1)
    loads = queries.load(db.session(), current.clinic, ids, begins, until, asked.provider_id)
    days = [SimpleNamespace(date=date, load=loads.get(date, queries.Load()), inside=date.month == first.month,
                            url=asked.url("index", date=date))
            for date in (begins + timedelta(days=n) for n in range(weeks * 7))]  # fmt: skip
    return {
        "asked": asked, "name": dates.format_skeleton("yMMMM", first, locale=spoken()),
        "weekdays": [dates.format_date(each.date, "EEE", locale=spoken()) for each in days[:7]],
        "weeks": [days[n : n + 7] for n in range(0, len(days), 7)],
        "total": sum(each.load.visits for each in days if each.inside), "address": asked.url(),
    }  # fmt: skip


def away_on(asked):
    """When on the day the chosen doctor is away, or everything is closed."""
    ids = [asked.provider_id] if asked.provider_id else []
    times = queries.times(db.session(), current.clinic.id, asked.day, ids)
    day = asked.day
    return [
        SimpleNamespace(what=each.what, reason=each.reason, starts_at=max(each.starts_at, day.starts_at),
                        ends_at=min(each.ends_at, day.ends_at))
        for each in times if each.what in ("block", "closure")
    ]  # fmt: skip


def _now_line(scale):
    """The line at which it is now, or None where that is not on the page."""
    moment = now()
    is_today = scale.day.starts_at <= moment < scale.day.ends_at
    place = scale.place(moment, moment + timedelta(seconds=1)) if is_today else None
    return place and place[0]


def _sheet(asked, provider_id, date=None):
    may = provider_id and current.may(Permission.VISITS_SEE) and asked.own in (None, provider_id)
    return asked.url("sheet", provider=provider_id, date=date or asked.day.date) if may else None


def _first_weekday():
    return locale().first_week_day
