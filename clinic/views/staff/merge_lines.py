"""What a merge moves and what it keeps, in words: a line for each kind of entry and for each detail that differs."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.actions import connections
from clinic.actions import patient_merges as verbs
from clinic.actions.rehearsing import rehearsal
from clinic.db import db
from clinic.models.patient_merges import PatientMerge
from clinic.openings import listed
from clinic.views.staff import own_patients
from clinic.views.staff.change_words import LABELS, in_words

# Tables that have no word here are counted under the last one.
KINDS = {
    "visits": _l("Visits"),
    "series": _l("Series of visits"),
    "visit_requests": _l("Visits asked for"),
    "waitlist_entries": _l("Places on the waiting list"),
    "slot_offers": _l("Times offered"),
    "stranded_visits": _l("Visits that needed another time"),
    "notifications": _l("Messages"),
    "text_replies": _l("Messages"),
    "patient_tags": _l("Flags and tags"),
    "patient_access": _l("People who see the record in the portal"),
    "calendar_feeds": _l("Calendar addresses"),
    "insurance_policies": _l("Insurance policies"),
    "patient_changes": _l("What was known before"),
    "patients": _l("Records that became part of it earlier"),
    "allergies": _l("Allergies"),
    "conditions": _l("Conditions"),
    "immunizations": _l("Vaccinations"),
    "procedures": _l("Procedures"),
    "measurements": _l("Measured values"),
    "consultations": _l("Notes"),
    "prescriptions": _l("Prescriptions"),
    "lab_orders": _l("Laboratory orders"),
    "lab_results": _l("Laboratory results"),
    "referrals": _l("Referrals"),
    "excuse_notes": _l("Excuse notes"),
    "documents": _l("Documents"),
}
OTHERS = _l("Other entries")
DETAILS = ("full_name", "date_of_birth", "gender", "phone", "email", "address_line", "city", "country", "language",
           "preferred_contact_method", "emergency_contact_name", "emergency_contact_phone", "notes")  # fmt: skip
# Where these differ it is more likely that there are two people.
TELLING = ("full_name", "date_of_birth", "gender")


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of two records: the counts, the details side by side, and who would see the one."""

    counts: list
    details: list
    accesses: list
    doubts: list


def preview(patient, other) -> Preview:
    """What would happen if ``other`` became part of ``patient`` now; nothing of it stays."""
    session = db.session()
    accesses = [row for each in (patient, other) for row in connections.accesses(session, each)]
    people = sorted({user.email for _access, user in accesses})
    with rehearsal(session):
        moved, stays = verbs.rehearse(session, patient, other)
    details = [_detail(name, patient, other) for name in DETAILS]
    doubts = [LABELS[name] for name in TELLING if _differ(getattr(patient, name), getattr(other, name))]
    counts = counted({name: len(rows) for name, rows in moved.items()}, stays)
    return Preview(counts, [row for row in details if row], people, doubts)


def counted(moved, stays=None) -> list:
    """(kind, how many move, how many stay) for each kind of entry there is."""
    found = {}
    for place, numbers in ((0, moved), (1, stays or {})):
        for key, count in numbers.items():
            if key != verbs.ENDED:
                label = str(KINDS.get(key.partition(".")[0], OTHERS))
                found.setdefault(label, [0, 0])[place] += count
    return [(label, *counts) for label, counts in sorted(found.items())]


def both(merge: PatientMerge):
    """The two records of a merge; either is None where it was deleted since."""
    found = own_patients.records(merge.patient_id, merge.other_id)
    listed(each.id for each in found if each)
    return found


def _detail(name, patient, other):
    mine, theirs = getattr(patient, name), getattr(other, name)
    if mine is None and theirs is None:
        return None
    nothing = _("not known")
    return (LABELS[name], in_words(name, mine) or nothing, in_words(name, theirs) or nothing, _differ(mine, theirs))


def _differ(mine, theirs):
    return mine is not None and theirs is not None and mine != theirs
