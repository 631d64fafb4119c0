"""What a FHIR R4 Patient, Practitioner or Encounter is here. Pure: no database, no files."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clinic.models.patients import DAY_UNKNOWN
from clinic.models.people import Gender, VisitMode
from clinic.models.visits import CancelReason, VisitStatus

FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
REFERENCE = re.compile(r"(?:^|/)(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$")
GENDERS = {gender.value: gender for gender in (Gender.MALE, Gender.FEMALE, Gender.OTHER, Gender.UNKNOWN)}
STATUSES = {
    "planned": VisitStatus.BOOKED, "arrived": VisitStatus.CHECKED_IN, "triaged": VisitStatus.CHECKED_IN,
    "in-progress": VisitStatus.IN_PROGRESS, "onleave": VisitStatus.IN_PROGRESS, "finished": VisitStatus.COMPLETED,
    "cancelled": VisitStatus.CANCELLED, "entered-in-error": VisitStatus.CANCELLED,
}  # fmt: skip


class Skip(Exception):
    """This resource is not taken in, and why; the reason never quotes it."""


@dataclass(slots=True)
class Mapped:
    """One resource as columns of ours; ``keys`` are its names in the source, the first its own id."""

    keys: list[str]
    columns: dict
    remarks: list[str] = field(default_factory=list)
    patient: str | None = None
    providers: list[str] = field(default_factory=list)
    visit: str | None = None
    # The table it goes into, where its kind alone does not say.
    into: str | None = None


def keys_of(resource, full_url) -> list[str]:
    """The names others may refer to the resource by: its id and its bundle's URL for it."""
    own, url = resource.get("id"), (full_url or "").removeprefix("urn:uuid:").removeprefix("urn:oid:")
    found = REFERENCE.search(url)
    names = [own if isinstance(own, str) else None, found["id"] if found else url]
    keys = list(dict.fromkeys(name for name in names if name))
    if not keys:
        raise Skip("it has no id")
    return [text(key)[:200] for key in keys]


def reference(value, kind) -> str | None:
    """The id that a reference of this kind names: urn:uuid:1, Patient/1 or https://…/Patient/1; None for others."""
    target = value.get("reference") if isinstance(value, dict) else None
    if not isinstance(target, str):
        return None
    if target.startswith(("urn:uuid:", "urn:oid:")):
        return target.split(":", 2)[2]
    found = REFERENCE.search(target)
    return found["id"] if found and found["kind"] == kind else None


