"""The audit log cannot be written for a while: what it would tell of does not happen, and is not shown either."""

import time
from contextlib import contextmanager

import pytest

from tests.browser import Browser
from tests.faults.place import DESK, FULL, ROUNDS, Sent, loaded, until, wished

SECONDS = 1.5 if FULL else 0.3
PAGES = ("/staff/day", "/staff/patients")
ROWS = "SELECT count(*) FROM visits", "SELECT count(*) FROM slots", "SELECT count(*) FROM visit_events"


@contextmanager
def _without_the_log(superuser):
    superuser.execute("REVOKE INSERT ON audit_entries FROM clinic_app")
    try:
        yield
    finally:
        superuser.execute("GRANT INSERT ON audit_entries TO clinic_app")


def _statuses(browser, paths):
    return {path: browser.open(path).status for path in paths}


@pytest.mark.promise(30, "without the audit log patient pages answer 503 and nothing changes")
def test_patient_pages_answer_503_and_nothing_is_changed(place, seen, figure):
    stage, live, superuser = place.stage, place.live, place.superuser
    stage.book(stage.next_time(stage.cast.consultation), stage.cast.tom.id, stage.cast.consultation, stage.cast.dr_osei)
    browser, nobody, turned_away = Browser(live.url, stage.desks[0]), Browser(live.url), 0
    pages = (*PAGES, f"/staff/patients/{stage.cast.tom.id}")
    with loaded(place, seen):
        for _round in range(ROUNDS):
            form = wished(stage, stage.next_time(stage.cast.consultation))
            with _without_the_log(superuser):
                # What was under way when the right was taken has to end first.
                time.sleep(0.2)
                before = [superuser.execute(each).fetchone() for each in ROWS]
                ends = time.monotonic() + SECONDS
                while time.monotonic() < ends:
                    assert _statuses(browser, pages[1:]) == dict.fromkeys(pages[1:], 503)
                    answer = Sent(live, stage.desks[1], DESK, form).wait()
                    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
                    assert _statuses(nobody, ("/health", "/sign-in")) == {"/health": 200, "/sign-in": 200}
                    turned_away += 1 + len(pages[1:])
                assert [superuser.execute(each).fetchone() for each in ROWS] == before
            assert until(lambda: set(_statuses(browser, pages).values()) == {200})
            assert Sent(live, stage.desks[1], DESK, form).wait().status == 303
    browser.close()
    nobody.close()
    figure(f"{turned_away} requests answered 503, 0 unaudited changes")
