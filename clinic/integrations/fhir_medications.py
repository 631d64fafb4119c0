"""What a FHIR R4 MedicationRequest is here: a prescription of one medicine, with what its source knew of it. Pure."""

from zoneinfo import ZoneInfo

from clinic.integrations.fhir_chart import LONGEST_NAME, NEVER_TRUE, Whose
from clinic.integrations.fhir_mapping import Mapped, Skip, concept, dicts, instant, keys_of, text
from clinic.models.recorded import RecordSource

ORDERS = ("order", "original-order", "instance-order", "reflex-order", "filler-order")
# A stop with a reason of its own; what the source itself gave as a reason comes before it.
ENDED = {"stopped": None, "cancelled": None, "completed": "Completed", NEVER_TRUE: "Entered by mistake"}
EVERY = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}


def medication_request(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A MedicationRequest as a prescription; columns "item" and "stop" are rows of their own, the stop may be None."""
    whose, status = Whose.of(resource, by=("requester",)), resource.get("status")
    if resource.get("intent") not in ORDERS:
        raise Skip("it is not an order")
    if status == "draft":
        raise Skip("it was not issued yet")
    issued = instant(resource.get("authoredOn"), zone)
    requester = resource.get("requester") if isinstance(resource.get("requester"), dict) else {}
    columns = {
        "source": RecordSource.IMPORT, "issued_at": issued, "is_dated": issued is not None,
        "prescriber": _short(text(requester.get("display")), 200), "item": _item(resource), "stop": _stop(resource),
    }  # fmt: skip
    remarks = [] if columns["item"]["dosage"] else ["it does not say how to take it: shown as not recorded"]
    return Mapped(
        keys_of(resource, full_url), columns, remarks, whose.patient, whose.providers, whose.visit, "prescriptions"
    )


def _item(resource):
    name = concept(resource.get("medicationCodeableConcept")) or _referred(resource)
    if not name:
        raise Skip("it does not say which medicine")
    dose = next(dicts(resource.get("dosageInstruction")), {})
    notes = [concept(each) for each in dicts(dose.get("additionalInstruction"))]
    notes += [text(dose.get("patientInstruction")), "as needed" if dose.get("asNeededBoolean") is True else None]
    notes += [text(each.get("text")) for each in dicts(resource.get("note"))]
    return {
        "medicine_name": name[:LONGEST_NAME], "dosage": _short(text(dose.get("text")) or _dose(dose), 200),
        "frequency": _short(_timing(dose), 200), "duration": _duration(resource),
        "notes": _short(", ".join(each for each in notes if each), 1000),
    }  # fmt: skip


def _stop(resource):
    status = resource.get("status")
    if status not in ENDED:
        return None
    return {"reason": concept(resource.get("statusReason")) or ENDED[status]}


def _referred(resource):
    """The medicine by a reference: its words there, or those of the Medication that the request brings along."""
    found = resource.get("medicationReference")
    if not isinstance(found, dict):
        return None
    own = (found.get("reference") or "").removeprefix("#")
    brought = next((each for each in dicts(resource.get("contained")) if each.get("id") == own), {})
    return text(found.get("display")) or concept(brought.get("code"))


def _dose(dose):
    quantity = next(dicts(dose.get("doseAndRate")), {}).get("doseQuantity")
    if not isinstance(quantity, dict) or isinstance(quantity.get("value"), bool | None | str):
        return None
    return f"{quantity['value']:g} {text(quantity.get('unit')) or ''}".strip()


def _timing(dose):
    """How often, in words: 2 times every 1 day."""
    timing = dose.get("timing") if isinstance(dose.get("timing"), dict) else {}
    repeat = timing.get("repeat") if isinstance(timing.get("repeat"), dict) else {}
    times, period, unit = (repeat.get(name) for name in ("frequency", "period", "periodUnit"))
    if not isinstance(times, int) or not isinstance(period, int | float) or unit not in EVERY:
        return concept(timing.get("code"))
    span = f"a {EVERY[unit]}" if period == 1 else f"every {period:g} {EVERY[unit]}s"
    return f"once {span}" if times == 1 else f"{times} times {span}"


def _duration(resource):
    request = resource.get("dispenseRequest") if isinstance(resource.get("dispenseRequest"), dict) else {}
    supply = request.get("expectedSupplyDuration")
    if not isinstance(supply, dict) or not isinstance(supply.get("value"), int | float):
        return None
    return _short(f"{supply['value']:g} {text(supply.get('unit')) or ''}".strip(), 200)


def _short(words, most):
    return words[:most] if words else None
