"""What holds a patient's record, whose is asked to be erased, and who is there to say yes."""

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic.models.accounts import Membership, Role, User, UserStatus
from clinic.models.keeping import Erasure, LegalHold
from clinic.models.visits import LIVE, Visit

MOST = 200


def live_hold(session, patient_id) -> LegalHold | None:
    """The legal hold on the patient's record, if there is one."""
    return session.scalars(
        sa.select(LegalHold)
        .options(joinedload(LegalHold.placed_by))
        .where(LegalHold.patient_id == patient_id, LegalHold.ended_at.is_(None))
        .limit(1)
    ).first()


def erasure_of(session, patient_id) -> Erasure | None:
    """The request to erase the patient's record that was not withdrawn, confirmed or not."""
    return session.scalars(
        sa.select(Erasure)
        .options(joinedload(Erasure.asked_by))
        .where(Erasure.patient_id == patient_id, Erasure.withdrawn_at.is_(None))
    ).one_or_none()


def live_holds(session) -> list[LegalHold]:
    """The clinic's legal holds, newest first, with their patients."""
    holds = sa.select(LegalHold).options(joinedload(LegalHold.patient)).where(LegalHold.ended_at.is_(None))
    return session.scalars(holds.order_by(LegalHold.created_at.desc()).limit(MOST)).all()


def open_erasures(session) -> list[Erasure]:
    """The requests to erase that wait for an answer, oldest first, with their patients."""
    waiting = sa.select(Erasure).options(joinedload(Erasure.patient), joinedload(Erasure.asked_by))
    waiting = waiting.where(Erasure.confirmed_at.is_(None), Erasure.withdrawn_at.is_(None))
    return session.scalars(waiting.order_by(Erasure.created_at).limit(MOST)).all()


def has_live_visit(session, patient_id) -> bool:
    """Whether a visit of the patient's is to come, or going on, or was never closed."""
    return session.scalar(
        sa.select(
            sa.exists().where(Visit.patient_id == patient_id, Visit.status.in_(LIVE), Visit.clinic_id.is_not(None))
        )
    )


def other_admins(session, user_id) -> int:
    """How many other people administer the clinic and may sign in."""
    return session.scalar(
        sa.select(sa.func.count(sa.distinct(Membership.user_id)))
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.role == Role.ADMIN, Membership.ended_at.is_(None), Membership.user_id != user_id,
            User.status == UserStatus.ACTIVE,
        )
    )  # fmt: skip
