"""The statements that run all day find their rows by an index, as the application's own role sees them.

Under row-level security a comparison that is not leakproof cannot use an index; only EXPLAIN in a scope shows it.
"""

import re
from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from clinic import create_app
from clinic.actions import booking, reminders
from clinic.actions.slots import DROP_EMPTY, DROP_EXPIRED, MAKE_ROOM
from clinic.config import Config
from clinic.db import db
from clinic.queries import (
    affected,
    calendar,
    calls,
    connections,
    finder,
    finding,
    limits,
    patients,
    portal_offers,
    requests,
    rooms,
    strandings,
)
from clinic.queries import day as days
from clinic.queries import day_closing as closing
from clinic.queries import open_times as times
from clinic.queries import queue as queues
from clinic.scope import Scope
from tests.bench import data
from tests.databases import migrated_database
from tests.live_server import database_name

BIG = ("slots", "slot_rooms", "visits", "visit_events", "patient_words")
SEQUENTIAL = re.compile(rf"Seq Scan on ({'|'.join(BIG)})\b")
MONTHS = 12_000  # visits: enough that reading all of them is never the cheapest way


@pytest.fixture(scope="module")
def month(server):
    """A session of the staff's in a clinic with some ten thousand visits, and the clinic."""
    with migrated_database(server) as addresses:
        app = create_app(Config(**addresses, SECRET_KEY="x", DATABASE_POOL=1))
        with server.connect("postgres", database_name(addresses)) as connection:
            place = data.found(connection)
            data.add_days(connection, place, place.today, MONTHS // (data.DOCTORS * data.VISITS_A_DAY))
            data.settle(connection)
        with app.app_context():
            session = db.session()
            session.enter(Scope.staff(place.clinic_id))
            yield session, place
            db.session.remove()
            db.engine.dispose()


def _statements(place):
    tomorrow = place.today + timedelta(days=1)
    day = days.Day.on(tomorrow, data.ZONE.key)
    ids = {"clinic_id": place.clinic_id, "visit_type_id": place.type_id, "provider_id": place.doctors[0]}
    asked = ids | {
        "provider_ids": place.doctors[:1], "first_day": tomorrow, "last_day": tomorrow, "zone": data.ZONE.key,
        "mode": None, "person_id": place.desk_id, "earliest": day.starts_at, "latest": day.ends_at, "most": 100,
        "starts_at": day.starts_at + timedelta(hours=9), "wanted_rooms": [], "kept_rooms": [],
    }  # fmt: skip
    suits = {"location_id": None, "weekdays": [1, 2], "at_from": time(17), "at_until": time(19), "shown": 3}
    first = asked | {
        "provider_ids": place.doctors, "most": None, "shown": 5, "wished": day.starts_at + timedelta(hours=12),
        "own_provider_id": None, "own_start": None, "away_from": [day.starts_at], "away_until": [day.starts_at],
    }  # fmt: skip
    bounds = {"clinic_id": place.clinic_id, "starts_at": day.starts_at, "ends_at": day.ends_at}
    stranded = {
        **bounds, "provider_id": place.doctors[0], "location_id": None, "zone": data.ZONE.key, "on_date": None,
        "weekday": 1, "elsewhere": [], "movable": ["booked", "confirmed"], "now": day.starts_at, "since": day.starts_at,
        "stranding_id": place.patients[0],
    }  # fmt: skip
    hers = {"clinic_id": place.clinic_id, "patient_id": place.patients[0]}
    due = {
        "clinic_id": place.clinic_id, "zone": data.ZONE.key, "at": day.starts_at, "after": day.starts_at, "most": 500,
        "ids": [data.uuid7() for _ in range(500)], "quiet_from": time(21), "quiet_until": time(8),
    }  # fmt: skip
    return {
        "reminders that are due": (reminders.CLAIM, due),
        "the calls to make": (calls.LINES, {"clinic_id": place.clinic_id, "size": 21, "skipped": 0}),
        "what a patient is offered by phone": (calls.OFFERED, hers | {"size": 20}),
        "how many calls": (calls.COUNT, {"clinic_id": place.clinic_id, "many": 99}),
        "what waits for a look": (requests.WAITING, {"clinic_id": place.clinic_id}),
        "open times of a day": (times.OPEN_TIMES, asked),
        "open times of every doctor": (times.OPEN_TIMES, asked | {"provider_ids": place.doctors}),
        "each open time once": (times.LOOKS["once"], first),
        "the nearest times": (times.LOOKS["nearest"], first),
        "the nearest times, each once": (times.LOOKS["nearest once"], first),
        "each time to move to once": (times.LOOKS_TO_MOVE_TO["once"], first | {"given_back": place.patients[0]}),
        "times to move to": (times.TIMES_TO_MOVE_TO, asked | {"given_back": place.patients[0]}),
        "whether a time fits": (times.FITS, asked),
        "times that suit": (finder.FIND, asked | suits | {"provider_ids": place.doctors}),
        "times with a room that suit": (
            finder.FIND,
            asked | suits | {"provider_ids": place.doctors, "visit_type_id": place.scan_id},
        ),
        "whether a time fits and in which room": (times.FITS, asked | {"visit_type_id": place.scan_id}),
        "the rooms of a visit": (rooms.CHOICES, ids | {"visit_id": place.patients[0], "person_id": place.desk_id}),
        "what somebody who books is offered": (portal_offers.OFFER, ids | {"patient_id": place.patients[0]}),
        "the booking's lock": (booking.LOCK, ids | {"patient_id": place.patients[0]}),
        "whether the patient is elsewhere": (
            limits.ELSEWHERE,
            bounds | ids | {"patient_id": place.patients[0], "moved_id": None},
        ),
        "holds that ran out": (DROP_EXPIRED, ids),
        "shared times nobody sits in": (DROP_EMPTY, ids),
        "what is in a booking's way": (MAKE_ROOM, asked | ids),
        "the day's visits": (days.DAYS_VISITS, bounds | {"provider_id": None}),
        "sign-ups and who looks like them": (
            connections.SIGN_UPS,
            {"clinic_id": place.clinic_id, "size": 11, "skipped": 0, "most": 5},
        ),
        "the day's doctors": (days.DOCTORS, bounds),
        "everybody in the queue": (queues.PEOPLE, bounds | {"provider_id": None, "skipped": 0}),
        "a doctor's next in the queue": (queues.NEXT, bounds | {"provider_id": place.doctors[0]}),
        **{
            f"before a day is over: {name}": (sa.text(check.sql), bounds | {"provider_id": None, "on_date": tomorrow})
            for name, check in closing.every_check()
        },
        "the next day of work": (closing.NEXT, bounds | {"provider_id": None, "on_date": place.today, "days": 60}),
        "the calendar's visits": (calendar.VISITS, bounds | {"provider_id": None}),
        "the calendar's visits of one doctor": (calendar.VISITS, bounds | {"provider_id": place.doctors[0]}),
        "what else takes time": (calendar.TIMES, bounds | {"provider_ids": place.doctors}),
        "the load of a day": (calendar.LOAD, asked | {"provider_ids": place.doctors}),
        "the visits of a day, counted": (calendar.COUNTS, bounds | {"zone": data.ZONE.key, "provider_id": None}),
        "which rooms go with which time": (calendar.ROOMS, bounds),
        "a day on paper": (calendar.SHEET, bounds | {"provider_id": place.doctors[0]}),
        "visits in a closure": (affected.ANY["span"], stranded),
        "visits on the days of a calendar file": (
            affected.IN_SPANS,
            stranded | {"begins": [day.starts_at], "ends": [day.ends_at]},
        ),
        "visits in blocked time": (
            affected.ANY["pieces"],
            stranded | {"begins": [day.starts_at], "ends": [day.ends_at]},
        ),
        "visits outside of a doctor's hours": (affected.ANY["hours"], stranded),
        "where a doctor's visits are": (affected.WHERE_NOW, stranded),
        "what takes stranded visits their time": (affected.TAKEN_BY, stranded),
        "visits of a doctor who leaves": (affected.ANY["doctor"], stranded),
        "the stranded visits of a change": (strandings.ROWS, stranded | {"stage": None, "most": 51, "skip": 0}),
        "the changes that stranded visits": (strandings.OPEN, stranded | {"own_id": None, "most": 100}),
        "one visit": (days.ONE_VISIT, {"clinic_id": place.clinic_id, "visit_id": place.patients[0]}),
    }


NAMES = list(_statements(data.Place(patients=[data.uuid7()])))


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_its_rows_by_an_index(month, name):
    session, place = month
    statement, values = _statements(place)[name]
    plan = _plan(session, statement.text, values)
    assert "Index" in plan
    assert not SEQUENTIAL.findall(plan), plan


@pytest.mark.parametrize(
    "name",
    [
        "open times of a day",
        "open times of every doctor",
        "each open time once",
        "the nearest times, each once",
        "times to move to",
        "whether a time fits",
        "times with a room that suit",
    ],
)
def test_it_is_planned_once_and_not_for_every_request(month, name):
    session, place = month
    statement, values = _statements(place)[name]
    before = _kept_plans(session)
    for _request in range(20):
        session.connection().execute(statement, values).all()
    assert _kept_plans(session) - before > 5


@pytest.mark.parametrize("column", ["patient_id", "provider_id"])
def test_the_visits_of_one_person_are_found_by_an_index(month, column):
    session, place = month
    of = {"patient_id": place.patients[3], "provider_id": place.doctors[3]}[column]
    statement = f"SELECT * FROM visits WHERE clinic_id = :clinic_id AND {column} = :of ORDER BY starts_at DESC LIMIT 20"
    plan = _plan(session, statement, {"clinic_id": place.clinic_id, "of": of})
    assert f"ix_visits_{column}_starts_at" in plan, plan


def test_a_history_is_found_by_an_index(month):
    session, place = month
    statement = "SELECT * FROM visit_events WHERE clinic_id = :clinic_id AND visit_id = :of ORDER BY id"
    plan = _plan(session, statement, {"clinic_id": place.clinic_id, "of": place.patients[0]})
    assert "ix_visit_events_visit_id" in plan, plan


def test_patients_are_found_by_an_index_on_their_words(month):
    session, place = month
    question = patients.understand("ami ba", "en_GB", place.today)
    asked = finding.statement(finding.shape_of(question), finding.way(session, place.clinic_id, question), False)
    plan = _plan(session, asked.text, finding.facts_of(place.clinic_id, question) | {"most": 21, "skip": 0})
    assert "patient_words" in plan and not SEQUENTIAL.findall(plan), plan


def _kept_plans(session):
    """How often the connection has run a statement by a plan it had already."""
    used = "SELECT coalesce(sum(generic_plans), 0) FROM pg_prepared_statements WHERE statement LIKE :ours"
    return session.scalar(sa.text(used), {"ours": "%asked AS MATERIALIZED%"})


def _plan(session, statement, values):
    rows = session.connection().execute(sa.text(f"EXPLAIN {statement}"), values)
    return "\n".join(row[0] for row in rows)
