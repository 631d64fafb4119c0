"""Whatever is typed and however it breaks: no log has a word of it, and no page of errors either."""

import json
import logging
import os
import subprocess
import sys

import pytest

from clinic import jobs
from clinic.actions.booking import book
from clinic.config import HOME
from clinic.models.schedule import BookingRule
from tests.browser import Browser, sign_in
from tests.faults.bad_values import BREAK, CANARY, plausible
from tests.faults.place import until
from tests.faults.routes import address, fitting, ids, own_ids, routes
from tests.live_server import SECRET_KEY, SECRET_KEYS, served
from tests.visitor import Visitor

# What a person types freely; the rest must be plausible to get as far as the database.
WORDS = ("full_name", "name", "first_name", "last_name", "reason", "note", "notes", "tag", "display_name", "phone", "q")
HEADERS = {
    "User-Agent": CANARY,
    "Referer": f"https://clinic.example/{CANARY}",
    "X-Forwarded-For": CANARY,
    "Accept-Language": CANARY,
}
# How a request breaks, and whether what it is sent is believable: everywhere, or by turns from route to route.
WAYS = (("at once", False), ("in the database", True), ("afterwards", True))
ALL_WAYS = {os.environ.get("FAULTS"), os.environ.get("PROMISES")} & {"full"}
FACTS = {
    "event",
    "level",
    "timestamp",
    "endpoint",
    "method",
    "status",
    "ms",
    "request_id",
    "kind",
    "where",
    "library",
    "job",
    "attempts",
}


@pytest.fixture
def breaking(server, cast):
    """The product, breaking wherever it is asked to, with every entry of its log."""
    with served(
        server.environment(), application="tests.faults.breaking:app", LOG_LEVEL="DEBUG", DATABASE_POOL="8"
    ) as live:
        yield live


@pytest.mark.machine
@pytest.mark.promise(32, "a canary in every field, and a forced fault on every route")
def test_no_word_of_anybodys_is_in_a_log_or_on_a_page_of_errors(app, cast, session, server, breaking, figure):
    known, own = ids(session, cast), own_ids(cast)
    words = {name: f"{CANARY} {name}" for name in WORDS}
    believable = (
        {name: str(value) for name, value in plausible(cast).items()} | words | {"email": f"{CANARY}@example.com"}
    )
    canaries = dict.fromkeys(believable, CANARY)
    keys = {
        who.user.id: sign_in(app, session, who.user.id, who.clinic.id)
        for who in (cast.ines, cast.amara, cast.osei, cast.maya)
    }
    session.commit()
    count, told = 0, []
    for turn, (rule, method) in enumerate(routes(app)):
        who = fitting(app, cast, rule.endpoint) or cast.amara
        path = address(Visitor(app, None), rule, known | (own if rule.endpoint.startswith("portal") else {}))
        for how, plainly in WAYS if ALL_WAYS else (WAYS[turn % len(WAYS)],):
            fields = believable if plainly else canaries
            browser = Browser(breaking.url, keys[who.user.id])
            asked = f"{path}?" + "&".join(f"{name}={CANARY}" for name in ("q", "name", "token", "date"))
            headers = HEADERS | {BREAK: how}
            answer = browser.open(asked, **headers) if method == "GET" else browser.send(asked, fields, **headers)
            browser.close()
            count += 1
            if answer.status >= 500 and CANARY in answer.text + str(answer.headers):
                told.append((rule.endpoint, how))
    logged = breaking.logged()
    faults = logged.count('"event": "fault"')
    assert not told
    assert faults > count / 3
    assert _without(CANARY, logged) and _without(CANARY, server.log.read_text(errors="replace"))
    for line in logged.splitlines():
        assert not line.startswith("{") or set(json.loads(line)) <= FACTS, line
    figure(f"{count} requests, {faults} faults, 0 canaries in the logs of web and database")


@pytest.mark.machine
@pytest.mark.promise(32, "a job that fails in somebody's words")
def test_a_job_that_fails_tells_the_log_no_words(cast, session, server, superuser, figure):
    cast.consultation.booking = BookingRule.REQUEST
    session.flush()
    visit_id = book(session, cast.wish(cast.tomorrow_at(10), patient=cast.maya_patient), by=cast.maya.actor)
    jobs.put(session, "visits.lapse", clinic_id=cast.rose.id, visit_id=visit_id)
    session.commit()
    environment = {
        **os.environ,
        **server.environment(),
        "SECRET_KEY": SECRET_KEY,
        "SECRET_KEYS": SECRET_KEYS,
        "LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "flask", "--app", "tests.faults.breaking:app", "worker"]
    worker = subprocess.Popen(
        command, cwd=HOME, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert until(lambda: "failed" in _statuses(superuser))
    finally:
        worker.terminate()
        logged, _nothing = worker.communicate(timeout=30)
    assert '"library": "procrastinate' in logged and _without(CANARY, logged)
    figure("1 failed job, 0 canaries")


def test_a_fact_that_is_not_on_the_list_never_reaches_the_log(app, capsys):
    import structlog

    structlog.get_logger().error("happened", patient=CANARY, kind="ValueError")
    assert json.loads(capsys.readouterr().out).keys() == {"event", "level", "timestamp", "kind"}


def test_a_library_that_warns_in_somebodys_words_is_heard_without_them(app, capsys):
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("some.library").exception("Could not do %s", CANARY, extra={"said": CANARY})
    entry = json.loads(capsys.readouterr().out)
    assert (entry["library"], entry["kind"], entry["event"]) == ("some.library", "ValueError", "a library warns")
    assert CANARY not in str(entry)


def _without(canary, text):
    lines = [line for line in text.splitlines() if canary in line]
    assert not lines, lines[:3]
    return True


def _statuses(superuser):
    with superuser.connect() as connection:
        # Every failure is its last: only then does the worker warn.
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET attempts = 9 WHERE status = 'todo'")
        return connection.exec_driver_sql("SELECT status FROM procrastinate_jobs").scalars().all()
