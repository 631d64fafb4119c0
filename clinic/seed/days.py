"""A busy week around today: who comes when, what has become of it, who waits right now."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from clinic.actions import blocks, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import Wish, book
from clinic.db import now
from clinic.models.accounts import Role
from clinic.models.people import VisitMode
from clinic.models.schedule import BookingRule
from clinic.models.visits import CancelReason, Visit, VisitSource, VisitStatus
from clinic.queries.open_times import open_times, patient_window
from clinic.seed.opening import CLOSES, OPENS, Opened
from clinic.seed.waiting import come_in, somebody_calls_off

PAST, AHEAD = 3, 6
LUNCH, LUNCH_ENDS = time(12, 30), time(13, 15)
MINUTE = timedelta(minutes=1)
S = VisitStatus


@dataclass
class Week:
    """The week as it is being filled: whose visits there are, and when what happened to each really happened."""

    opened: Opened
    # visit id -> {stamp: instant}, for what the demo says happened before it was made.
    stamps: dict = field(default_factory=dict)
    # Who already comes on the day that is being filled.
    coming: set = field(default_factory=set)
    # How often each patient has come or comes.
    visits: Counter = field(default_factory=Counter)

    @property
    def desk(self):
        """The receptionist, who books and checks in."""
        return self.opened.staff[Role.RECEPTIONIST]

    @property
    def moment(self) -> datetime:
        """What counts as now: the present moment, kept inside busy hours so that the board is never empty."""
        today = self.opened.today
        return min(max(now(), self.opened.at(today, time(10, 40))), self.opened.at(today, time(15, 40)))


def fill(session, opened: Opened) -> Week:
    """Book, check in, see, miss and cancel visits from three days ago to six days ahead."""
    week = Week(opened)
    for ahead in range(-PAST, AHEAD + 1):
        day = opened.today + timedelta(days=ahead)
        walking_in = opened.demo.patients[-6:-2] if ahead == 0 else ()
        kept_free = opened.demo.portal + (opened.demo.family or ()) + walking_in
        week.coming = {opened.patients[name].id for name in kept_free}
        for position, (provider, actor) in enumerate(opened.doctors):
            if opened.is_off(position, day):
                continue
            close(opened, provider, day, LUNCH, LUNCH_ENDS, "Lunch")
            if position == 3 and ahead == 2:
                close(opened, provider, day, OPENS, LUNCH, "Annual leave")
                close(opened, provider, day, LUNCH_ENDS, CLOSES, "Annual leave")
            fill_day(session, week, provider, actor, day, ahead)
        if ahead == 0:
            people_of_today(session, week)
    ask_for_a_visit(session, week)
    return week


def close(opened, provider, day, start, end, reason):
    """Block the doctor's time as the administrator would; what is over is nobody's to block any more."""
    ends_at = opened.at(day, end)
    if ends_at > now():
        blocks.add(provider, opened.at(day, start), ends_at, zone=opened.clinic.timezone, reason=reason,
                   by=opened.admin)  # fmt: skip


def fill_day(session, week, provider, actor, day, ahead):
    """One doctor's day, visit after visit; the further ahead the emptier."""
    opened, dice = week.opened, week.opened.dice
    busy = opened.demo.busy * (1.1 if ahead <= 0 else 1 - ahead * 0.09)
    offered = _offered(opened, provider)
    starts_at, closes = opened.at(day, OPENS), opened.at(day, CLOSES)
    in_progress = False
    while starts_at < closes:
        visit_type = dice.choice(offered)
        length = (visit_type.minutes + visit_type.buffer_after) * MINUTE
        at_lunch = starts_at < opened.at(day, LUNCH_ENDS) and starts_at + length > opened.at(day, LUNCH)
        if dice.random() > busy or at_lunch:
            starts_at += length
            continue
        visit = _booked(session, week, provider, visit_type, starts_at)
        if visit is None:
            starts_at += 10 * MINUTE
            continue
        in_progress = _lived(session, week, visit, actor, ahead, in_progress) or in_progress
        if visit_type.capacity > 1 and (second := _booked(session, week, provider, visit_type, starts_at)):
            _lived(session, week, second, actor, ahead, in_progress)
        starts_at += -(-length // (10 * MINUTE)) * 10 * MINUTE


def _offered(opened, provider):
    names = next(each.offers for each in opened.demo.doctors if provider.display_name.endswith(each.last_name))
    return [opened.types[name] for name in names]


def _booked(session, week, provider, visit_type, starts_at, patient=None, by=None, **more):
    opened, dice = week.opened, week.opened.dice
    free = [each for each in opened.patients.values() if each.id not in week.coming]
    if patient is None and not free:
        return None
    if patient is None:
        # Nobody comes every day.
        fewest = min(week.visits[each.id] for each in free)
        patient = dice.choice([each for each in free if week.visits[each.id] == fewest])
    mode = visit_type.visit_mode or VisitMode.IN_PERSON
    wish = Wish(
        opened.clinic.id, provider.id, visit_type.id, patient.id, starts_at, mode, dice.choice(opened.demo.reasons),
        meeting_url="https://video.example/rose" if mode == VisitMode.VIRTUAL else None,
        # Of the days after that the ledger is empty: the demo is to be there within seconds.
        **{"source": VisitSource.DESK, "told": starts_at < now() + timedelta(days=2), **more},
    )  # fmt: skip
    try:
        visit_id = book(session, wish, by=by or week.desk)
    except Refused:
        return None
    week.coming.add(patient.id)
    week.visits[patient.id] += 1
    made = starts_at - dice.randrange(2, 12) * timedelta(days=1) - dice.randrange(300) * MINUTE
    week.stamps[visit_id] = {"created_at": min(made, now() - dice.randrange(60, 6000) * MINUTE)}
    return session.get(Visit, (opened.clinic.id, visit_id))


def _lived(session, week, visit, doctor, ahead, in_progress):
    """Let the visit go as far as it would have by now; True where it is the one going on."""
    dice, moment = week.opened.dice, week.moment
    luck = dice.random()
    if visit.starts_at < now() and luck > 0.94 and visit.ends_at < moment:
        visits.mark_no_show(visit, by=week.desk)
    elif luck > 0.87 and (ahead < 0 or luck > 0.92):
        visits.cancel(visit, CancelReason.PATIENT if luck > 0.9 else CancelReason.CLINIC, by=week.desk)
        _stamp(week, visit, cancelled_at=visit.starts_at - dice.randrange(1, 30) * timedelta(hours=1))
    elif visit.ends_at < moment:
        _seen(week, visit, doctor)
    elif ahead == 0 and visit.starts_at < moment and not in_progress:
        _taken_in(week, visit, doctor)
        return True
    elif ahead == 0 and visit.starts_at < moment + 25 * MINUTE and visit.visit_mode == VisitMode.IN_PERSON:
        visits.check_in(visit, by=week.desk)
        _stamp(week, visit, checked_in_at=moment - dice.randrange(2, 20) * MINUTE)
    elif luck < 0.4 and ahead < 4:
        visits.confirm(visit, by=week.desk)
        _stamp(week, visit, confirmed_at=now() - dice.randrange(10, 900) * MINUTE)
    return False


def lived_through(week, visit, doctor):
    """Let a visit of the past have been booked in time, come to and completed."""
    week.stamps[visit.id] = {"created_at": visit.starts_at - timedelta(days=9)}
    _seen(week, visit, doctor)


def _taken_in(week, visit, doctor):
    dice = week.opened.dice
    if visit.visit_mode == VisitMode.IN_PERSON:
        visits.check_in(visit, by=week.desk)
        _stamp(week, visit, checked_in_at=visit.starts_at - dice.randrange(3, 15) * MINUTE)
    visits.start(visit, by=doctor)
    _stamp(week, visit, started_at=visit.starts_at + dice.randrange(0, 4) * MINUTE)


def _seen(week, visit, doctor):
    _taken_in(week, visit, doctor)
    visits.complete(visit, by=doctor)
    _stamp(week, visit, ended_at=visit.ends_at - week.opened.dice.randrange(0, 4) * MINUTE)


def _stamp(week, visit, **stamps):
    """Remember when it happened; nothing has happened in the future, not even in the middle of the night."""
    # Whole minutes back, in the order of the steps, where the day's middle has not come yet.
    order = ("confirmed_at", "cancelled_at", "checked_in_at", "started_at", "ended_at")
    for name, instant in stamps.items():
        latest = now() - (20 - 4 * order.index(name)) * MINUTE
        week.stamps[visit.id][name] = max(min(instant, latest), week.stamps[visit.id]["created_at"] + 5 * MINUTE)


def people_of_today(session, week):
    """Walk-ins who wait, and one who was squeezed in."""
    opened = week.opened
    midnight = opened.at(opened.today, time(0))
    provider, doctor = opened.doctors[0]
    visit = come_in(session, week, midnight)
    if not session.scalar(sa.select(Visit.id).where(Visit.status == S.IN_PROGRESS, Visit.provider_id == provider.id)):
        # The doctor people sign in as always has somebody with them.
        visits.start(visit, by=doctor)
        _stamp(week, visit, started_at=now())
    squeezed = opened.patients[opened.demo.portal[-1]]
    full = session.scalars(
        sa.select(Visit)
        .where(Visit.provider_id == provider.id, Visit.status.in_((S.BOOKED, S.CONFIRMED)))
        .where(Visit.starts_at > week.moment, Visit.starts_at < opened.at(opened.today, CLOSES))
        .order_by(Visit.starts_at)
    ).first()
    if full:
        first = next(iter(opened.types.values()))
        _booked(session, week, provider, first, full.starts_at, squeezed, overbook="High fever since last night")
    somebody_calls_off(session, week, midnight)


def ask_for_a_visit(session, week):
    """What the first patient with an account has: visits booked and asked for, her child's, and past ones."""
    opened = week.opened
    name = opened.demo.portal[0]
    patient, actor = opened.patients[name], opened.portal[name]
    for visit_type in opened.types.values():
        if visit_type.booking != BookingRule.OFF and visit_type.capacity == 1 and not visit_type.visit_mode:
            _booked_by_patient(session, week, visit_type, patient, actor)
    if opened.demo.family:
        child = opened.patients[opened.demo.family[1]]
        _booked_by_patient(session, week, next(iter(opened.types.values())), child, actor)
    _seen_before(session, week, patient)


def _booked_by_patient(session, week, visit_type, patient, actor):
    """Book one of the times the portal would offer."""
    opened = week.opened
    first_day = opened.today + timedelta(days=1)
    earliest, latest = patient_window(visit_type)
    doctors = {provider.id: provider for provider, _ in opened.doctors}
    found = open_times(session, opened.clinic, visit_type, list(doctors), first_day, first_day + timedelta(days=AHEAD),
                       earliest=max(earliest, opened.at(first_day, OPENS)), latest=latest)  # fmt: skip
    if found:
        chosen = opened.dice.choice(found)
        _booked(session, week, doctors[chosen.provider_id], visit_type, chosen.starts_at, patient, actor,
                source=VisitSource.PORTAL)  # fmt: skip


def _seen_before(session, week, patient):
    provider, doctor = week.opened.doctors[0]
    first = next(iter(week.opened.types.values()))
    for back in (31, 94):
        day = week.opened.today - timedelta(days=back)
        visit = _booked(session, week, provider, first, week.opened.at(day, time(10)), patient)
        if visit:
            _seen(week, visit, doctor)
