"""Registering the demo's patients, and giving some of them an account of their own."""

from datetime import timedelta

from clinic.actions.accounts import user_with
from clinic.actions.patients import register
from clinic.db import now
from clinic.models.accounts import Membership, Role
from clinic.models.patients import PatientAccess, PatientTag, TagKind
from clinic.models.people import ContactMethod, Gender, Relation
from clinic.models.words import plain
from clinic.seed.cast import address_of
from clinic.seed.opening import Opened, actor


def register_patients(session, opened: Opened):
    """Register everybody on the demo's list, the desk's way."""
    demo, dice, desk = opened.demo, opened.dice, opened.staff[Role.RECEPTIONIST]
    for number, name in enumerate(demo.names):
        born = opened.today - timedelta(days=dice.randrange(365 * 19, 365 * 90))
        if demo.family and name == demo.family[1]:
            born = opened.today - timedelta(days=365 * 6 + 40)
        street, city, postal_code = dice.choice(demo.addresses)
        patient = register(
            session, by=desk, full_name=name, date_of_birth=born, phone=demo.phone.format(100 + number),
            gender=dice.choice([Gender.FEMALE, Gender.MALE, None]), address_line=street, city=city,
            postal_code=postal_code, country=opened.clinic.country, timezone=opened.clinic.timezone,
            preferred_contact_method=dice.choice(list(ContactMethod)), language=demo.language_of(name, number),
            email=f"patient{number}@mail.example" if dice.random() < 0.6 else None,
        )  # fmt: skip
        opened.patients[name] = patient
        if number % 13 == 4:
            _tag(session, patient, TagKind.FLAG, "Penicillin allergy")
        elif number % 9 == 7:
            _tag(session, patient, TagKind.TAG, "Prefers mornings")
    for name in demo.portal:
        _open_account(session, opened, name)
    session.flush()


def _tag(session, patient, kind, word):
    session.add(PatientTag(clinic_id=patient.clinic_id, patient_id=patient.id, kind=kind, tag=word))


def _open_account(session, opened, name):
    """The account of a patient, who may also act for their child."""
    family = opened.demo.family or ()
    access = {opened.patients[name]: Relation.SELF}
    if family and name == family[0]:
        access[opened.patients[family[1]]] = Relation.PARENT
    first, _, last = name.partition(" ")
    email = address_of(plain(first), opened.clinic.slug)
    user = user_with(session, email, first_name=first, last_name=last)
    user.password_hash, user.email_verified_at = opened.password_hash, now()
    session.add(Membership(clinic_id=opened.clinic.id, user_id=user.id, role=Role.PATIENT))
    for patient, relation in access.items():
        session.add(
            PatientAccess(clinic_id=opened.clinic.id, patient_id=patient.id, user_id=user.id, relation=relation)
        )
    ids = frozenset(patient.id for patient in access)
    opened.portal[name] = actor(opened, user.id, Role.PATIENT, patient_ids=ids)
