"""What the demo's doctors gave their patients on paper: referrals in every state, and two excuse notes."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from clinic.actions import excuse_notes, referrals
from clinic.actions.excuse_notes import Excuse
from clinic.actions.referrals import Letter
from clinic.db import now
from clinic.models.excuse_notes import ExcuseKind
from clinic.models.referrals import Priority, Referral, ReferralStatus, SentTo
from clinic.models.visits import Visit, VisitStatus

S = ReferralStatus


@dataclass(frozen=True, slots=True)
class Sent:
    """One referral of the demo's: what it says, how many days ago it was written and how far it has come since."""

    letter: Letter
    days: int
    status: ReferralStatus


REFERRALS = (
    Sent(
        Letter(
            "Dr Helena Marsh\nCardiology, Riverside Hospital\n12 Quay Road", "Short of breath on one flight of stairs"
            " for six weeks. Please assess, with an echocardiogram if you think it right.", Priority.URGENT,
            "Cardiology", "Blood pressure 148/92 on two visits. No chest pain. Takes nothing regularly.",
        ), 34, S.SENT,
    ),
    Sent(
        Letter(
            "Elm Court Physiotherapy\n3 Elm Court", "Stiff shoulder after a fall, no fracture. Exercises, please.",
            Priority.ROUTINE, "Physiotherapy",
        ), 12, S.ACCEPTED,
    ),
    Sent(
        Letter(
            "Dr Noor Rahimi\nSkin Clinic North", "A mole on the back that has grown since spring. Please look at it.",
            Priority.ROUTINE, "Dermatology",
        ), 2, S.PENDING,
    ),
    Sent(
        Letter("Eye Department, Riverside Hospital", "Sees flashes since last week.", Priority.STAT, "Ophthalmology"),
        48, S.COMPLETED,
    ),
)  # fmt: skip
OUTCOME = "Detached vitreous, the retina is whole. To be seen again only if it changes."


def give_papers(session, week):
    """Write the papers for patients whom the doctors have seen, those with an account first."""
    seen = _seen(session, week.opened)
    for paper, visit in zip(REFERRALS, seen, strict=False):
        _refer(session, paper, visit, week)
    for number, visit in enumerate(seen[:2]):
        _excuse(session, visit, week, is_sent=not number)


def _seen(session, opened):
    """One completed visit of each of four patients."""
    completed = sa.select(Visit).where(Visit.status == VisitStatus.COMPLETED, Visit.provider_id.is_not(None))
    with_account = {opened.patients[name].id for name in opened.demo.portal}
    visits = {}
    for visit in session.scalars(completed.order_by(Visit.starts_at, Visit.id).limit(120)):
        visits.setdefault(visit.patient_id, visit)
    living = [each for each in visits.values() if not each.patient.is_deceased]
    return sorted(living, key=lambda each: each.patient_id not in with_account)[: len(REFERRALS)]


def _refer(session, paper, visit, week):
    by = _doctor(week.opened, visit)
    made = referrals.write(session, visit.patient, paper.letter, by=by)
    if paper.status == S.PENDING:
        referrals.mark_ready(made, by=by)
    else:
        referrals.send(made, SentTo.SPECIALIST, by=week.desk)
    if paper.status in (S.ACCEPTED, S.COMPLETED):
        referrals.accept(made, by=by)
    if paper.status == S.COMPLETED:
        referrals.complete(made, OUTCOME, by=by)
    written = now() - timedelta(days=paper.days)
    times = {"created_at": written} | ({"sent_at": written + timedelta(hours=3)} if made.sent_at else {})
    session.execute(sa.update(Referral).where(Referral.id == made.id).values(times))


def _excuse(session, visit, week, is_sent):
    first = visit.starts_at.astimezone(week.opened.zone).date()
    excuse = Excuse(
        ExcuseKind.WORK, first, first + timedelta(days=9), "No lifting above five kilograms, no work on ladders.",
        "Strained back",
    )  # fmt: skip
    made = excuse_notes.write(session, visit.patient, excuse, by=_doctor(week.opened, visit), visit_id=visit.id)
    if is_sent:
        excuse_notes.send(made, by=week.desk)


def _doctor(opened, visit):
    return next(actor for provider, actor in opened.doctors if provider.id == visit.provider_id)
