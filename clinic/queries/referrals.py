"""Referrals: a patient's, a visit's, those the portal shows, and the open ones that nobody has closed."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.db import word
from clinic.models.referrals import OPEN, Priority, Referral, ReferralStatus
from clinic.queries.ends import CLINIC, OpenEnd
from clinic.queries.entries import CLINIC_ID, PATIENT_ID, Source

ON_A_PAGE = 20
MOST_OF_A_VISIT = 20
referrals = Referral.__table__.c
# Who writes it is named beside it; nothing else is read for a list.
NAMED = (joinedload(Referral.provider), joinedload(Referral.created_by))
# A draft is between the doctor and themselves until they say that it is finished.
TOLD = sa.or_(referrals.ready_at.is_not(None), referrals.sent_at.is_not(None))
READY = "ready"
# To whom, in one line: the first of the envelope's.
TITLE = sa.func.split_part(referrals.referred_to, "\n", 1)
TIMELINE = Source(
    "referral", word("Referral"), word("Referrals"), states=ReferralStatus,
    path="/staff/patients/{patient_id}/referrals/{id}", desk=True,
    desk_path="/staff/patients/{patient_id}/papers/referrals/{id}", desk_rows=TOLD,
    select=sa.select(
        sa.literal("referral").label("kind"), referrals.id, referrals.created_at.label("at"), TITLE.label("title"),
        referrals.status.label("state"), referrals.visit_id, referrals.provider_id,
    ).where(referrals.clinic_id == CLINIC_ID, referrals.patient_id == PATIENT_ID),
)  # fmt: skip
OPEN_END = OpenEnd(
    "referral", word("Referrals"), one=word("Referral"), path="/staff/patients/{patient_id}/referrals/{id}",
    states={each.value: each.label for each in OPEN} | {READY: word("Ready to be sent")},
    select=sa.select(
        referrals.id, referrals.patient_id, referrals.provider_id, referrals.created_at.label("since"),
        sa.case(
            (sa.and_(referrals.status == ReferralStatus.PENDING, referrals.ready_at.is_not(None)), READY),
            else_=sa.type_coerce(referrals.status, sa.Text()),
        ).label("state"), TITLE.label("title"),
        (referrals.priority != Priority.ROUTINE).label("is_urgent"),
    ).where(referrals.clinic_id == CLINIC, referrals.status.in_(OPEN)),
)  # fmt: skip


def of_records(session, records, number: int = 1) -> list[Referral]:
    """A page of the referrals of one patient, whose records these are; one more row where there is a next page."""
    return session.scalars(_newest(Referral.patient_id.in_(records), number)).all()


def of_visit(session, visit) -> list[Referral]:
    """What was referred at a visit, the newest first."""
    return session.scalars(_newest(Referral.visit_id == visit.id, 1).limit(MOST_OF_A_VISIT)).all()


def referral_of(session, records, referral_id) -> Referral | None:
    """This referral of the patient whose records these are, or None."""
    wanted = sa.select(Referral).options(*NAMED).where(Referral.id == referral_id, Referral.patient_id.in_(records))
    return session.scalars(wanted).one_or_none()


def sent(session, patient_id, number: int = 1) -> list[Referral]:
    """A page of what the portal shows of a patient's referrals: those that were sent, the newest first."""
    wanted = _newest(Referral.patient_id == patient_id, number)
    return session.scalars(wanted.where(Referral.sent_at.is_not(None)).options(joinedload(Referral.patient))).all()


def sent_one(session, referral_id) -> Referral | None:
    """A referral that was sent, of a patient whom the session sees, or None."""
    wanted = sa.select(Referral).options(*NAMED, joinedload(Referral.patient))
    return session.scalars(wanted.where(Referral.id == referral_id, Referral.sent_at.is_not(None))).one_or_none()


def _newest(condition, number):
    wanted = sa.select(Referral).options(*NAMED).where(condition)
    page = wanted.order_by(Referral.created_at.desc(), Referral.id.desc())
    return page.limit(ON_A_PAGE + 1).offset((number - 1) * ON_A_PAGE)