def patient(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A Patient as a patient."""
    full_name, first_name, last_name, _ = _name(resource)
    if not full_name:
        raise Skip("it has no name")
    demographics, remarks = {}, []
    born = _full_date(resource.get("birthDate"))
    if resource.get("birthDate") and not born:
        demographics["birthDate"] = text(resource["birthDate"])
        remarks.append("the birth date is not complete: kept as it was written")
    deceased_at, is_deceased = _deceased(resource, zone)
    if is_deceased and deceased_at is None:
        demographics |= DAY_UNKNOWN
    if marital := concept(resource.get("maritalStatus")):
        demographics["maritalStatus"] = marital
    address = next(dicts(resource.get("address")), {})
    contact = next(dicts(resource.get("contact")), {})
    columns = {
        "full_name": full_name[:255], "first_name": first_name, "last_name": last_name, "date_of_birth": born,
        "gender": GENDERS.get(resource.get("gender")), "phone": _telecom(resource, "phone"),
        "email": _telecom(resource, "email"), "address_line": _joined(address.get("line"), ", "),
        "city": text(address.get("city")), "state": text(address.get("state")),
        "postal_code": text(address.get("postalCode")), "country": text(address.get("country")),
        "language": _language(resource), "emergency_contact_name": _name({"name": [contact.get("name")]})[0] or None,
        "emergency_contact_phone": _telecom(contact, "phone"), "demographics": demographics,
        "deceased_at": deceased_at, "is_deceased": is_deceased,
    }  # fmt: skip
    return Mapped(keys_of(resource, full_url), columns, remarks)


def practitioner(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A Practitioner as a provider, whom the clinic has yet to approve."""
    full_name, _, _, prefix = _name(resource)
    if not full_name:
        raise Skip("it has no name")
    languages = [concept(each) for each in dicts(resource.get("communication"))]
    degrees = [concept(each.get("code")) for each in dicts(resource.get("qualification"))]
    columns = {
        "display_name": f"{prefix} {full_name}".strip()[:255], "title": prefix or None,
        "languages": [each for each in languages if each],
        "qualifications": ", ".join(each for each in degrees if each) or None,
        "is_active": resource.get("active") is not False,
    }  # fmt: skip
    return Mapped(keys_of(resource, full_url), columns)


def encounter(resource, full_url, zone: ZoneInfo) -> Mapped:
    """An Encounter as a visit without a slot."""
    period = resource.get("period") if isinstance(resource.get("period"), dict) else {}
    if not period.get("start"):
        raise Skip("it has no beginning")
    starts_at, ends_at = instant(period["start"], zone), instant(period.get("end"), zone)
    if starts_at is None:
        raise Skip("its beginning is not a full date of our times")
    if ends_at and ends_at < starts_at:
        raise Skip("it ends before it begins")
    status = STATUSES.get(resource.get("status"))
    if status is None:
        raise Skip("its status is not known")
    subject = reference(resource.get("subject"), "Patient")
    if subject is None:
        raise Skip("it names no patient")
    participants = [reference(each.get("individual"), "Practitioner") for each in dicts(resource.get("participant"))]
    return Mapped(
        keys_of(resource, full_url), _visit(resource, status, starts_at, ends_at), patient=subject,
        providers=[each for each in participants if each],
    )  # fmt: skip


def _visit(resource, status, starts_at, ends_at):
    cancelled, begun = status == VisitStatus.CANCELLED, status in (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)
    error = resource.get("status") == "entered-in-error"
    kind = resource.get("class") if isinstance(resource.get("class"), dict) else {}
    why = [concept(each) for name in ("reasonCode", "type") for each in dicts(resource.get(name))]
    return {
        "status": status, "starts_at": starts_at, "ends_at": ends_at,
        "visit_mode": VisitMode.VIRTUAL if kind.get("code") == "VR" else VisitMode.IN_PERSON,
        "reason": next((each[:500] for each in why if each), None),
        "started_at": starts_at if begun else None, "ended_at": ends_at if status == VisitStatus.COMPLETED else None,
        "cancel_reason": (CancelReason.ENTERED_IN_ERROR if error else CancelReason.OTHER) if cancelled else None,
    }  # fmt: skip


MAPPINGS = {"Patient": patient, "Practitioner": practitioner, "Encounter": encounter}


def mapped(found, zone: ZoneInfo, mappings=MAPPINGS) -> Mapped | list[Mapped]:
    """The resource as columns of ours; raises Skip with the reason where it cannot be taken in."""
    kind = found.resource["resourceType"]
    try:
        return mappings[kind](found.resource, found.full_url, zone)
    except (AttributeError, TypeError, ValueError, KeyError, OverflowError, ArithmeticError):
        raise Skip(f"it is not a well-formed {kind}") from None


def dicts(value):
    """Those of a list's entries that are objects; nothing where it is no list."""
    return (each for each in (value if isinstance(value, list) else []) if isinstance(each, dict))


def text(value) -> str | None:
    """Text as the database can hold it, or None."""
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "").encode("utf-8", "replace").decode().strip() or None


def _joined(values, between=" "):
    texts = [text(each) for each in (values if isinstance(values, list) else [])]
    return between.join(each for each in texts if each) or None


def _name(resource):
    """Full, first and last name, and the title before it; of several names the official one."""
    names = [each for each in dicts(resource.get("name")) if each.get("use") not in ("old", "maiden", "nickname")]
    name = next((each for each in names if each.get("use") == "official"), names[0] if names else {})
    first, last = _joined(name.get("given")), text(name.get("family"))
    whole = " ".join(each for each in (first, last) if each) or text(name.get("text")) or ""
    return whole, first, last, _joined(name.get("prefix")) or ""


def _telecom(resource, system):
    return next((text(each.get("value")) for each in dicts(resource.get("telecom"))
                 if each.get("system") == system and each.get("use") != "old" and each.get("value")), None)  # fmt: skip


def concept(value) -> str | None:
    """A CodeableConcept in words: its own, else those of its first code, else that code."""
    if not isinstance(value, dict):
        return None
    displays = (text(each.get("display")) or text(each.get("code")) for each in dicts(value.get("coding")))
    return text(value.get("text")) or next(displays, None)


def _language(resource):
    spoken = next(dicts(resource.get("communication")), {}).get("language")
    coding = next(dicts(spoken.get("coding")), {}) if isinstance(spoken, dict) else {}
    return text(coding.get("code")) or concept(spoken)


def _full_date(value):
    if not isinstance(value, str) or not FULL_DATE.match(value):
        return None
    day = date.fromisoformat(value)
    return day if 1880 <= day.year <= 2999 else None


def _deceased(resource, zone):
    at = resource.get("deceasedDateTime")
    return (instant(at, zone), True) if at else (None, resource.get("deceasedBoolean") is True)


def instant(value, zone) -> datetime | None:
    """A full date or a dateTime of our times as an instant; a date is its beginning in the clinic's zone."""
    if not isinstance(value, str) or not FULL_DATE.match(value[:10]) or not 1800 <= int(value[:4]) <= 2999:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
