"""Where the bench stands: the loaded database, the product in front of it, and what it says to the database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic import create_app
from clinic.config import Config
from clinic.db import db
from clinic.scope import Scope
from tests.bench import data, record
from tests.bench.pages import taken_apart
from tests.bench.report import BOARD, CHART, DAY, FINDER, MONTH, OPEN
from tests.bench.statements import Rebooking, heard
from tests.bench.wishes import Booking, Wishes, query
from tests.browser import sign_in
from tests.databases import migrated
from tests.live_server import SECRET_KEY, database_name

FAR = 40  # days ahead, where the month's visits have ended
DAYS_EACH = 12  # days of new times for one measurement of bookings


@dataclass(frozen=True)
class Asked:
    """A page that is measured: who asks for it, and how its rows are found on it."""

    name: str
    path: str
    keys: object
    marker: object


class Ground:
    """One database with one clinic's month, later its years."""

    def __init__(self, server, addresses):
        self.server, self.addresses = server, addresses
        self.app = create_app(Config(**addresses, SECRET_KEY=SECRET_KEY, DATABASE_POOL=2))
        migrated(self.app)
        with self._superuser() as connection:
            self.place = data.found(connection)
            self.visits = data.add_days(connection, self.place, self.place.today, data.DAYS)
            self.longest = record.add_record(connection, self.place, data.copy_rows)
            data.settle(connection)
        with self.app.app_context():
            session = db.session()
            session.scope = Scope.person()
            self.desk, self.patient, self.doctor = (
                sign_in(self.app, session, who, self.place.clinic_id)
                for who in (self.place.desk_id, self.place.person_id, self.place.doctor_id)
            )
            session.commit()
        self.booked = 0

    def grow(self, visits, patients):
        """Go back in time until there are this many visits, with more patients too."""
        with self._superuser() as connection:
            connection.execute("SET session_replication_role = replica")
            data.add_patients(connection, self.place, patients - len(self.place.patients))
            days = -(-(visits - self.visits) // (data.DOCTORS * data.VISITS_A_DAY))
            self.visits += data.add_days(connection, self.place, self.place.today - timedelta(days=days), days)
            data.settle(connection)

    def pages(self):
        """What is read again and again in a clinic."""
        tomorrow = self.place.today + timedelta(days=1)
        doctor = self.place.doctors[3]
        suits = {"visit_type_id": self.place.scan_id, "ahead": 14, "part": "after_work"}
        chosen = {"patient_id": self.place.patients[0], "visit_type_id": self.place.type_id, "doctor": doctor}
        return [
            Asked(OPEN, f"/portal/book/time?{query(**chosen, day=tomorrow)}", self.patient, _start),
            Asked(FINDER, f"/staff/finder?{query(**suits)}", self.desk, _suiting),
            Asked(BOARD, f"/staff/day?{query(date=tomorrow)}", self.desk, _visit),
            Asked(DAY, f"/staff/calendar?{query(date=tomorrow)}", self.desk, _tile),
            Asked(MONTH, f"/staff/calendar/month?{query(date=self.fullest_month())}", self.desk, _day),
            Asked(CHART, f"/staff/patients/{self.longest}/timeline", self.doctor, record.entry),
        ]

    def fullest_month(self):
        """A day of the month in which most of the visits are."""
        ahead = [self.place.today + timedelta(days=n) for n in range(data.DAYS)]
        return max(ahead, key=lambda day: sum(day.month == other.month for other in ahead))

    def bookings(self, url):
        """Bookings at times that nobody has had before."""
        return Booking(url, self.desk, self.new_times(), self.place.type_id, self.place.patients[7])

    def typing(self, url):
        """Names typed into the search."""
        return record.Typing(url, self.desk)

    def taken_apart(self, asked):
        """The page as the bare view needs it, and the page itself."""
        html, statements = self._heard(asked.keys, lambda client: client.get(asked.path))
        url = self.addresses["DATABASE_URL"]
        return taken_apart(asked.path, html, statements, url, asked.marker, data.ZONE.key), html

    def booking_statements(self):
        """What one booking says to the database, to be said again for other times."""
        wishes = self.new_times()
        booking = Booking("", self.desk, wishes, self.place.type_id, self.place.patients[7])
        times = wishes.of(0, 1)

        def book(client):
            form = booking.form(*next(times)) | {"csrf_token": self.desk.csrf}
            return client.post("/staff/booking", data=form)

        for _practice in range(2):
            self._heard(self.desk, book)
        doctor, starts_at = wishes.nth(2)
        _html, statements = self._heard(self.desk, book)
        known = frozenset({self.place.clinic_id, self.place.type_id, self.place.desk_id, self.place.patients[7]})
        return Rebooking(self.addresses["DATABASE_URL"], tuple(statements), known, doctor, starts_at, self.new_times())

    def new_times(self):
        """Days that no measurement has used."""
        first_day = self.place.today + timedelta(days=FAR + DAYS_EACH * self.booked)
        self.booked += 1
        return Wishes(tuple(self.place.doctors), first_day)

    def _heard(self, keys, ask):
        client = self.app.test_client(use_cookies=False)
        client.environ_base["HTTP_COOKIE"] = keys.cookie
        with self.app.app_context():
            engine = db.engine
        with heard(engine) as statements:
            answer = ask(client)
        if answer.status_code >= 400:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:2000]}")
        return answer.text, statements

    def _superuser(self):
        return self.server.connect("postgres", database_name(self.addresses))


def _start(row):
    """How an open time stands in its link."""
    starts_at = row[1] if len(row) > 1 else None
    return starts_at.strftime("starts_at=%Y-%m-%dT%H:%M:%SZ") if isinstance(starts_at, datetime) else None


def _suiting(row):
    """How an open time stands in its link to the booking."""
    starts_at = row[1] if len(row) > 3 else None
    return starts_at.strftime("starts_at=%Y-%m-%dT%H:%M:%S") if isinstance(starts_at, datetime) else None


def _visit(row):
    """How a visit stands on the board."""
    return f"visit-{row[0]}" if isinstance(row[0], str) else None


def _tile(row):
    """How a visit stands on the calendar."""
    return f"/staff/moving/{row[0]}" if isinstance(row[0], str) else None


def _day(row):
    """How a day stands in a month."""
    return f"/staff/calendar?date={row[0]}" if type(row[0]) is date else None
