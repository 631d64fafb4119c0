"""The longest record of the clinic, read by its doctor; and names as somebody types them into the search."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.db import db
from clinic.queries import finding, timeline
from clinic.queries.patients import understand
from clinic.scope import Scope

FIRST = datetime(2006, 1, 2, 9, tzinfo=UTC)
# Of each kind so many: 5,000 entries, spread over twenty years.
VISITS, PRESCRIPTIONS, ORDERS, RESULTS, REFERRALS, NOTES = 1_500, 900, 400, 500, 100, 100
ENTRIES = 2 * VISITS + PRESCRIPTIONS + ORDERS + RESULTS + REFERRALS + NOTES
# What stands in the box after every letter: a frequent first name, a rare last name, both, a birthday, a number.
WHOLE = ("amina", "jonas b", "elena moreau", "kar", "zaluko", "greta tu", "31/12/1990", "0004711")
TYPED = tuple(text[:end] for text in WHOLE for end in range(1, len(text) + 1) if not text[:end].endswith((" ", "/")))


def add_record(connection, place, copy):
    """Enter the second patient's long record, and the account of the first doctor, whose patient they are."""
    run, doctor = connection.execute, place.doctors[0]
    run("INSERT INTO users (id, email, first_name, last_name) VALUES (%s, 'doctor@long-lane.example', 'Doctor', 'One')",
        [place.doctor_id])  # fmt: skip
    run("INSERT INTO memberships (clinic_id, id, user_id, role) VALUES (%s, %s, %s, 'doctor')",
        [place.clinic_id, uuid7(), place.doctor_id])  # fmt: skip
    run(
        "UPDATE providers SET user_id = %s WHERE clinic_id = %s AND id = %s", [place.doctor_id, place.clinic_id, doctor]
    )
    clinic, patient, ids = place.clinic_id, place.patients[1], {"patient_id": place.patients[1], "provider_id": doctor}
    visits = [(uuid7(), _moment(n, VISITS)) for n in range(VISITS)]

    def enter(table, rows, **same):
        rows = list(rows)
        columns = ("clinic_id", *same, *rows[0])
        copy(connection, f"{table} ({', '.join(columns)})", ((clinic, *same.values(), *row.values()) for row in rows))

    enter("visits", ({"id": id_, "starts_at": at, "ends_at": at} for id_, at in visits), **ids, kind="scheduled",
          visit_mode="in_person", status="completed", timezone="Europe/London", source="import",
          visit_type_id=place.type_id)  # fmt: skip
    enter("consultations", (
        {"id": uuid7(), "visit_id": id_, "signed_at": at, "diagnosis": f"Finding {n}"}
        for n, (id_, at) in enumerate(visits)
    ), provider_id=doctor)  # fmt: skip
    prescriptions = [(uuid7(), at) for at in _moments(PRESCRIPTIONS)]
    enter("prescriptions", ({"id": id_, "issued_at": at} for id_, at in prescriptions), **ids, source="clinic")
    enter("prescription_items", (
        {"id": uuid7(), "prescription_id": id_, "medicine_name": f"Medicine {n % 40}"}
        for n, (id_, _at) in enumerate(prescriptions)
    ), position=1)  # fmt: skip
    enter("lab_orders", ({"id": uuid7(), "ordered_at": at} for at in _moments(ORDERS)), **ids, tests=["Blood count"],
          status="ordered", release_rule="now")  # fmt: skip
    enter("lab_results", ({"id": uuid7(), "sampled_at": at} for at in _moments(RESULTS)), **ids, analyte="Haemoglobin",
          value=14, unit="g/dL", source="typed", release_rule="now")  # fmt: skip
    enter("referrals", ({"id": uuid7(), "created_at": at} for at in _moments(REFERRALS)), **ids, priority="routine",
          referred_to="Dr Far Away", reason="A second opinion", status="pending")  # fmt: skip
    enter("excuse_notes", ({"id": uuid7(), "created_at": at} for at in _moments(NOTES)), **ids, kind="work",
          status="draft", starts_on=FIRST.date(), ends_on=FIRST.date())  # fmt: skip
    return patient


def _moments(number):
    return [_moment(n, number) for n in range(number)]


def _moment(n, of):
    return FIRST + n * (timedelta(days=7000) / of)


def entry(row):
    """How an entry of the timeline stands on the page: the end of the address it leads to."""
    source = next((each for each in timeline.SOURCES if len(row) == 8 and each.kind == row[0]), None)
    if source is None or source.path is None:
        return None
    path = source.path.partition("{patient_id}")[2] or source.path
    return path.format(id=row[1], visit_id=row[5]) + '"'


def search_plans(ground) -> list:
    """[(what somebody typed, what the database did for it)], asked as the desk of the ground's clinic."""
    with ground.app.app_context():
        session = db.session()
        session.enter(Scope.staff(ground.place.clinic_id, ground.place.desk_id))
        found = [(typed, _plan(session, ground.place, typed)) for typed in ("amin", "amina mor", "zaluko")]
        session.rollback()
    return found


def _plan(session, place, typed):
    question = understand(typed, "en_GB", place.today)
    way = finding.way(session, place.clinic_id, question)
    asked = finding.statement(finding.shape_of(question), way, False)
    facts = finding.facts_of(place.clinic_id, question) | {"most": 21, "skip": 0}
    rows = session.connection().execute(sa.text(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) {asked.text}"), facts)
    return "\n".join(row[0] for row in rows)


@dataclass(frozen=True)
class Typing:
    """Types names into the search box, letter by letter, as htmx sends them."""

    url: str
    keys: object

    def __call__(self, place, _clients):
        from tests.browser import Browser

        browser, ahead = Browser(self.url, self.keys), count(place * 7)

        def type_on():
            form = {"q": TYPED[next(ahead) % len(TYPED)]}
            answer = browser.send("/staff/patients/find", form, **{"HX-Request": "true"})
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for a search: {answer.text[:300]}")

        return type_on
