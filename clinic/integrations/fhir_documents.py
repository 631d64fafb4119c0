"""What a FHIR R4 DocumentReference is in a patient's chart: a document, where its file is in it. Pure."""

import base64
import binascii
from zoneinfo import ZoneInfo

from clinic.actions.documents import ACCEPTED
from clinic.integrations.fhir_chart import Whose
from clinic.integrations.fhir_mapping import Mapped, Skip, concept, dicts, instant, keys_of, text
from clinic.models.documents import DocumentCategory

C = DocumentCategory
# LOINC's codes of documents that we have a category for; a note or a letter of a doctor's is a report.
LOINC = {
    "59284-0": C.CONSENT_FORM, "11502-2": C.LAB_REPORT, "18748-4": C.X_RAY, "57833-6": C.PRESCRIPTION,
    "34133-9": C.REPORT, "18842-5": C.REPORT, "11488-4": C.REPORT, "34108-1": C.REPORT, "57133-1": C.REPORT,
    "11506-3": C.REPORT, "34117-2": C.REPORT,
}  # fmt: skip


def document_reference(resource, full_url, zone: ZoneInfo) -> Mapped:
    """A DocumentReference as a document; the column "data" is its file."""
    whose = Whose.of(resource, by=("author",))
    if resource.get("status") != "current":
        raise Skip("it was replaced, or entered by mistake")
    attachment = _attachment(resource)
    kind = text(attachment.get("contentType")) or ""
    ending = next(iter(ACCEPTED.types.get(kind.partition(";")[0].strip().lower(), ())), None)
    if ending is None:
        raise Skip("files of its type are not taken here")
    said = concept(resource.get("type"))
    category = next((LOINC[code] for code in _codes(resource.get("type")) if code in LOINC), C.OTHER)
    title = text(attachment.get("title")) or text(resource.get("description")) or said or "Document"
    context = resource.get("context") if isinstance(resource.get("context"), dict) else {}
    visit = next((Whose.of({**resource, "encounter": each}).visit for each in dicts(context.get("encounter"))), None)
    columns = {
        "title": title[:200], "description": (text(resource.get("description")) or "")[:2000] or None,
        "category": category, "category_text": said[:200] if said and category == C.OTHER else None,
        "recorded_at": instant(resource.get("date") or attachment.get("creation"), zone),
        "file_name": title[:100].replace("/", " ") + ending, "data": _data(attachment),
    }  # fmt: skip
    return Mapped(keys_of(resource, full_url), columns, [], whose.patient, [], visit, "documents")


def _attachment(resource):
    """The first attachment that is here itself."""
    there = [each["attachment"] for each in dicts(resource.get("content")) if isinstance(each.get("attachment"), dict)]
    found = next((each for each in there if isinstance(each.get("data"), str)), None)
    if found is None:
        raise Skip("its file is not in it, only an address where it was")
    return found


def _data(attachment):
    try:
        data = base64.b64decode("".join(attachment["data"].split()), validate=True)
    except (binascii.Error, ValueError):
        raise Skip("its file cannot be read") from None
    if not data:
        raise Skip("its file is empty")
    return data


def _codes(value):
    return [each.get("code") for each in dicts(value.get("coding"))] if isinstance(value, dict) else []
