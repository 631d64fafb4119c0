"""Lanes of the calendar: what stands in one column, in the order of time, before the template's one loop writes it."""

from collections import defaultdict
from datetime import UTC
from itertools import pairwise
from types import SimpleNamespace

from flask_babel import gettext as _

from clinic.access import Permission
from clinic.current import current
from clinic.db import now
from clinic.filters import clock
from clinic.models.people import VisitMode
from clinic.models.visits import VisitStatus
from clinic.openings import listed
from clinic.views.staff.calendar_scale import ZOOMS
from clinic.views.staff.own_patients import closed_among, waits_for_anybody
from clinic.views.staff.visit_steps import MOVABLE

# Things side by side in one lane; what is more lies over the last.
MOST_BESIDE = 4
# What a lane says of itself unless it says otherwise.
PLAIN = {"week": None, "sheet": None, "note": None, "date": None, "provider_id": None, "room_id": None,
         "with_doctor": False}  # fmt: skip


class Lanes:
    """Makes the lanes of one answer; what is the same for many things (a word, a time) is made once."""

    def __init__(self, visits, zoom, whole=False):
        self.closed, self.listed = closed_among(visits), listed()
        self.zoom, self.shortest, self.whole = zoom, ZOOMS[zoom], whole
        self.moment, self.books = now(), current.may(Permission.VISITS_BOOK)
        self.badges = {status.value: _(status.label) for status in VisitStatus}
        self.words = {
            "video": _("%(type)s · video"), "visit": _("Visit"), "overbooked": _("Overbooked"), "series": _("Series"),
            "stranded": _("Needs another time"), "block": _("Away"),
            "hold": _("Being booked right now"), "offer": _("Offered to somebody"), "closure": _("Closed"),
            "group": _("Group"), "now": _("Now %(time)s"), "all day": _("All day"),
        }  # fmt: skip
        self.times = {}

    def lane(self, key, scale, visits, times, opened, **facts):
        """One lane: its items in the order of time, and how many visits there are.

        ``facts`` are what the template says of it: name, address of a free time (``free``), and so on.
        """
        shared = {each.id: [] for each in times if each.what == "group"}
        things = []
        for visit in visits:
            if visit.slot_id in shared and visit.capacity > 1:
                shared[visit.slot_id].append(visit)
            elif place := scale.place(visit.starts_at, visit.ends_at):
                things.append(self._placed(place, scale, self._visit(visit), visit.starts_at))
        for each in times:
            if place := scale.place(each.starts_at, each.ends_at):
                item = self._group(each, shared[each.id]) if each.what == "group" else self._other(each, scale.day)
                things.append(self._placed(place, scale, item, each.starts_at))
        things.sort(key=lambda thing: (thing.first, -thing.after))
        beside(things)
        self._dress(things)
        pieces = [scale.inside(each.starts_at, each.ends_at) for each in opened]
        # All day long on demand: the desk may book outside the hours, with a reason.
        free = [(0, scale.lines)] if self.whole else pieces
        cells = self._cells(free, things, scale) if facts.get("free") else []
        items = sorted([*things, *cells], key=lambda thing: (thing.first, thing.what == "free"))
        if items and facts.get("now"):
            self._mark_now(items, scale.day)
        return SimpleNamespace(
            key=key, things=items, count=len(visits), open=[(a, b - a) for a, b in pieces if b > a], scale=scale,
            **{**PLAIN, **facts},
        )  # fmt: skip

    def _dress(self, things):
        """The classes by which the page puts each thing into its place."""
        for each in things:
            long = each.after - each.first
            short = " is-short" if long < self.zoom // 5 else ""
            each.place = f"from-{each.first} for-{long} of-{each.of} nth-{each.nth}{short}"

    def _mark_now(self, items, day):
        """On the day that it is, a line between what has begun and what is to come, for where the lane is a list."""
        if day.starts_at <= self.moment < day.ends_at:
            nth = next((n for n, item in enumerate(items) if item.at > self.moment), len(items))
            words = self.words["now"] % {"time": self._time(self.moment)}
            items.insert(nth, SimpleNamespace(what="now", words=words))

    def _placed(self, place, scale, item, starts_at):
        item.at, (item.first, after) = starts_at, place
        item.line, item.long = item.first, after - item.first
        # Room for a finger, even where the visit is short; whole lines of the lane.
        item.after = min(max(after, item.first + self.shortest), scale.lines)
        item.first = max(0, min(item.first, item.after - self.shortest))
        return item

    def _visit(self, visit):
        """One visit; where the record is not theirs to open it leads nowhere."""
        self.listed.append(visit.id)
        words = self.words
        type_ = visit.visit_type or words["visit"]
        if visit.visit_mode == VisitMode.VIRTUAL:
            type_ = words["video"] % {"type": type_}
        is_stranded = visit.is_stranded and visit.status in MOVABLE
        first = [words["stranded"]] if is_stranded else []
        is_so = {"overbooked": visit.overbooked, "series": visit.in_series}
        marks = [words[name] for name, true in is_so.items() if true]
        opens = visit.patient_id not in self.closed or waits_for_anybody(visit)
        return SimpleNamespace(
            what="visit", id=visit.id, opens=opens, status=visit.status, word=self.badges[visit.status],
            time=self._time(visit.starts_at), until=self._time(visit.ends_at), name=visit.full_name,
            more=" · ".join([*first, type_, *marks]), moves=self.books and opens and visit.status in MOVABLE,
            doctor=visit.doctor or "", past=visit.starts_at.minute % 5,
        )  # fmt: skip

    def _group(self, slot, visits):
        """Time that several share: how many seats are taken, and who sits in them."""
        left = slot.capacity - slot.taken
        return SimpleNamespace(
            what="group", id=slot.id, time=self._time(slot.starts_at), until=self._time(slot.ends_at),
            name=slot.reason or slot.visit_type or self.words["group"],
            word=_("%(taken)s of %(capacity)s places taken", taken=slot.taken, capacity=slot.capacity),
            visits=[self._visit(visit) for visit in visits], left=left, iso=_iso(slot.starts_at),
            visit_type_id=slot.visit_type_id or "", add=self.books and left > 0 and slot.takes_more,
            group_id=slot.id if slot.published else None,
        )  # fmt: skip

    def _other(self, each, day):
        """A block, a closure, or a time that somebody is booking at this moment; of the lane's day, what is in it."""
        starts_at, ends_at = max(each.starts_at, day.starts_at), min(each.ends_at, day.ends_at)
        all_day = (starts_at, ends_at) == (day.starts_at, day.ends_at)
        return SimpleNamespace(
            what=each.what, id=each.id, time=self.words["all day"] if all_day else self._time(starts_at),
            until=None if all_day else self._time(ends_at), name=self.words[each.what], word=each.reason or "",
        )  # fmt: skip

    def _time(self, moment):
        found = self.times.get(moment)
        if found is None:
            found = self.times[moment] = clock(moment)
        return found

    def _cells(self, pieces, things, scale):
        """The free time of the open hours, cut where the clock shows a full step, none too small to meet."""
        taken = [False] * (scale.lines + 1)
        for thing in things:
            taken[thing.first : thing.after] = [True] * (thing.after - thing.first)
        return [cell for gap in _gaps(pieces, taken) for cell in self._cut(*gap, scale)]

    def _cut(self, first, after, scale):
        step, cells = self.zoom // 5, []
        edges = [first, *(line for line in range(first + 1, after) if line % step == 0), after]
        # A sliver at either end goes with the cell beside it.
        if len(edges) > 2 and edges[1] - first < self.shortest:
            del edges[1]
        if len(edges) > 2 and after - edges[-2] < self.shortest:
            del edges[-2]
        for begin, end in pairwise(edges):
            if end - begin >= self.shortest:
                at = scale.instant(begin)
                place = f"from-{begin} for-{end - begin}"
                cells.append(
                    SimpleNamespace(what="free", at=at, first=begin, place=place, iso=_iso(at), time=self._time(at))
                )
        return cells


def _gaps(pieces, taken):
    """The runs of lines inside the pieces that nothing takes."""
    for first, after in pieces:
        begin = None
        for line in range(first, after):
            if taken[line]:
                if begin is not None:
                    yield begin, line
                begin = None
            elif begin is None:
                begin = line
        if begin is not None and begin < after:
            yield begin, after


def beside(things):
    """Set side by side what overlaps: each thing gets the number of columns of its crowd and its own among them."""
    crowd, until = [], 0
    for thing in things:
        if crowd and thing.first >= until:
            _share(crowd)
            crowd, until = [], 0
        crowd.append(thing)
        until = max(until, thing.after)
    _share(crowd)


def _share(crowd):
    ends = []
    for thing in crowd:
        free = next((n for n, end in enumerate(ends) if end <= thing.first), len(ends))
        ends[free:] = [thing.after, *ends[free + 1 :]]
        thing.nth = min(free, MOST_BESIDE - 1) + 1
    for thing in crowd:
        thing.of = min(len(ends), MOST_BESIDE)


def _iso(moment):
    """The moment as an address carries it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def by(rows, column):
    """The rows by what stands in one of their columns."""
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
