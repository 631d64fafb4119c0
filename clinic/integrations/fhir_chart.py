"""What a FHIR R4 Condition, AllergyIntolerance, Immunization or Procedure is in a patient's chart. Pure."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clinic.integrations.fhir_mapping import Mapped, Skip, concept, dicts, instant, keys_of, reference, text
from clinic.models.allergies import AllergyCategory, AllergyStatus, Criticality
from clinic.models.conditions import ICD10
from clinic.models.immunizations import ImmunizationStatus
from clinic.models.procedures import ProcedureStatus
from clinic.models.recorded import RecordSource

LONGEST_NAME = 500
NEVER_TRUE = "entered-in-error"
OVER = ("inactive", "resolved", "remission")
ALLERGY_TO = re.compile(r"^(allergy|intolerance|allergic reaction) to ", re.IGNORECASE)
NONE_KNOWN = re.compile(r"\bno (known )?(\w+ )?allerg", re.IGNORECASE)
PROCEDURES = {
    "in-progress": ProcedureStatus.IN_PROGRESS, "completed": ProcedureStatus.COMPLETED,
    "stopped": ProcedureStatus.STOPPED, NEVER_TRUE: ProcedureStatus.COMPLETED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whose:
    """The names by which a resource calls its patient, the visit and whoever it is from."""

    patient: str
    visit: str | None
    providers: list[str]

    @classmethod
    def of(cls, resource, *, subject="subject", by=()):
        """Read out of a resource; ``by`` are the elements that may name somebody. Skips where it names no patient."""
        patient = reference(resource.get(subject), "Patient")
        if patient is None:
            raise Skip("it names no patient")
        named = [reference(each, "Practitioner") for name in by for each in _people(resource.get(name))]
        visit = reference(resource.get("encounter") or resource.get("context"), "Encounter")
        return cls(patient, visit, [each for each in named if each])


def condition(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A Condition as a condition; one that was ruled out is not taken in."""
    whose = Whose.of(resource, by=("asserter", "recorder"))
    verified = code_of(resource.get("verificationStatus"))
    if verified == "refuted":
        raise Skip("it was ruled out")
    remarks, onset = [], instant(resource.get("onsetDateTime") or _start(resource, "onsetPeriod"), zone)
    ended = instant(resource.get("abatementDateTime") or _start(resource, "abatementPeriod"), zone)
    recorded = instant(resource.get("recordedDate"), zone) or onset or ended
    if ended is None and code_of(resource.get("clinicalStatus")) in OVER:
        ended = recorded
        remarks.append("it is over, and since when is not said: over since it was recorded")
    onset_on, ended_on = day_of(onset, zone), day_of(ended, zone)
    if onset_on and ended_on and ended_on < onset_on:
        raise Skip("it ends before it begins")
    columns = {
        "name": name_of(resource.get("code"), "it does not say what it is"), "icd10": _icd10(resource.get("code")),
        "onset_on": onset_on, "ended_on": ended_on, "recorded_at": recorded,
    }  # fmt: skip
    return entry(resource, full_url, whose, columns, "conditions", remarks, verified == NEVER_TRUE, recorded)


def allergy(resource, full_url, zone: ZoneInfo) -> Mapped:
    """An AllergyIntolerance as an allergy."""
    whose = Whose.of(resource, subject="patient", by=("asserter", "recorder"))
    said = name_of(resource.get("code"), "it does not say to what")
    if NONE_KNOWN.search(said):
        raise Skip("it says that no allergy is known: ask the patient again")
    verified, now = code_of(resource.get("verificationStatus")), code_of(resource.get("clinicalStatus"))
    substance = ALLERGY_TO.sub("", said)
    recorded = instant(resource.get("recordedDate") or resource.get("onsetDateTime"), zone)
    reactions = [
        concept(each) for reaction in dicts(resource.get("reaction")) for each in dicts(reaction.get("manifestation"))
    ]
    kinds = resource.get("category") if isinstance(resource.get("category"), list) else []
    columns = {
        "substance": substance[:1].upper() + substance[1:], "source_text": said if said != substance else None,
        "category": next((each for each in AllergyCategory if each.value in kinds), None),
        "criticality": next((each for each in Criticality if each.value == resource.get("criticality")), None),
        "reaction": ", ".join(each for each in reactions if each)[:LONGEST_NAME] or None,
        "status": AllergyStatus.REFUTED if verified == "refuted" else _allergy_status(now), "is_none_known": False,
        "recorded_at": recorded,
    }  # fmt: skip
    return entry(resource, full_url, whose, columns, "allergies", [], verified == NEVER_TRUE, recorded)


