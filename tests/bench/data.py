"""A clinic's month, and a clinic's years: rows by COPY, past every policy and trigger, then ANALYZE."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from clinic.models.words import name_words

ZONE = ZoneInfo("Europe/London")
DOCTORS, PATIENTS, DAYS = 20, 10_000, 30
VISITS_A_DAY = 40  # of one doctor
ROOMS = 10  # each taken by one doctor's visits, so that of every time half the doctors have none of their own
OPENS, MINUTES = time(7), 15  # to 19:00: 48 times a day, of which 8 stay open
CLOSES = time(19)
FIRST = "Amina Bruno Chiara Daniel Elena Farid Greta Hugo Irene Jonas Katya Leon Mira Nils Olga Pavel Rosa Samir"
LAST = "Almeida Bauer Costa Dubois Eriksson Fischer Garcia Hansen Ivanov Jensen Lopez Moreau Novak Okoye Petrov Roux"
# Every other last name is put together of these: a few thousand different ones.
PIECES = "ba be da do ka ke ko la lu ma mi na no ra ro sa ta tu va za"


@dataclass
class Place:
    """The clinic all of this is about, and whom the load generators may be."""

    clinic_id: UUID = field(default_factory=uuid7)
    type_id: UUID = field(default_factory=uuid7)
    desk_id: UUID = field(default_factory=uuid7)
    person_id: UUID = field(default_factory=uuid7)  # the first patient's own account
    doctor_id: UUID = field(default_factory=uuid7)  # the first doctor's account
    doctors: list = field(default_factory=lambda: [uuid7() for _ in range(DOCTORS)])
    # A type of visit that needs a room, and the rooms of its kind.
    scan_id: UUID = field(default_factory=uuid7)
    rooms: list = field(default_factory=lambda: [uuid7() for _ in range(ROOMS)])
    patients: list = field(default_factory=list)

    @property
    def today(self):
        """Today in the clinic's zone: the month begins here."""
        return datetime.now(ZONE).date()


def found(connection) -> Place:
    """Enter the clinic, its doctors with their hours, its receptionist and its first patients."""
    place = Place()
    run = connection.execute
    run("SET session_replication_role = replica")
    run("INSERT INTO clinics (id, name, slug, timezone, locale, currency, country) VALUES "
        "(%s, 'Long Lane Clinic', 'long-lane', 'Europe/London', 'en_GB', 'GBP', 'GB')", [place.clinic_id])  # fmt: skip
    run("INSERT INTO users (id, email, first_name, last_name) VALUES (%s, 'desk@long-lane.example', 'Desk', 'One')",
        [place.desk_id])  # fmt: skip
    run("INSERT INTO memberships (clinic_id, id, user_id, role) VALUES (%s, %s, %s, 'receptionist')",
        [place.clinic_id, uuid7(), place.desk_id])  # fmt: skip
    run("INSERT INTO visit_types (clinic_id, id, name, minutes) VALUES (%s, %s, 'Consultation', %s)",
        [place.clinic_id, place.type_id, MINUTES])  # fmt: skip
    for number, doctor in enumerate(place.doctors):
        run("INSERT INTO providers (clinic_id, id, display_name, approved_at) VALUES (%s, %s, %s, now())",
            [place.clinic_id, doctor, f"Dr {LAST.split()[number % 16]} {number + 1}"])  # fmt: skip
        run("INSERT INTO provider_visit_types (clinic_id, id, provider_id, visit_type_id) VALUES (%s, %s, %s, %s)",
            [place.clinic_id, uuid7(), doctor, place.type_id])  # fmt: skip
    _furnish(run, place)
    rows = [
        (place.clinic_id, uuid7(), doctor, weekday, OPENS, CLOSES) for doctor in place.doctors for weekday in range(7)
    ]
    copy_rows(connection, "availabilities (clinic_id, id, provider_id, weekday, start_time, end_time)", rows)
    add_patients(connection, place, PATIENTS)
    run("INSERT INTO users (id, email, first_name, last_name) VALUES (%s, 'own@long-lane.example', 'Amina', 'Bauer')",
        [place.person_id])  # fmt: skip
    run("INSERT INTO memberships (clinic_id, id, user_id, role) VALUES (%s, %s, %s, 'patient')",
        [place.clinic_id, uuid7(), place.person_id])  # fmt: skip
    run("INSERT INTO patient_access (clinic_id, id, patient_id, user_id, relation) VALUES (%s, %s, %s, %s, 'self')",
        [place.clinic_id, uuid7(), place.patients[0], place.person_id])  # fmt: skip
    return place


