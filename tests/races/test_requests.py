"""Requests and groups: a requested time is taken, it is confirmed once, and a group stays one group."""

import os

import pytest

from clinic.models.schedule import BookingRule, VisitType
from tests.races.rush import Crowd, Errand, count
from tests.races.scenarios import PORTAL, three_seats
from tests.races.stage import staged_on

# `ROUNDS=50` plays it as often as the figures ask.
CLIENTS, ROUNDS = 20, int(os.environ.get("ROUNDS", "5"))


@pytest.fixture(scope="module")
def staged(server):
    """A stage, the server that plays on it, and a superuser's connection to its database."""
    with (
        staged_on(server, CLIENTS) as (stage, live, _url),
        Crowd(live.url, CLIENTS) as crowd,
        server.connect("postgres", live.database) as superuser,
    ):
        yield stage, crowd, superuser


def _answered_first(stage, rule):
    with stage.looking() as session:
        session.get(VisitType, (stage.clinic_id, stage.cast.consultation.id)).booking = rule
        session.commit()


@pytest.mark.promise(2, "a requested time is taken, and confirmed once however many confirm")
def test_a_request_holds_its_time_and_is_confirmed_once(staged, figure):
    stage, crowd, superuser = staged
    _answered_first(stage, BookingRule.REQUEST)
    try:
        for _round in range(ROUNDS):
            starts_at = stage.next_time(stage.cast.consultation)
            wish = {
                "visit_type_id": stage.cast.consultation.id, "provider_id": stage.cast.dr_osei.id,
                "starts_at": starts_at.isoformat(), "visit_mode": "in_person",
            }  # fmt: skip
            asked = [Errand(keys, PORTAL, wish | {"patient_id": patient_id}) for patient_id, keys in stage.patients]
            assert count(crowd.rush(asked)) == {303: 1, 409: CLIENTS - 1}
            (visit_id, status) = superuser.execute(
                "SELECT id, status FROM visits WHERE starts_at = %s", [starts_at]
            ).fetchone()
            assert status == "requested"
            accept = [Errand(keys, f"/staff/visits/{visit_id}/accept", {}) for keys in stage.desks]
            assert count(crowd.rush(accept)) == {303: 1, 409: CLIENTS - 1}
            events = "SELECT count(*) FROM visit_events WHERE visit_id = %s AND to_status = 'booked'"
            assert superuser.execute(events, [visit_id]).fetchone() == (1,)
    finally:
        _answered_first(stage, BookingRule.INSTANT)
    figure(f"{CLIENTS} requests and {CLIENTS} confirmations at once, {ROUNDS} rounds: 1 of each")


@pytest.mark.promise(3, "as many as there are seats get into a group, and it is one group")
def test_a_group_stays_one_group(staged, figure):
    stage, crowd, superuser = staged
    for _round in range(ROUNDS):
        race = three_seats(stage, CLIENTS)
        assert count(crowd.rush(race.errands)) == {303: race.winners, 409: CLIENTS - race.winners}
        starts_at = race.errands[0].wish["starts_at"]
        slots = superuser.execute("SELECT taken, capacity FROM slots WHERE starts_at = %s", [starts_at]).fetchall()
        assert slots == [(race.winners, race.winners)]
    figure(f"{CLIENTS} at once for 3 seats, {ROUNDS} rounds: 3 booked, 1 group")
