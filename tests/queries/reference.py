"""Open times worked out slowly and plainly, a start at a time, out of a schedule held in memory: what is right.

Nothing here knows the database or how the product goes about it; the only thing shared is what the words mean.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.queries.schedule_rows import MINUTE, Kind


@dataclass
class Schedule:
    """Everything there is, and what is asked of it."""

    zone: ZoneInfo
    now: datetime
    kind: Kind
    doctors: list
    hours: list
    closures: list
    slots: list
    rooms: list
    coming: int = 0
    first_day: date = None
    last_day: date = None
    mode: str | None = None
    person: UUID | None = None
    # Of rooms, or of kinds of which any room will do.
    wanted_rooms: tuple = ()

    def open_times(self):
        """Every open start as (start, doctor's id, end, seats left), soonest first, each doctor's once."""
        if self.kind.a_patient is not None and self.coming >= self.kind.a_patient:
            return []
        found = {}
        for doctor in self.doctors:
            if self._offers(doctor):
                for hours in self.hours:
                    self._starts_in(hours, doctor, found)
                self._seats(doctor, found)
        earliest, latest = self.now + self.kind.notice * MINUTE, self.now + timedelta(days=self.kind.horizon)
        return sorted(
            (start, doctor_id, end, left) for (start, doctor_id), (end, left) in found.items()
            if earliest <= start < latest and not self._is_full(doctor_id, start)
        )  # fmt: skip

    def first_times(self):
        """Each open start once: of those who are free then, the doctor who is named first."""
        rank = {doctor.id: number for number, doctor in enumerate(self.doctors)}
        by_start = {}
        for time in sorted(self.open_times(), key=lambda each: (each[0], rank[each[1]])):
            by_start.setdefault(time[0], time)
        return list(by_start.values())

    def nearest_times(self, most=3):
        """Of these the nearest to noon of the first day, the earlier of two as near; soonest first."""
        noon = instant(self.first_day, clock(12), self.zone)
        return sorted(sorted(self.first_times(), key=lambda each: (abs(each[0] - noon), each[0]))[:most])

    def _offers(self, doctor):
        return doctor.approved and doctor.active

    def _ways(self, doctor, mode):
        """How a visit with the doctor can happen where only ``mode`` is possible, or either."""
        ways = [way for way in ("in_person", "virtual") if {way} >= {self.mode, self.kind.mode, mode} - {None}]
        return [way for way in ways if way == "in_person" or doctor.by_video]

    def _starts_in(self, hours, doctor, found):
        """The starts that one row of hours gives on each day it counts on."""
        if hours.doctor is not doctor or hours.paused:
            return
        day, minutes = self.first_day, (doctor.minutes or self.kind.minutes)
        while day <= self.last_day:
            if self._counts(hours, day):
                begin = instant(day, hours.start, self.zone, hours.start_first)
                closes = instant(day, hours.end, self.zone, hours.end_first)
                while begin + minutes * MINUTE <= closes:
                    self._try(hours, doctor, begin, begin + minutes * MINUTE, found)
                    begin += (self.kind.step or minutes) * MINUTE
            day += timedelta(days=1)

    def _counts(self, hours, day):
        if hours.day is not None:
            return hours.day == day
        replaced = any(other.doctor is hours.doctor and other.day == day and not other.also for other in self.hours)
        is_valid = (hours.first_day or day) <= day <= (hours.last_day or day)
        return hours.weekday == day.isoweekday() % 7 and is_valid and not replaced

    def _try(self, hours, doctor, begin, end, found):
        """Take the start if nothing is in its way."""
        place = hours.place or self._usual_place(doctor)
        window = begin - self.kind.before * MINUTE, end + self.kind.after * MINUTE
        closed = any(
            not each.removed and each.doctor in (None, doctor) and (each.place is None or each.place == place)
            and overlap((begin, end), (each.start, each.end)) for each in self.closures
        )  # fmt: skip
        taken = any(each.doctor is doctor and self._stands(each) and overlap(window, each.busy) for each in self.slots)
        ways = self._ways(doctor, hours.mode)
        if not closed and not taken and ("virtual" in ways or (ways and self._has_rooms(place, window))):
            found.setdefault((begin, doctor.id), (end, self.kind.capacity))

    def _has_rooms(self, place, window):
        return all(any(self._is_free(room, place, window) for room in alike) for alike in self._needed())

    def _needed(self):
        """What is needed or wanted, each as the rooms of which any one will do."""
        wanted = [room for room in self.rooms if room.id in self.wanted_rooms]
        kinds = {*self.kind.needs, *self.wanted_rooms} - {room.id for room in wanted} - {room.kind for room in wanted}
        return [[room for room in self.rooms if room.kind == kind] for kind in kinds] + [[each] for each in wanted]

    def _is_free(self, room, place, window):
        if room.paused or (room.place is not None and place is not None and room.place != place):
            return False
        return not any(
            room is kept and self._stands(slot) and overlap(window, slot.busy)
            for slot in self.slots for kept in slot.rooms
        )  # fmt: skip

    def _stands(self, slot):
        """Whether it is in the way: not a hold that ran out or is one's own, nor a shared time of nobody's."""
        if slot.status == "held":
            return slot.held_until > self.now and (self.person is None or slot.held_by != self.person)
        is_nobodys = slot.kind == "open" and slot.status == "free" and slot.taken == 0
        return not is_nobodys or self._held_seats(slot) > 0

    def _held_seats(self, slot):
        """How many seats are kept for others."""
        return sum(1 for hold in slot.seats if hold.until > self.now and hold.by != self.person)

    def _seats(self, doctor, found):
        """Times for several that have a seat left."""
        minutes = doctor.minutes or self.kind.minutes
        for slot in self.slots:
            if slot.doctor is not doctor or not self._stands(slot) or slot.kind == "blocked" or slot.overbooked:
                continue
            fits = slot.of_type == self.kind.id or (
                slot.kind == "published" and slot.of_type is None and slot.end - slot.start >= minutes * MINUTE
            )
            ways = [way for way in self._ways(doctor, slot.mode) if self._is_in_hours(doctor, slot, way)]
            has_rooms = all(any(room in slot.rooms for room in alike) for alike in self._needed())
            serves = "virtual" in ways or (ways and has_rooms)
            left = slot.capacity - slot.taken - self._held_seats(slot)
            if not fits or not serves or slot.status != "free" or left <= 0 or self._is_away(doctor, slot):
                continue
            if self._is_looked_at(slot.start):
                found.setdefault((slot.start, doctor.id), (slot.end, left))

    def _is_away(self, doctor, slot):
        blocked = [(each.start, each.end) for each in self.slots if each.doctor is doctor and each.kind == "blocked"]
        place = self._place_of(doctor, slot)
        closed = [
            (each.start, each.end) for each in self.closures
            if not each.removed and each.doctor in (None, doctor) and (each.place is None or each.place == place)
        ]  # fmt: skip
        return any(overlap((slot.start, slot.end), span) for span in blocked + closed)

    def _is_in_hours(self, doctor, slot, way):
        """Whether the doctor works that way in every minute of it; what is published needs no hours."""
        if slot.kind == "published":
            return True
        there = [(opens, closes) for hours, opens, closes in self._spans(doctor, slot) if hours.mode in (None, way)]
        minutes = [slot.start + n * MINUTE for n in range((slot.end - slot.start) // MINUTE)]
        return all(any(opens <= minute < closes for opens, closes in there) for minute in minutes)

    def _place_of(self, doctor, slot):
        """Where a seat is: at its own place, else where the doctor's hours are then, those of the date alone first."""
        then = [
            (hours.day is None, opens, hours.place is None, hours.place or UUID(int=0))
            for hours, opens, closes in self._spans(doctor, slot) if opens <= slot.start < closes
        ]  # fmt: skip
        places = [None if is_unsaid else place for _, _, is_unsaid, place in sorted(then)[:1]]
        return slot.place or next(iter(places), None) or self._usual_place(doctor)

    def _usual_place(self, doctor):
        """The doctor's own, else the clinic's if that has one alone."""
        known = {each.place for each in (*self.doctors, *self.hours, *self.closures, *self.rooms)} - {None}
        return doctor.place or (next(iter(known)) if len(known) == 1 else None)

    def _spans(self, doctor, slot):
        """The doctor's hours of the day a slot begins on that suit what is asked for, with when they begin and end."""
        day = slot.start.astimezone(self.zone).date()
        for hours in self.hours:
            suits = hours.doctor is doctor and not hours.paused and len({hours.mode, self.mode} - {None}) < 2
            if suits and self._counts(hours, day):
                opens = instant(day, hours.start, self.zone, hours.start_first)
                yield hours, opens, instant(day, hours.end, self.zone, hours.end_first)

    def _is_looked_at(self, moment):
        """The statement also looks a little to both sides of the days; who asks for days gets no others."""
        return self.first_day <= moment.astimezone(self.zone).date() <= self.last_day

    def _is_full(self, doctor_id, start):
        """Whether the doctor has as many visits of the type that day as it allows, those being booked included."""
        if self.kind.a_day is None:
            return False
        day, count = start.astimezone(self.zone).date(), 0
        for slot in self.slots:
            if slot.doctor.id != doctor_id or slot.start.astimezone(self.zone).date() != day or not self._stands(slot):
                continue
            if slot.kind == "published" and slot.of_type is None:
                count += slot.taken - slot.of_others
            elif slot.of_type == self.kind.id and slot.kind != "blocked":
                count += slot.taken + (slot.status == "held") + (self._held_seats(slot) if slot.capacity > 1 else 0)
        return count >= self.kind.a_day


def overlap(one, other):
    """Whether two spans have a moment in common."""
    return one[0] < other[1] and other[0] < one[1]


def instant(day, wall, zone, first=False):
    """The moment a wall time means: of two the later unless the first is said; through a gap by the offset before."""
    earlier = datetime.combine(day, wall, zone)
    later = earlier.replace(fold=1)
    is_gap = earlier.utcoffset() < later.utcoffset()
    return (earlier if is_gap or first else later).astimezone(UTC)
