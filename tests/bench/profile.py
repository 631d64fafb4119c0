"""Where the time of an answer goes, by the part of the program: cProfile around the application, in this process."""

import cProfile
import pstats
from pathlib import Path

from tests.bench.wishes import Booking

TIMES = 60
PARTS = (
    ("waiting for PostgreSQL (psycopg)", ("/psycopg/", "psycopg_c", "psycopg_binary")),
    ("SQLAlchemy", ("/sqlalchemy/", "/flask_sqlalchemy/")),
    ("templates (Jinja, MarkupSafe)", ("/jinja2/", "/markupsafe/", "<template>", "/templates/")),
    ("words and dates (Babel)", ("/babel/", "/flask_babel/")),
    ("forms and tokens (WTForms, itsdangerous)", ("/wtforms/", "/flask_wtf/", "/itsdangerous/")),
    ("Flask and Werkzeug", ("/flask/", "/werkzeug/", "/flask_login/", "/htmx_flask/", "/flask_compress/")),
    ("Clinic's own code", ("/clinic/",)),
)
REST = "the rest of Python"


def profiled(ground):
    """{what: {part: share of the time}} for each thing that is measured."""
    deeds = {asked.name: _page(ground, asked) for asked in ground.pages()}
    deeds["Booking, from POST to commit"] = _booking(ground)
    return {name: _shares(deed) for name, deed in deeds.items()}


def _shares(deed):
    for _practice in range(5):
        deed()
    watch = cProfile.Profile()
    watch.enable()
    for _time in range(TIMES):
        deed()
    watch.disable()
    found = {}
    for (file, _line, name), (_calls, _all, own, _through, callers) in pstats.Stats(watch).stats.items():
        # What is written in C has no file; its time is its callers'.
        if file == "~":
            for (caller, _l, _n), (_c, _a, share, _t) in callers.items():
                part = _part(caller, name)
                found[part] = found.get(part, 0) + share
        else:
            part = _part(file, name)
            found[part] = found.get(part, 0) + own
    total = sum(found.values())
    return {part: share / total for part, share in sorted(found.items(), key=lambda each: -each[1])}


def _part(file, name):
    path = Path(file).as_posix()
    for part, signs in PARTS:
        if any(sign in path or sign in name for sign in signs):
            return part
    return REST


def _page(ground, asked):
    client = _client(ground, asked.keys)
    return lambda: _checked(client.get(asked.path), 200)


def _booking(ground):
    client, wishes = _client(ground, ground.desk), ground.new_times()
    ahead, booking = wishes.of(0, 1), Booking("", ground.desk, wishes, ground.place.type_id, ground.place.patients[7])

    def book():
        form = booking.form(*next(ahead)) | {"csrf_token": ground.desk.csrf}
        _checked(client.post("/staff/booking", data=form), 303)

    return book


def _client(ground, keys):
    client = ground.app.test_client(use_cookies=False)
    client.environ_base["HTTP_COOKIE"] = keys.cookie
    return client


def _checked(answer, status):
    if answer.status_code != status:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
