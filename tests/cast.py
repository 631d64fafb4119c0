"""The fixed cast: Rose Street in London, whose people the tests are about, and Harbour in New York, the strangers'."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from uuid_utils.compat import uuid7

from clinic.actions.acting import Actor
from clinic.actions.booking import Wish, book
from clinic.actions.patients import register
from clinic.db import db
from clinic.models.accounts import Membership, Role, User
from clinic.models.organizations import Clinic
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability, VisitType
from clinic.models.visits import Visit
from clinic.scope import Scope

PASSWORD = "correct horse battery"


@cache
def password_hash():
    """Hashed once a run: hashing is slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)


@dataclass
class Person:
    """Somebody who signs in: the user, and the clinic and role they come in."""

    user: User
    clinic: Clinic
    role: Role
    provider_id: object = None
    patient_id: object = None

    @property
    def actor(self):
        """The person as an action knows them."""
        return Actor(
            user_id=self.user.id, role=self.role, clinic_id=self.clinic.id, provider_id=self.provider_id,
            patient_ids=frozenset({self.patient_id} - {None}), in_portal=self.role == Role.PATIENT,
        )  # fmt: skip


class Cast:
    """Everybody, with the rows they come with."""

    @classmethod
    def enter(cls):
        """Write the cast into an empty database and return it."""
        cast = cls()
        session = db.session()
        session.scope = Scope.person()
        cast.rose = cast._clinic("Rose Street Clinic", "rose-street", "Europe/London", "en_GB", "GBP", "GB")
        cast.harbour = cast._clinic("Harbour Health", "harbour", "America/New_York", "en_US", "USD", "US")
        session.commit()
        cast._rose_street(session)
        cast._harbour(session)
        session.commit()
        session.enter(cast.scope)
        # Entering Harbour made the session forget Rose Street's rows; tests go on with them.
        session.add_all(row for row in vars(cast).values() if getattr(row, "clinic_id", None) == cast.rose.id)
        return cast

    @property
    def scope(self):
        """What Rose Street's staff see."""
        return Scope.staff(self.rose.id)

    def _rose_street(self, session):
        session.enter(self.scope)
        self.ines, self.amara, self.osei, self.lind, self.maya = self._people(
            self.rose, ("Ines", "Duarte", Role.ADMIN), ("Amara", "Diallo", Role.RECEPTIONIST),
            ("Kwame", "Osei", Role.DOCTOR), ("Astrid", "Lind", Role.DOCTOR), ("Maya", "Okafor", Role.PATIENT),
        )  # fmt: skip
        self.consultation = self._type(self.rose, "Consultation", 20)
        self.follow_up = self._type(self.rose, "Follow-up", 10, position=1)
        self.dr_osei, self.dr_lind = self._providers(
            self.rose, (self.osei, "Dr Kwame Osei", [self.consultation, self.follow_up]),
            (self.lind, "Dr Astrid Lind", [self.consultation]),
        )  # fmt: skip
        self.maya_patient = self._patient("Maya Okafor", date(1990, 4, 12), self.amara, phone="+44 20 7946 0123")
        self.tom = self._patient("Tom Baker", date(1955, 12, 1), self.amara)
        self._portal(self.rose, self.maya, self.maya_patient)

    def _harbour(self, session):
        session.enter(Scope.staff(self.harbour.id))
        self.stranger, self.reyes = self._people(
            self.harbour, ("Nadia", "Stone", Role.RECEPTIONIST), ("Luis", "Reyes", Role.DOCTOR)
        )
        self.checkup = self._type(self.harbour, "Check-up", 30)
        self.dr_reyes = self._provider(self.harbour, self.reyes, "Dr Luis Reyes", [self.checkup])
        self.sam = self._patient("Sam Stranger", date(1980, 1, 2), self.stranger)

    def _clinic(self, name, slug, timezone, locale, currency, country):
        clinic = Clinic(name=name, slug=slug, timezone=timezone, locale=locale, currency=currency, country=country,
                        phone="+44 20 7946 0000")  # fmt: skip
        db.session.add(clinic)
        return clinic

    # Each kind of row is written at once: a flush for every row would take a good part of a test's time.
    def _people(self, clinic, *named):
        people = [Person(self._user(clinic, first, last), clinic, role) for first, last, role in named]
        db.session.flush()
        db.session.add_all(Membership(clinic_id=clinic.id, user_id=each.user.id, role=each.role) for each in people)
        db.session.flush()
        return people

    def _person(self, clinic, first, last, role):
        return self._people(clinic, (first, last, role))[0]

    def _user(self, clinic, first, last):
        user = User(id=uuid7(), first_name=first, last_name=last, email=f"{first}@{clinic.slug}.example".lower(),
                    password_hash=password_hash(), email_verified_at=datetime.now(UTC))  # fmt: skip
        db.session.add(user)
        return user

    def _type(self, clinic, name, minutes, **more):
        # Tomorrow can always be moved, at whatever hour the tests run.
        rules = {"minimum_notice_minutes": 0, "move_cutoff_hours": 2, **more}
        made = VisitType(clinic_id=clinic.id, id=uuid7(), name=name, minutes=minutes, **rules)
        db.session.add(made)
        return made

    def _providers(self, clinic, *named):
        providers = [self._doctor(clinic, person, name) for person, name, _types in named]
        db.session.flush()
        for provider, (_person, _name, types) in zip(providers, named, strict=True):
            self._offer({"clinic_id": clinic.id, "provider_id": provider.id}, types)
        db.session.flush()
        return providers

    def _provider(self, clinic, person, name, types):
        return self._providers(clinic, (person, name, types))[0]

    def _doctor(self, clinic, person, name):
        made = Provider(clinic_id=clinic.id, id=uuid7(), user_id=person.user.id, display_name=name,
                        telemed_enabled=True, approved_at=datetime.now(UTC))  # fmt: skip
        db.session.add(made)
        person.provider_id = made.id
        return made

    def _offer(self, whose, types):
        days = (Availability(**whose, weekday=day, start_time=time(9), end_time=time(17)) for day in range(7))
        db.session.add_all([*days, *(ProviderVisitType(**whose, visit_type_id=each.id) for each in types)])

    def _patient(self, name, born, by, **more):
        return register(db.session(), by=by.actor, full_name=name, date_of_birth=born, **more)

    def _portal(self, clinic, person, patient):
        person.patient_id = patient.id
        db.session.add(PatientAccess(clinic_id=clinic.id, patient_id=patient.id, user_id=person.user.id,
                                     relation=Relation.SELF))  # fmt: skip
        db.session.flush()

    def tomorrow_at(self, hour, minute=0, days=1, clinic=None):
        """An instant given as wall time in the clinic's zone, some days ahead."""
        zone = ZoneInfo((clinic or self.rose).timezone)
        day = datetime.now(zone).date() + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)

    def wish(self, starts_at, patient=None, provider=None, visit_type=None, **more):
        """A wish for Tom with Dr Osei, unless it says otherwise."""
        return Wish(
            clinic_id=self.rose.id, provider_id=(provider or self.dr_osei).id,
            visit_type_id=(visit_type or self.consultation).id, patient_id=(patient or self.tom).id,
            starts_at=starts_at, **more,
        )  # fmt: skip

    def booked(self, starts_at=None, *, by=None, **more):
        """A visit booked and committed by the desk: Tom's with Dr Osei tomorrow at ten, unless it says otherwise."""
        session = db.session()
        session.enter(self.scope)
        wish = self.wish(starts_at or self.tomorrow_at(10), **more)
        visit_id = book(session, wish, by=(by or self.amara).actor)
        session.commit()
        return session.get(Visit, (self.rose.id, visit_id))

    @property
    def at(self):
        """Rose Street as a query knows a clinic: id and zone."""
        return SimpleNamespace(id=self.rose.id, timezone=self.rose.timezone)
