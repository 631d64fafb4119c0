"""Small FHIR resources made for a test, and files of them."""

import gzip
import json


def patient(number=1, **other):
    """A Patient with everything; name a field None to leave it out."""
    return _without_nothing({
        "resourceType": "Patient", "id": f"p{number}", "gender": "female", "birthDate": "1984-07-02",
        "name": [{"use": "official", "family": "Zieliński", "given": ["Łucja", "Maria"], "prefix": ["Ms"]}],
        "telecom": [{"system": "phone", "value": "555-767-7476"}, {"system": "email", "value": "lucja@mail.example"}],
        "address": [{"line": ["931 Doyle Corner", "Apt 89"], "city": "Wilmington", "postalCode": "01887"}],
        **other,
    })  # fmt: skip


def practitioner(number=1, **other):
    """A Practitioner."""
    name = [{"family": "Kassulke", "given": ["June"], "prefix": ["Dr."]}]
    return _without_nothing({"resourceType": "Practitioner", "id": f"d{number}", "name": name, **other})


def encounter(number=1, patient="urn:uuid:p1", doctor="urn:uuid:d1", **other):
    """An Encounter of a quarter of an hour in 2012."""
    return _without_nothing({
        "resourceType": "Encounter", "id": f"e{number}", "status": "finished", "class": {"code": "AMB"},
        "type": [{"text": "Check-up"}], "subject": {"reference": patient},
        "participant": [{"individual": {"reference": doctor}}],
        "period": {"start": "2012-09-10T15:29:24+00:00", "end": "2012-09-10T15:44:24+00:00"},
        **other,
    })  # fmt: skip


def _without_nothing(resource):
    return {name: value for name, value in resource.items() if value is not None}


def lines(*resources):
    """Resources as NDJSON; a string stands for itself."""
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in resources) + "\n"


def bundle(*resources, kind="transaction"):
    """Resources as a bundle, each with its urn:uuid: address."""
    entries = [{"fullUrl": f"urn:uuid:{each.get('id', 'none')}", "resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})


def write(path, text):
    """Write a file, compressed where its name says so; returns it."""
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path