def _furnish(run, place):
    """Enter a kind of room, its rooms, and a type of visit that needs one and that every doctor offers."""
    kind_id = uuid7()
    run("INSERT INTO room_kinds (clinic_id, id, name) VALUES (%s, %s, 'Ultrasound')", [place.clinic_id, kind_id])
    for number, room in enumerate(place.rooms):
        run("INSERT INTO rooms (clinic_id, id, room_kind_id, name) VALUES (%s, %s, %s, %s)",
            [place.clinic_id, room, kind_id, f"Ultrasound {number + 1}"])  # fmt: skip
    run("INSERT INTO visit_types (clinic_id, id, name, minutes, position) VALUES (%s, %s, 'Ultrasound', %s, 1)",
        [place.clinic_id, place.scan_id, MINUTES])  # fmt: skip
    run("INSERT INTO visit_type_needs (clinic_id, id, visit_type_id, room_kind_id) VALUES (%s, %s, %s, %s)",
        [place.clinic_id, uuid7(), place.scan_id, kind_id])  # fmt: skip
    for doctor in place.doctors:
        run("INSERT INTO provider_visit_types (clinic_id, id, provider_id, visit_type_id) VALUES (%s, %s, %s, %s)",
            [place.clinic_id, uuid7(), doctor, place.scan_id])  # fmt: skip


def add_patients(connection, place, number):
    """Patients with their words; every tenth with a flag would be another table, so none has."""
    chance, first, last, pieces = random.Random(number), FIRST.split(), LAST.split(), PIECES.split()
    begin = len(place.patients)

    def somebody():
        rare = "".join(chance.choice(pieces) for _ in range(3)).title()
        return f"{chance.choice(first)} {chance.choice((chance.choice(last), rare))}"

    people = [(uuid7(), somebody(), begin + n) for n in range(number)]
    born = datetime(1980, 1, 1, tzinfo=UTC).date()
    copy_rows(
        connection,
        "patients (clinic_id, id, mrn, full_name, date_of_birth)",
        ((place.clinic_id, id_, f"{n:07d}", name, born + timedelta(days=n % 9000)) for id_, name, n in people),
    )
    copy_rows(
        connection,
        "patient_words (clinic_id, word, patient_id)",
        ((place.clinic_id, word, id_) for id_, name, _n in people for word in set(name_words(name))),
    )
    place.patients += [id_ for id_, _name, _n in people]


def add_days(connection, place, first_day, days):
    """Days of 800 visits each, all of them with slot and first line of history; what is past is completed."""
    plan = [_visits_of(place, first_day + timedelta(days=n)) for n in range(days)]
    moment = datetime.now(UTC)
    clinic_id, type_id, desk_id = place.clinic_id, place.type_id, place.desk_id
    visits = [visit for day in plan for visit in day]
    copy_rows(
        connection,
        "slots (clinic_id, id, provider_id, visit_type_id, kind, status, starts_at, ends_at, busy_from, busy_until,"
        " visit_mode, capacity, taken)",
        ((clinic_id, v.slot, v.doctor, type_id, "open", "booked", v.starts, v.ends, v.starts, v.ends, "in_person", 1, 1)
         for v in visits),
    )  # fmt: skip
    room_of = dict(zip(place.doctors, place.rooms, strict=False))
    copy_rows(
        connection,
        "slot_rooms (clinic_id, id, slot_id, room_id, busy_from, busy_until)",
        ((clinic_id, uuid7(), v.slot, room_of[v.doctor], v.starts, v.ends) for v in visits if v.doctor in room_of),
    )
    copy_rows(
        connection,
        "visits (clinic_id, id, patient_id, provider_id, slot_id, visit_type_id, kind, visit_mode, status, starts_at,"
        " ends_at, timezone, reason, source, created_by_id, checked_in_at)",
        ((clinic_id, v.id, v.patient, v.doctor, v.slot, type_id, "scheduled", "in_person", v.status, v.starts, v.ends,
          ZONE.key, "Follow-up", "desk", desk_id, v.starts if v.status == "checked_in" else None) for v in visits),
    )  # fmt: skip
    copy_rows(
        connection,
        "visit_events (clinic_id, id, visit_id, kind, to_status, new_starts_at, changed_by_id, created_at)",
        ((clinic_id, uuid7(), v.id, "booked", "booked", v.starts, desk_id, moment) for v in visits),
    )
    return days * DOCTORS * VISITS_A_DAY


def settle(connection):
    """Let the database know what it has, as it would after a while by itself."""
    connection.execute("SET session_replication_role = origin")
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def _visits_of(place, day):
    chance, length = random.Random(day.toordinal()), timedelta(minutes=MINUTES)
    opens = datetime.combine(day, OPENS, ZONE)
    visits = []
    for doctor in place.doctors:
        for number in sorted(chance.sample(range(48), VISITS_A_DAY)):
            starts = (opens + length * number).astimezone(UTC)
            visits.append(
                SimpleNamespace(
                    id=uuid7(), slot=uuid7(), doctor=doctor, patient=chance.choice(place.patients), starts=starts,
                    ends=starts + length, status=_status(number, starts),
                )
            )  # fmt: skip
    return visits


def _status(number, starts):
    """As on a day at work: what is past is done, some of the next two hours are here, others have said they come."""
    ahead = starts - datetime.now(UTC)
    if ahead < timedelta():
        return "completed"
    if ahead < timedelta(hours=2) and number % 2:
        return "checked_in"
    return "confirmed" if number % 3 else "booked"


def copy_rows(connection, target, rows):
    """Enter rows by COPY; the target is a table with its columns."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
