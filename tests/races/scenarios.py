"""The races: each prepares what many people then want at once, and says how many of them may get it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from urllib.parse import urlencode

from tests.races.rush import Errand

PORTAL = "/portal/book/confirm"
DESK = "/staff/booking"


@dataclass
class Race:
    """One round about to be run: the errands, and how many of them may succeed."""

    errands: list
    winners: int = 1


def one_open_time(stage, clients):
    """Every patient wants the same open time."""
    starts_at = stage.next_time(stage.cast.consultation)
    return Race(_patients(stage, clients, starts_at, stage.cast.consultation))


def three_seats(stage, clients):
    """Every patient wants one of three seats at the same time."""
    starts_at = stage.next_time(stage.group)
    return Race(_patients(stage, clients, starts_at, stage.group), winners=stage.group.capacity)


def portal_and_desk(stage, clients):
    """Patients and callers at the desk want the same open time."""
    starts_at = stage.next_time(stage.cast.consultation)
    portal = _patients(stage, clients, starts_at, stage.cast.consultation)
    desk = _callers(stage, clients, starts_at, stage.cast.consultation)
    return Race(_alternating(portal, desk))


def two_lengths(stage, clients):
    """Half want a long visit, half a short one that begins in the middle of it."""
    starts_at = stage.next_time(stage.cast.consultation)
    later = starts_at + timedelta(minutes=stage.cast.consultation.minutes - stage.cast.follow_up.minutes)
    long = _patients(stage, clients, starts_at, stage.cast.consultation)
    short = _patients(stage, clients, later, stage.cast.follow_up)
    return Race(_alternating(long, short))


def moving(stage, clients):
    """Visits at different times are all moved onto one."""
    if not hasattr(stage, "standing"):
        stage.standing = [_standing(stage, patient_id) for patient_id, _keys in stage.patients[:clients]]
    starts_at = stage.next_time(stage.cast.consultation)
    errands = [
        Errand(keys, f"{DESK}/{visit_id}/move", _form(stage, patient_id, starts_at, stage.cast.consultation))
        for keys, (visit_id, patient_id) in zip(stage.desks, stage.standing, strict=False)
    ]
    return Race(errands[:clients])


def holding(stage, clients):
    """Every patient chooses the same time, which is then kept for one of them while they type."""
    stage.let_holds_run_out()  # a person's own, from the round before, would be offered to them as open
    starts_at = stage.next_time(stage.cast.consultation)
    booking = _patients(stage, clients, starts_at, stage.cast.consultation)
    # With this doctor, not with whoever is first: then only this doctor's times are offered to the others.
    with_doctor = {"doctor": stage.cast.dr_osei.id}
    errands = [
        Errand(each.keys, f"/portal/book/hold?{urlencode(each.wish | with_doctor)}", each.wish, {}) for each in booking
    ]
    return Race(errands)


def published_group(stage, clients):
    """Twenty patients want one of the five seats that the clinic has published."""
    starts_at = stage.next_time(stage.group)
    stage.publish(starts_at, stage.group, seats=5)
    return Race(_patients(stage, min(clients, 20), starts_at, stage.group), winners=5)


def held_booked_and_offered(stage, clients):
    """Patients hold a time, callers book it, and the desk proposes it to stranded patients."""
    if not hasattr(stage, "stranded"):
        crowd = [patient_id for patient_id, _keys in stage.patients[:clients]]
        stage.stranded = [stage.strand(_standing(stage, each)[0], each) for each in crowd]
    holds = holding(stage, clients).errands
    starts_at = datetime.fromisoformat(holds[0].wish["starts_at"])
    calls = _callers(stage, clients, starts_at, stage.cast.consultation)
    pick = {"pick": f"{stage.cast.dr_osei.id} {starts_at.isoformat()}"}
    offers = [
        Errand(each.keys, f"/staff/stranded/{path}/propose", each.wish, pick)
        for each, path in zip(calls, stage.stranded, strict=True)
    ]
    return Race([three[place % 3] for place, three in enumerate(zip(holds, calls, offers, strict=True))])


RACES = {
    "held, booked and offered at once": held_booked_and_offered,
    "one open time": one_open_time,
    "three seats at one time": three_seats,
    "portal and desk at once": portal_and_desk,
    "two lengths that overlap": two_lengths,
    "visits moved onto one time": moving,
    "one time held": holding,
    "five seats of a published group": published_group,
}


def _alternating(one, other):
    return [pair[place % 2] for place, pair in enumerate(zip(one, other, strict=True))]


def _patients(stage, clients, starts_at, visit_type):
    return [
        Errand(keys, PORTAL, _form(stage, patient_id, starts_at, visit_type))
        for patient_id, keys in stage.patients[:clients]
    ]


def _callers(stage, clients, starts_at, visit_type):
    callers = zip(stage.desks, cycle(stage.patients), range(clients), strict=False)
    return [
        Errand(keys, DESK, _form(stage, patient_id, starts_at, visit_type)) for keys, (patient_id, _), _n in callers
    ]


def _standing(stage, patient_id):
    # With the other doctor, one after the other: the race is for a time of Dr Osei's.
    starts_at = stage.next_time(stage.cast.consultation, stage.cast.dr_lind)
    return stage.book(starts_at, patient_id, stage.cast.consultation, stage.cast.dr_lind), patient_id


def _form(stage, patient_id, starts_at, visit_type):
    return {
        "patient_id": patient_id, "visit_type_id": visit_type.id, "provider_id": stage.cast.dr_osei.id,
        "starts_at": starts_at.isoformat(), "visit_mode": "in_person", "reason": "Sore throat",
    }  # fmt: skip
