"""Where races are run: a scratch database with the cast, and many more patients with a browser each."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from clinic import create_app
from clinic.actions import groups, holds, patient_words
from clinic.actions.booking import book
from clinic.actions.groups import Group
from clinic.config import Config
from clinic.db import db
from clinic.models.accounts import Membership, Role, User
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import Relation
from clinic.models.providers import ProviderVisitType
from clinic.models.schedule import VisitType
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding, StrandingCause
from clinic.models.visits import Visit
from clinic.queries.open_times import nearest_open, open_times
from tests.browser import sign_in
from tests.cast import Cast, password_hash
from tests.databases import migrated_database
from tests.live_server import SECRET_KEY, SECRET_KEYS, database_name, served
from tests.races.invariants import broken

DAYS = 55  # within the two months that patients may book ahead


class Stage:
    """Rose Street with a crowd of patients in front of it."""

    def __init__(self, addresses, crowd):
        self.app = create_app(Config(**addresses, SECRET_KEY=SECRET_KEY, SECRET_KEYS=SECRET_KEYS, DATABASE_POOL=2))
        with self.app.app_context():
            self.cast = Cast.enter()
            session = db.session()
            self.group = VisitType(clinic_id=self.clinic_id, name="Group talk", minutes=30, capacity=3,
                                   minimum_notice_minutes=0, move_cutoff_hours=0, position=2)  # fmt: skip
            session.add(self.group)
            session.flush()
            session.add(ProviderVisitType(clinic_id=self.clinic_id, provider_id=self.cast.dr_osei.id,
                                          visit_type_id=self.group.id))  # fmt: skip
            self.patients = [self._patient(session, number) for number in range(crowd)]
            self.desks = [sign_in(self.app, session, self.cast.amara.user.id, self.clinic_id) for _ in range(crowd)]
            session.commit()
        self.visit_types = (self.cast.consultation, self.cast.follow_up, self.group)
        # How many days ahead are left to somebody else's bookings.
        self.left_alone = 0
        self.times = {}
        self.offers = {}

    @property
    def clinic_id(self):
        """Rose Street's id."""
        return self.cast.rose.id

    def _patient(self, session, number):
        user = User(first_name="Crowd", last_name=str(number), email=f"crowd{number}@rose-street.example",
                    password_hash=password_hash())  # fmt: skip
        patient = Patient(clinic_id=self.clinic_id, id=uuid4(), mrn=f"9{number:05d}", full_name=f"Crowd {number}")
        session.add_all([user, patient])
        session.flush()
        patient_words.write(session, patient)
        session.add(Membership(clinic_id=self.clinic_id, user_id=user.id, role=Role.PATIENT))
        session.add(PatientAccess(clinic_id=self.clinic_id, patient_id=patient.id, user_id=user.id,
                                  relation=Relation.SELF))  # fmt: skip
        return patient.id, sign_in(self.app, session, user.id, self.clinic_id)

    @contextmanager
    def looking(self):
        """A session that sees what Rose Street's staff see."""
        with self.app.app_context():
            session = db.session()
            session.enter(self.cast.scope)
            yield session
            session.rollback()

    def sweep(self):
        """What the sweeper does every 15 seconds."""
        with self.looking() as session:
            holds.sweep(session, self.clinic_id)
            session.commit()

    def wake(self):
        """Everybody was there a moment ago: a race before this one may have taken longer than a sign-in rests."""
        with self.looking() as session:
            session.execute(sa.text("UPDATE user_sessions SET last_seen_at = now()"))
            session.commit()

    def close(self):
        """Let go of the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def next_time(self, visit_type, provider=None):
        """An open time of Dr Osei's, or another doctor's, that no round has used before."""
        provider = provider or self.cast.dr_osei
        used = self.times.setdefault(provider.id, set())
        first = self.cast.tomorrow_at(0, days=1 + self.left_alone).date()
        with self.looking() as session:
            found = open_times(session, self.cast.at, visit_type, [provider.id], first, first + timedelta(days=DAYS))
        # Every third time only: those between stay open and are what the losers are offered.
        fresh = next(each.starts_at for each in found[1::3] if each.starts_at not in used)
        used.add(fresh)
        return fresh

    def nearest(self, wish):
        """The starts a loser of the race should be offered; the same for everybody with the same wish."""
        key = wish["visit_type_id"], wish["provider_id"], wish["starts_at"]
        if key not in self.offers:
            visit_type = next(each for each in self.visit_types if each.id == wish["visit_type_id"])
            wished = datetime.fromisoformat(wish["starts_at"])
            with self.looking() as session:
                found = nearest_open(session, self.cast.at, visit_type, [wish["provider_id"]], wished)
            self.offers[key] = {each.starts_at for each in found}
        return self.offers[key]

    def book(self, starts_at, patient_id, visit_type, provider):
        """A visit that stands before the race begins."""
        with self.looking() as session:
            wish = self.cast.wish(starts_at, visit_type=visit_type, provider=provider)
            visit_id = book(session, _for(wish, patient_id), by=self.cast.amara.actor)
            session.commit()
        return visit_id

    def publish(self, starts_at, visit_type, *, seats):
        """A time of Dr Osei's with so many seats, offered before the race begins."""
        with self.looking() as session:
            group = Group(self.cast.dr_osei.id, seats, visit_type.id)
            groups.publish(session, group, starts_at, by=self.cast.amara.actor)
            session.commit()

    def strand(self, visit_id, patient_id):
        """Have a visit lose its time; the end of the address under which the desk proposes another."""
        with self.looking() as session:
            visit = session.get(Visit, (self.clinic_id, visit_id))
            change = Stranding(clinic_id=self.clinic_id, cause=StrandingCause.HOURS, provider_id=visit.provider_id)
            session.add(change)
            session.flush()
            stranded = StrandedVisit(
                clinic_id=self.clinic_id, stranding_id=change.id, visit_id=visit_id, patient_id=patient_id,
                starts_at=visit.starts_at, status=StrandedStatus.NOTHING,
            )  # fmt: skip
            session.add(stranded)
            session.commit()
            return f"{change.id}/visits/{stranded.id}"

    def let_holds_run_out(self):
        """Every time that is kept for somebody who is booking was kept until a second ago."""
        with self.looking() as session:
            past = "UPDATE slots SET held_until = now() - interval '1 second' WHERE held_by_id IS NOT NULL"
            session.execute(sa.text(past))
            session.commit()


@contextmanager
def staged_on(server, crowd, without=(), through=dict, **options):
    """A stage in a scratch database, the server that plays on it, and the superuser's address of the database.

    ``without`` are statements that take something away from the database before the play begins; ``through`` turns
    the addresses into those by which the server reaches it.
    """
    with migrated_database(server) as addresses:
        stage = Stage(addresses, crowd)
        with server.connect("postgres", database_name(addresses)) as connection:
            for statement in without:
                connection.execute(statement)
        try:
            superuser_url = server.url("postgres", database_name(addresses))
            with served(through(addresses), **options) as live:
                yield stage, live, superuser_url
            stage.sweep()
            # Whatever was played: unless the database was made worse for it, nothing may be broken now.
            assert without or not (left := broken(superuser_url, has_worker=False)), left
        finally:
            stage.close()


def _for(wish, patient_id):
    return type(wish)(**{name: getattr(wish, name) for name in wish.__slots__} | {"patient_id": patient_id})
