"""The session's criteria are switched off: whatever the application forgets, the database keeps clinics apart."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from clinic import create_app, scope
from clinic.config import Config
from clinic.db import db
from tests.access.asking import Stage, asked_about
from tests.access.matrix import frozen
from tests.conftest import SECRET_KEY, SECRET_KEYS
from tests.visitor import Visitor

REQUESTS, AT_ONCE = 1000, 4


@pytest.fixture
def forgetful(monkeypatch):
    """Statements carry no clinic and no patient any more, as though somebody had taken the criteria away."""
    monkeypatch.setattr(scope, "_criteria", lambda _scope: ())


@pytest.fixture
def crowded(server, cast):
    """The application with two connections for everybody."""
    application = create_app(
        Config(**server.environment(), SECRET_KEY=SECRET_KEY, SECRET_KEYS=SECRET_KEYS, DATABASE_POOL=2)
    )
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.mark.promise(15, "every route with another clinic's id, without the application's own criteria")
def test_every_route_hides_another_clinics_rows_all_the_same(app, cast, superuser, forgetful, figure):
    stage, wrong, count = Stage(app, superuser), {}, 0
    for line in frozen():
        if line.own == "yes" and line.other_clinic != "-":
            told = asked_about(stage, line, "other_clinic")
            count += 1
            if told != line.other_clinic:
                wrong[f"{line.method} {line.endpoint} as {line.role}"] = told
    assert count > 50 and not wrong
    figure(f"{count} askings without the criteria, 0 let in")


@pytest.mark.promise(15, "people of two clinics in turn on two connections, without the application's own criteria")
def test_people_of_two_clinics_on_two_connections_see_their_own_alone(crowded, cast, forgetful, figure):
    turns = ((cast.amara, cast.tom.id, "Tom Baker"), (cast.stranger, cast.sam.id, "Sam Stranger"))
    browsers = [Visitor(crowded, turns[number % 2][0]) for number in range(AT_ONCE)]

    def asks(number):
        own, other = turns[number % 2], turns[1 - number % 2]
        page = browsers[number % AT_ONCE].open("staff.patients.show", patient_id=own[1])
        nothing = browsers[number % AT_ONCE].open("staff.patients.show", patient_id=other[1])
        return (page.status_code, nothing.status_code, other[2] in page.text + nothing.text)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(asks, range(REQUESTS // 2)))
    assert set(seen) == {(200, 404, False)}
    figure(f"{REQUESTS} requests of two clinics in turn on 2 connections, 0 leaks")
