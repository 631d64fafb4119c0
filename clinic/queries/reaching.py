"""How a patient can be reached now: by what they prefer, else by what there is."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import sqlalchemy as sa

from clinic.blind import blinded
from clinic.models.accounts import User, UserStatus
from clinic.models.notifications import Channel, Notification
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import ContactMethod, Relation
from clinic.models.texts import TextNumber
from clinic.texting import sms_is_there

C = Channel
PREFERRED = {
    ContactMethod.EMAIL: (C.EMAIL, C.SMS, C.PHONE),
    ContactMethod.SMS: (C.SMS, C.EMAIL, C.PHONE),
    ContactMethod.PHONE: (C.PHONE, C.EMAIL, C.SMS),
    None: (C.EMAIL, C.SMS, C.PHONE),
}
# Numbers that no text message ever reaches; of a number that could be either, trying tells.
FIXED = {phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE,
         phonenumbers.PhoneNumberType.PREMIUM_RATE}  # fmt: skip
# Whose account stands in where the record itself names no address: the patient's own before anybody's.
IN_TURN = (Relation.SELF, Relation.PARENT, Relation.GUARDIAN, Relation.CARER)


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach a patient: an email address, or a number as the network knows it (E.164) or as it is written."""

    channel: Channel
    address: str


def ways(session, patient, country, *, with_sms) -> list[Reach]:
    """Every way to reach the patient, the one to take first; empty where there is none at all."""
    number = e164(patient.phone, country)
    known = {C.EMAIL: patient.email, C.PHONE: patient.phone}
    if with_sms and number and is_mobile(number) and not has_stopped(session, number):
        known[C.SMS] = number
    if not known[C.EMAIL]:
        known[C.EMAIL] = account_email(session, patient)
    in_order = PREFERRED[patient.preferred_contact_method]
    return [Reach(channel, known[channel]) for channel in in_order if known.get(channel)]


def is_only_called(session, patient, country) -> bool:
    """Whether nothing can be written to the patient: somebody has to call."""
    found = ways(session, patient, country, with_sms=sms_is_there())
    return bool(found) and all(way.channel == C.PHONE for way in found)


def is_reachable(session, patient) -> bool:
    """Whether there is any way to reach the patient: an address, a number that can be called, somebody's account."""
    return bool(patient.email or patient.phone or account_email(session, patient))


def zone_of(patient, clinic) -> ZoneInfo:
    """The zone whose clock the patient lives and sleeps by: their own, else the clinic's.

    The same rule stands in SQL in ``clinic/actions/reminders.py``.
    """
    try:
        return ZoneInfo(patient.timezone or clinic.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(clinic.timezone)


def e164(phone, country) -> str | None:
    """The number as every network knows it, such as +441632960101; None for what is no number."""
    try:
        number = phonenumbers.parse((phone or "")[:40], country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def has_number(session, patient, number) -> bool:
    """Whether the number (E.164) is on the patient's record now, however it is written there."""
    country = session.scalar(sa.select(Clinic.country).where(Clinic.id == patient.clinic_id))
    return e164(patient.phone, country) == number


def numbers_of(session, clinic_id, patient_ids) -> set[str]:
    """The numbers (E.164) that the records have, and those by which these patients were written to."""
    country = session.scalar(sa.select(Clinic.country).where(Clinic.id == clinic_id))
    phones = session.scalars(
        sa.select(Patient.phone).where(Patient.clinic_id == clinic_id, Patient.id.in_(patient_ids))
    )
    texted = session.scalars(
        sa.select(Notification.sent_to)
        .where(
            Notification.clinic_id == clinic_id, Notification.patient_id.in_(patient_ids),
            Notification.channel == C.SMS,
        )
        .distinct()
    )  # fmt: skip
    return ({e164(phone, country) for phone in phones} | set(texted)) - {None}


def is_mobile(number) -> bool:
    """Whether a text message may reach the number (E.164)."""
    return phonenumbers.number_type(phonenumbers.parse(number)) not in FIXED


def number_hash(number) -> bytes:
    """The number (E.164) as text_numbers keep it."""
    return blinded("text number", number)


def has_stopped(session, number) -> bool:
    """Whether whoever has the number asked for no more text messages."""
    stopped = sa.exists().where(TextNumber.number_hash == number_hash(number), TextNumber.stopped_at.is_not(None))
    return session.scalar(sa.select(stopped))


def account_email(session, patient) -> str | None:
    """The address of one person who sees the patient's record in the portal: the patient, else who acts for them."""
    rows = session.execute(
        sa.select(PatientAccess.relation, User.email)
        .join(User, User.id == PatientAccess.user_id)
        .where(
            PatientAccess.patient_id == patient.id,
            sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now()),
            User.status == UserStatus.ACTIVE, User.email_verified_at.is_not(None),
        )
        .order_by(PatientAccess.created_at, PatientAccess.id)
    ).all()  # fmt: skip
    found = sorted(rows, key=lambda row: IN_TURN.index(row.relation))
    return found[0].email if found else None
