"""Taking in files that an outside system holds about patients: each is looked through like one that somebody sent."""

import io
from collections import Counter

from uuid_utils.compat import uuid7

from clinic.actions import documents
from clinic.actions.acting import Refused
from clinic.models.documents import FIRST_PART, Document, key_of
from clinic.models.integrations import ExternalId
from clinic.models.patients import Patient
from clinic.uploads import NoRoom


def write_document(importing, item, storage, room) -> Counter:
    """Keep the file and take note of it, once; raises Refused or NoRoom. ``room`` is how many bytes a clinic may have.

    The file is kept before a row says so: one without a row is swept away, a row without a file would be a fault.
    """
    if importing.known("documents", item.keys):
        return Counter(unchanged=1)
    facts, document_id = dict(item.columns), uuid7()
    data, patient_id = facts.pop("data"), facts.pop("patient_id")
    key = key_of(importing.clinic_id, document_id, FIRST_PART)
    patient = importing.session.get(Patient, (importing.clinic_id, patient_id))
    storage.put(key, io.BytesIO(data))
    try:
        document = documents.begin(
            patient, by=importing.by, room=room, file_size=len(data), document_id=document_id,
            category_text=facts.pop("category_text"), **facts,
        )  # fmt: skip
    except (Refused, NoRoom):
        storage.delete([key])
        raise
    documents.arrived(document)
    importing.session.add_all(_names(importing, item, document))
    importing.session.flush()
    return Counter(created=1)


def _names(importing, item, document: Document):
    ids = {"clinic_id": importing.clinic_id, "integration_id": importing.integration_id, "resource_type": "documents"}
    return [ExternalId(**ids, id=uuid7(), resource_id=document.id, external_id=key) for key in item.keys]