def immunization(resource, full_url, zone: ZoneInfo) -> Mapped:
    """An Immunization as a vaccination, given or not."""
    whose, status = Whose.of(resource, subject="patient", by=("performer",)), resource.get("status")
    given = instant(resource.get("occurrenceDateTime"), zone)
    if given is None:
        raise Skip("it does not say on which day")
    dose = next(dicts(resource.get("protocolApplied")), {}).get("doseNumberPositiveInt")
    not_done = status == "not-done"
    columns = {
        "vaccine": name_of(resource.get("vaccineCode"), "it does not say which vaccine"), "given_at": given,
        "status": ImmunizationStatus.NOT_DONE if not_done else ImmunizationStatus.COMPLETED,
        "dose_number": dose if isinstance(dose, int) and 1 <= dose <= 50 else None,
        "lot_number": _short(text(resource.get("lotNumber")), 60), "site": _short(concept(resource.get("site")), 100),
        "reason": _short(concept(resource.get("statusReason")), LONGEST_NAME) if not_done else None,
    }  # fmt: skip
    return entry(resource, full_url, whose, columns, "immunizations", [], status == NEVER_TRUE, given)


def procedure(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A Procedure that was done, or begun."""
    whose, status = Whose.of(resource, by=("performer", "asserter", "recorder")), PROCEDURES.get(resource.get("status"))
    if status is None:
        raise Skip("it was not done")
    begun = instant(resource.get("performedDateTime") or _start(resource, "performedPeriod"), zone)
    if begun is None:
        raise Skip("it does not say on which day")
    period = resource.get("performedPeriod") if isinstance(resource.get("performedPeriod"), dict) else {}
    ended = instant(period.get("end"), zone)
    sites = [concept(each) for each in dicts(resource.get("bodySite"))]
    columns = {
        "name": name_of(resource.get("code"), "it does not say what was done"), "status": status,
        "performed_at": begun, "ended_at": ended if ended and ended >= begun else None,
        "site": _short(", ".join(each for each in sites if each), 100),
        "outcome": _short(concept(resource.get("outcome")), LONGEST_NAME),
    }  # fmt: skip
    never = resource.get("status") == NEVER_TRUE
    return entry(resource, full_url, whose, columns, "procedures", [], never, begun)


def entry(resource, full_url, whose, columns, table, remarks, is_mistaken, at) -> Mapped:
    """A resource as an entry of the chart, with what all of them have."""
    system, code = _first_code(resource.get("code") or resource.get("vaccineCode"))
    notes = [text(each.get("text")) for each in dicts(resource.get("note"))]
    shared = {
        "source": RecordSource.IMPORT, "code": code, "code_system": system, "mistaken_at": at if is_mistaken else None,
        "notes": _short("\n".join(each for each in notes if each), 2000),
    }  # fmt: skip
    if is_mistaken and at is None:
        raise Skip("it is marked as a mistake")
    return Mapped(
        keys_of(resource, full_url), columns | shared, remarks, whose.patient, whose.providers, whose.visit, table
    )


def name_of(value, why) -> str:
    """What a CodeableConcept says, or a Skip with the reason."""
    said = concept(value)
    if not said:
        raise Skip(why)
    return said[:LONGEST_NAME]


def code_of(value) -> str | None:
    """The first code of a CodeableConcept such as a status."""
    return _first_code(value)[1]


def day_of(moment, zone):
    """The day of a moment on the clinic's calendar."""
    return moment and moment.astimezone(zone).date()


def _first_code(value):
    coding = next(dicts(value.get("coding")), {}) if isinstance(value, dict) else {}
    return _short(text(coding.get("system")), 200), _short(text(coding.get("code")), 100)


def _icd10(value):
    codings = dicts(value.get("coding")) if isinstance(value, dict) else ()
    codes = (text(each.get("code")) for each in codings if "icd-10" in (text(each.get("system")) or "").lower())
    return next((each for each in codes if each and re.match(ICD10, each)), None)


def _people(value):
    """References to people: one, several, or actors of a performance."""
    many = value if isinstance(value, list) else [value]
    return [each.get("actor", each) for each in many if isinstance(each, dict)]


def _start(resource, name):
    return resource[name].get("start") if isinstance(resource.get(name), dict) else None


def _allergy_status(now):
    return {"inactive": AllergyStatus.INACTIVE, "resolved": AllergyStatus.RESOLVED}.get(now, AllergyStatus.ACTIVE)


def _short(words, most):
    return words[:most] if words else None
