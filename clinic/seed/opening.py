"""Opening a demo clinic: its profile, people, visit types, doctors with hours, and patients."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from clinic.actions import accounts, clinics, hours, locations, providers, rooms, visit_types
from clinic.actions.acting import Actor
from clinic.actions.tokens import hash_token
from clinic.db import now
from clinic.models.accounts import Role
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.providers import Provider
from clinic.models.schedule import VisitType
from clinic.models.words import plain
from clinic.seed.cast import Demo, address_of

OPENS, CLOSES = time(9), time(17)
# Evenings for people who work, of the doctor at a position, on Tuesdays and Thursdays.
LATE, LATE_OPENS, LATE_CLOSES = {(1, 2), (1, 4)}, time(17, 30), time(19, 30)


@dataclass
class Opened:
    """A demo clinic with everybody in it, by name; ``dice`` fall the same way every time."""

    demo: Demo
    clinic: Clinic
    dice: random.Random
    password_hash: str
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

    @property
    def system(self) -> Actor:
        """Nobody in particular: who does what no person of the demo could have done."""
        return Actor(clinic_id=self.clinic.id, role="operator", user_agent="flask seed")

    @property
    def admin(self) -> Actor:
        """The administrator, who sets the clinic up."""
        return self.staff[Role.ADMIN]

    def at(self, day: date, clock: time) -> datetime:
        """The instant of a wall time at the clinic."""
        return datetime.combine(day, clock, self.zone)

    def is_off(self, position: int, day: date) -> bool:
        """Whether the doctor at this position has their free day; never today or tomorrow, so the demo is busy."""
        return day.isoweekday() % 7 == (self.today + timedelta(days=3 + position % 3)).isoweekday() % 7


def open_clinic(session, demo: Demo, password_hash: str) -> Opened:
    """Make the clinic and everybody who works in it."""
    by = Actor(clinic_id=uuid7(), role="operator", user_agent="flask seed")
    clinic = clinics.create(session, by=by, **demo.profile)
    dice = random.Random(demo.profile["slug"])  # noqa: S311 - the same every time is what is wanted
    opened = Opened(demo, clinic, dice, password_hash)
    for first, last, role in demo.colleagues:
        opened.staff.setdefault(role, join(session, opened, first, last, role))
    location = locations.add(
        session, by=opened.admin, name=clinic.name, address_line=clinic.address_line, city=clinic.city,
        postal_code=clinic.postal_code, country=clinic.country,
    )  # fmt: skip
    kinds = furnish(session, opened, location)
    for facts in demo.types:
        needed = [kinds[name] for name in facts.get("needs", ())]
        rest = {name: fact for name, fact in facts.items() if name not in ("fee", "needs")}
        made = visit_types.add(session, by=opened.admin, fee=Decimal(facts["fee"]), room_kind_ids=needed, **rest)
        opened.types[made.name] = made
    for position, doctor in enumerate(demo.doctors):
        _doctor(session, opened, location, doctor, position)
    return opened


def furnish(session, opened, location):
    """Add the rooms, all at the one place; the ids of their kinds by name."""
    kinds = {}
    for name, kind in opened.demo.rooms.items():
        if kind not in kinds:
            kinds[kind] = rooms.add_kind(session, by=opened.admin, name=kind).id
            session.flush()
        rooms.add(session, by=opened.admin, name=name, room_kind_id=kinds[kind], location_id=location.id)
    return kinds


def join(session, opened, first, last, role):
    """Invite somebody, have them accept and choose the demo's password; returns them as an actor."""
    email = address_of(plain(first), opened.clinic.slug)
    if (first, last) == ("Sam", "Whitfield"):
        # One person with one account who works in both clinics.
        email = address_of("sam", "rose-street")
    user, token = accounts.invite(session, by=opened.system, email=email, first_name=first, last_name=last, role=role)
    # The people of the demo have no mailbox to confirm.
    user.email_verified_at = now()
    accounts.accept_invite(
        accounts.invitation(session, hash_token(token)), by=Actor(user_id=user.id, clinic_id=opened.clinic.id),
        password_hash=opened.password_hash,
    )  # fmt: skip
    return actor(opened, user.id, role)


def actor(opened, user_id, role, **more):
    """Somebody of the demo as the actions know them."""
    return Actor(
        user_id=user_id, role=role, clinic_id=opened.clinic.id, in_portal=role == Role.PATIENT,
        user_agent="flask seed", **more,
    )  # fmt: skip


def _doctor(session, opened, location, doctor, position):
    admin = opened.admin
    person = join(session, opened, doctor.first_name, doctor.last_name, Role.DOCTOR)
    provider = providers.add(
        session, by=admin, user_id=person.user_id, location_id=location.id, title=doctor.title,
        display_name=f"{doctor.title} {doctor.first_name} {doctor.last_name}", specialties=list(doctor.specialties),
        languages=list(doctor.languages), bio=doctor.bio, colour=doctor.colour, years_experience=doctor.experience,
        license_number=f"{opened.clinic.country}-{20417 + position * 331}",
        telemed_enabled=any("ideo" in name for name in doctor.offers),
    )  # fmt: skip
    providers.offer(provider, {opened.types[name].id: (None, None) for name in doctor.offers}, by=admin)
    for days in range(7):
        day = opened.today + timedelta(days=days)
        if not opened.is_off(position, day):
            hours.add(session, provider, by=admin, location_id=location.id, weekday=day.isoweekday() % 7,
                      start_time=OPENS, end_time=CLOSES)  # fmt: skip
            if (position, day.isoweekday()) in LATE:
                hours.add(session, provider, by=admin, location_id=location.id, weekday=day.isoweekday() % 7,
                          start_time=LATE_OPENS, end_time=LATE_CLOSES)  # fmt: skip
    if doctor.approved:
        providers.approve(provider, by=admin)
        opened.doctors.append((provider, replace(person, provider_id=provider.id)))
