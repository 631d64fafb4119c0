"""What the desk knows of a paper that a patient is given: since when there is one, by whom, and how it stands."""

from dataclasses import dataclass

import sqlalchemy as sa

from clinic.models.excuse_notes import ExcuseNote
from clinic.models.providers import Provider
from clinic.models.referrals import Referral
from clinic.queries.excuse_notes import STATE

CLINIC_ID, PAPER_ID = sa.bindparam("clinic_id", type_=sa.Uuid()), sa.bindparam("paper_id", type_=sa.Uuid())
doctors = Provider.__table__.c


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper without what it says."""

    id: object
    patient_id: object
    created_at: object
    ready_at: object
    sent_at: object
    state: str
    sent_to: str | None
    doctor: str | None

    @property
    def is_told(self):
        """Whether the desk knows of it: the doctor has said that it is finished, or has given it out."""
        return self.ready_at is not None or self.sent_at is not None


def _asked(table, state, sent_to):
    """A question for one paper in which not one word of it is read."""
    known = sa.and_(doctors.clinic_id == table.c.clinic_id, doctors.id == table.c.provider_id)
    columns = (table.c.id, table.c.patient_id, table.c.created_at, table.c.ready_at, table.c.sent_at)
    said = (sa.type_coerce(each, sa.Text()).label(name) for name, each in (("state", state), ("sent_to", sent_to)))
    rows = sa.select(*columns, *said, doctors.display_name.label("doctor"))
    rows = rows.select_from(table.outerjoin(Provider.__table__, known))
    return rows.where(table.c.clinic_id == CLINIC_ID, table.c.id == PAPER_ID)


REFERRAL = _asked(Referral.__table__, Referral.__table__.c.status, Referral.__table__.c.sent_to)
NOTE = _asked(ExcuseNote.__table__, STATE, sa.null())


def referral(session, clinic_id, records, referral_id) -> Paper | None:
    """This referral of the patient whose records these are, or None."""
    return _paper(session, REFERRAL, clinic_id, records, referral_id)


def excuse_note(session, clinic_id, records, note_id) -> Paper | None:
    """This excuse note of the patient whose records these are, or None."""
    return _paper(session, NOTE, clinic_id, records, note_id)


def _paper(session, question, clinic_id, records, paper_id):
    row = session.connection().execute(question, {"clinic_id": clinic_id, "paper_id": paper_id}).one_or_none()
    return Paper(**row._mapping) if row and row.patient_id in records else None
