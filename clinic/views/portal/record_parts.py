"""The parts of a patient's record in the portal, each a page of its own: a line for every subject that has one."""

from dataclasses import dataclass
from types import SimpleNamespace

from flask import current_app, url_for
from flask_babel import gettext as _

from clinic.actions import looks
from clinic.current import current
from clinic.db import db, word
from clinic.queries import news


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the portal's about one kind of thing; ``patient_id`` after its question mark says whose.

    ``tables`` are where its rows are, so that the record says how many of them are new.
    """

    endpoint: str
    label: str
    hint: str
    tables: tuple[str, ...] = ()


RECORD_PARTS = (
    Part(
        "portal.health.index", word("Health"), word("Allergies, conditions, vaccinations, procedures."),
        ("allergies", "conditions", "immunizations", "procedures"),
    ),
    Part(
        "portal.health.measured", word("Measured values"), word("Blood pressure, weight and more."), ("measurements",)
    ),
    Part(
        "portal.consultations.index", word("Visits"), word("What was decided at each of them."),
        ("consultations", "consultation_addenda"),
    ),
    Part(
        "portal.prescriptions.index", word("Prescriptions"), word("What to take, and how."),
        ("prescriptions", "prescription_stops"),
    ),
    Part("portal.lab_results.index", word("Laboratory results"), word("With the usual ranges."), ("lab_results",)),
    Part(
        "portal.documents.index", word("Documents"), word("What you sent us, and what we give you."), ("documents",)
    ),
    Part(
        "portal.referrals.index", word("Referrals"), word("Letters to others who see you, and what came of it."),
        ("referrals",),
    ),
    Part(
        "portal.excuse_notes.index", word("Excuse notes"), word("For work or school, to print and hand in."),
        ("excuse_notes",),
    ),
    Part("portal.insurance.index", word("Insurance"), word("Who pays, and what we know of it.")),
)  # fmt: skip


def parts_of(patient_id, new) -> list:
    """The parts of one patient's record, each with its label, hint, address and how much of it is ``new``."""
    return [
        SimpleNamespace(
            label=_(part.label), hint=_(part.hint), url=url_for(part.endpoint, patient_id=patient_id),
            new=sum(new.get((patient_id, table), 0) for table in part.tables), patient_id=patient_id,
        )
        for part in RECORD_PARTS
        if part.endpoint in current_app.view_functions
    ]  # fmt: skip


def new_since_last_look() -> dict:
    """{(patient's id, table): how many are new to the reader}; from now on they have looked."""
    looks.look(db.session(), by=current.actor)
    found = news.since_last_look(db.session(), current.clinic.id, current.user.id)
    return {(each.patient_id, each.table): each.count for each in found}


def parts_with_news(patient_ids) -> list:
    """The parts in which something is new, of every one of these patients."""
    new = new_since_last_look()
    return [part for patient_id in patient_ids for part in parts_of(patient_id, new) if part.new]
