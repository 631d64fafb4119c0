"""Opening a demo clinic: its profile, people, visit types, doctors with hours, and patients."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from clinic.access import permissions_of
from clinic.actions.acting import Actor
from clinic.actions.patients import register
from clinic.db import now
from clinic.models.accounts import Membership, Role, User
from clinic.models.organizations import Clinic, Location
from clinic.models.patients import Patient, PatientAccess, PatientTag, Relation, TagKind
from clinic.models.people import ContactMethod, Gender
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability, VisitType
from clinic.models.words import plain
from clinic.scope import Scope
from clinic.seed.cast import Demo, address_of

OPENS, CLOSES = time(9), time(17)


@dataclass
class Opened:
    """A demo clinic with everybody in it, by name; ``dice`` fall the same way every time."""

    demo: Demo
    clinic: Clinic
    dice: random.Random
    types: dict[str, VisitType] = field(default_factory=dict)
    doctors: list[tuple[Provider, Actor]] = field(default_factory=list)
    staff: dict[Role, Actor] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)
    portal: dict[str, Actor] = field(default_factory=dict)

    @property
    def zone(self):
        """The clinic's zone."""
        return ZoneInfo(self.clinic.timezone)

    @property
    def today(self) -> date:
        """Today at the clinic."""
        return datetime.now(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """The instant of a wall time at the clinic."""
        return datetime.combine(day, clock, self.zone)

    def is_off(self, position: int, day: date) -> bool:
        """Whether the doctor at this position has their free day; never today or tomorrow, so the demo is busy."""
        return day.isoweekday() % 7 == (self.today + timedelta(days=3 + position % 3)).isoweekday() % 7


def open_clinic(session, demo: Demo, password_hash: str) -> Opened:
    """Make the clinic and everybody in it."""
    clinic = Clinic(**demo.profile)
    session.add(clinic)
    session.flush()
    session.enter(Scope.staff(clinic.id))
    opened = Opened(demo, clinic, random.Random(demo.profile["slug"]))
    location = Location(clinic_id=clinic.id, name=clinic.name, address_line=clinic.address_line, city=clinic.city,
                        postal_code=clinic.postal_code, country=clinic.country)  # fmt: skip
    session.add(location)
    for first, last, role in demo.colleagues:
        opened.staff.setdefault(role, _person(session, opened, first, last, role, password_hash))
    for position, facts in enumerate(demo.types):
        made = VisitType(clinic_id=clinic.id, position=position, **{**facts, "fee": Decimal(facts["fee"])})
        opened.types[made.name] = made
        session.add(made)
    session.flush()
    for position, doctor in enumerate(demo.doctors):
        _doctor(session, opened, location, doctor, position, password_hash)
    _patients(session, opened, password_hash)
    session.flush()
    return opened


def _person(session, opened, first, last, role, password_hash, provider_id=None, **more):
    email = address_of(plain(first), opened.clinic.slug)
    # One person may work in both clinics, with one account.
    user = session.scalar(sa.select(User).where(User.first_name == first, User.last_name == last))
    if user is None:
        user = User(email=email, first_name=first, last_name=last, password_hash=password_hash,
                    email_verified_at=now())  # fmt: skip
        session.add(user)
        session.flush()
    session.add(Membership(clinic_id=opened.clinic.id, user_id=user.id, role=role))
    session.flush()
    face = "portal" if role == Role.PATIENT else "staff"
    return Actor(
        user_id=user.id, role=role, clinic_id=opened.clinic.id, provider_id=provider_id, in_portal=face == "portal",
        permissions=permissions_of({role}, face), user_agent="flask seed", **more,
    )  # fmt: skip


def _doctor(session, opened, location, doctor, position, password_hash):
    clinic = opened.clinic
    actor = _person(session, opened, doctor.first_name, doctor.last_name, Role.DOCTOR, password_hash)
    provider = Provider(
        clinic_id=clinic.id, user_id=actor.user_id, location_id=location.id, title=doctor.title,
        display_name=f"{doctor.title} {doctor.first_name} {doctor.last_name}", specialties=list(doctor.specialties),
        languages=list(doctor.languages), bio=doctor.bio, colour=doctor.colour, years_experience=doctor.experience,
        license_number=f"{clinic.country}-{20417 + position * 331}", approved_at=now() if doctor.approved else None,
        telemed_enabled=any("ideo" in name for name in doctor.offers),
    )  # fmt: skip
    session.add(provider)
    session.flush()
    for name in doctor.offers:
        session.add(ProviderVisitType(clinic_id=clinic.id, provider_id=provider.id,
                                      visit_type_id=opened.types[name].id))  # fmt: skip
    for days in range(7):
        day = opened.today + timedelta(days=days)
        if not opened.is_off(position, day):
            session.add(Availability(clinic_id=clinic.id, provider_id=provider.id, location_id=location.id,
                                     weekday=day.isoweekday() % 7, start_time=OPENS, end_time=CLOSES))  # fmt: skip
    session.flush()
    if doctor.approved:
        opened.doctors.append((provider, _as_provider(actor, provider)))


def _as_provider(actor, provider):
    return Actor(user_id=actor.user_id, role=actor.role, clinic_id=actor.clinic_id, provider_id=provider.id,
                 permissions=actor.permissions, user_agent=actor.user_agent)  # fmt: skip


def _patients(session, opened, password_hash):
    demo, dice, desk = opened.demo, opened.dice, opened.staff[Role.RECEPTIONIST]
    child = demo.family[1] if demo.family else None
    for number, name in enumerate(demo.patients):
        born = opened.today - timedelta(days=dice.randrange(365 * 19, 365 * 90))
        if name == child:
            born = opened.today - timedelta(days=365 * 6 + 40)
        street, city, postal_code = dice.choice(demo.addresses)
        opened.patients[name] = register(
            session, by=desk, full_name=name, date_of_birth=born, phone=demo.phone.format(100 + number),
            gender=dice.choice([Gender.FEMALE, Gender.MALE, None]), address_line=street, city=city,
            postal_code=postal_code, country=opened.clinic.country, timezone=opened.clinic.timezone,
            preferred_contact_method=dice.choice(list(ContactMethod)),
            email=f"patient{number}@mail.example" if dice.random() < 0.6 else None,
        )  # fmt: skip
        if number % 13 == 4:
            opened.patients[name].tags.append(
                PatientTag(clinic_id=opened.clinic.id, kind=TagKind.FLAG, tag="Penicillin allergy")
            )
        elif number % 9 == 7:
            opened.patients[name].tags.append(
                PatientTag(clinic_id=opened.clinic.id, kind=TagKind.TAG, tag="Prefers mornings")
            )
    session.flush()
    for name in demo.portal:
        patients = {opened.patients[name]: Relation.SELF}
        if demo.family and name == demo.family[0]:
            patients[opened.patients[child]] = Relation.PARENT
        first, _, last = name.partition(" ")
        actor = _person(session, opened, first, last, Role.PATIENT, password_hash,
                        patient_ids=frozenset(patient.id for patient in patients))  # fmt: skip
        opened.portal[name] = actor
        for patient, relation in patients.items():
            session.add(PatientAccess(clinic_id=opened.clinic.id, patient_id=patient.id, user_id=actor.user_id,
                                      relation=relation))  # fmt: skip
