"""A visit's note: kept as it is typed, signed by the visit's doctor, and then only added to.

Whoever writes says which version they saw. Two who write at once both keep their words: the second is told, and
looks at both texts before anything is written over.
"""

from dataclasses import asdict, dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic.actions.acting import Refused, action, audit
from clinic.actions.moves import hold
from clinic.models.consultations import LONGEST, MOST_CODES, WORDS, Consultation, ConsultationAddendum, OpenNote
from clinic.models.visits import VisitStatus

S = VisitStatus
NOT_HELD = (S.CANCELLED, S.NO_SHOW)
BEGUN = (S.IN_PROGRESS, S.COMPLETED)
BEGIN = insert(Consultation.__table__).on_conflict_do_nothing(index_elements=["clinic_id", "visit_id"])
# A page is known by an id that it drew itself: nobody else's, and no other visit's, is ever taken over.
STILL_HERE = insert(OpenNote.__table__)
STILL_HERE = STILL_HERE.on_conflict_do_update(
    index_elements=["clinic_id", "id"], set_={"seen_at": sa.func.now()},
    where=sa.and_(
        OpenNote.__table__.c.user_id == STILL_HERE.excluded.user_id,
        OpenNote.__table__.c.visit_id == STILL_HERE.excluded.visit_id,
    ),
)  # fmt: skip
FORGOTTEN = sa.text("interval '10 minutes'")


@dataclass(frozen=True, slots=True)
class Words:
    """What a note says: its four parts, None where there is nothing, and the ICD-10 codes of the diagnosis."""

    complaints: str | None = None
    diagnosis: str | None = None
    diagnosis_codes: tuple[str, ...] = ()
    treatment: str | None = None
    notes: str | None = None

    @classmethod
    def of(cls, written):
        """What a note or a template says."""
        return cls(
            written.complaints, written.diagnosis, tuple(written.diagnosis_codes), written.treatment, written.notes
        )

    def begun_from(self, template):
        """These words with a template's put in: where nothing stands yet, and below what does."""
        more = Words.of(template)
        codes = (*self.diagnosis_codes, *(each for each in more.diagnosis_codes if each not in self.diagnosis_codes))
        return Words(
            _below(self.complaints, more.complaints), _below(self.diagnosis, more.diagnosis), codes,
            _below(self.treatment, more.treatment), _below(self.notes, more.notes),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sending:
    """Where words come from: the version their page showed, the page itself, and which of its sendings this is.

    ``resumes`` names an earlier page whose unsent words this one took up after it was loaded again.
    """

    version: int
    page: UUID | None = None
    number: int = 0
    resumes: UUID | None = None


class NoteChanged(Refused):
    """Somebody wrote in the note since this page was drawn; nothing was written over."""

    def __init__(self):
        super().__init__("Somebody changed this note while you were writing. Nothing of yours was saved over it.")


@action
def save(visit, words: Words, sending: Sending, *, by):
    """Keep the draft, as a person pressed for it."""
    return _write(visit, words, sending, by)


def autosave(visit, words: Words, sending: Sending, *, by):
    """Keep the draft, as the page does by itself; the audit log has one entry for each time somebody sat down to it."""
    note = _write(visit, words, sending, by)
    sat_down = sa.inspect(note).attrs.saved_page.history.has_changes()
    object_session(note).flush()
    if sat_down:
        audit(object_session(note), "consultations.autosave", by=by, record=note)
    return note


@action
def sign(visit, words: Words, sending: Sending, *, by):
    """Sign what stands on the doctor's page; from then on nobody changes it, and the patient may read it."""
    hold(visit)
    if by.provider_id is None or visit.provider_id != by.provider_id:
        raise Refused("Only the visit's own doctor can sign its note.")
    if visit.status not in BEGUN:
        raise Refused("Start the visit before you sign its note.")
    if words == Words():
        raise Refused("There is nothing to sign yet. Write the note first.")
    note = _write(visit, words, sending, by)
    if Words.of(note) != words:
        raise NoteChanged
    # All at once: the database lets nothing of it change a moment later.
    session, minutes = object_session(visit), _minutes(visit)
    note.provider_id, note.signed_by_id, note.signed_at = visit.provider_id, by.user_id, sa.func.now()
    note.duration_minutes = minutes
    session.execute(sa.delete(OpenNote).where(OpenNote.visit_id == visit.id))
    session.flush()
    session.refresh(note)
    return note


@action
def add_addendum(note: Consultation, text: str, *, by):
    """Add to a signed note what was found later or was wrong in it; the patient may read that too."""
    session = object_session(note)
    if not note.is_signed:
        raise Refused("This note is not signed yet: write in it.")
    addendum = ConsultationAddendum(
        clinic_id=note.clinic_id, id=uuid7(), consultation_id=note.id, text=text, written_by_id=by.user_id,
        provider_id=by.provider_id, created_at=sa.func.clock_timestamp(),
    )  # fmt: skip
    session.add(addendum)
    return addendum


def stay_open(visit, page: UUID, *, by):
    """Note that a page still has the draft before somebody, and forget pages that fell silent."""
    session, at = object_session(visit), OpenNote.__table__.c
    session.execute(STILL_HERE, {"clinic_id": visit.clinic_id, "id": page, "visit_id": visit.id, "user_id": by.user_id})
    session.execute(
        sa.delete(OpenNote).where(at.visit_id == visit.id, at.seen_at < sa.func.now() - FORGOTTEN),
        execution_options={"synchronize_session": False},
    )


def leave(visit, page: UUID, *, by):
    """Forget a page of this person's that was closed."""
    at = OpenNote.__table__.c
    object_session(visit).execute(
        sa.delete(OpenNote).where(at.visit_id == visit.id, at.id == page, at.user_id == by.user_id),
        execution_options={"synchronize_session": False},
    )


def locked(visit) -> Consultation:
    """The visit's note, begun if there is none, and nobody else's to write until this transaction ends."""
    session = object_session(visit)
    session.execute(
        BEGIN,
        {"clinic_id": visit.clinic_id, "id": uuid7(), "visit_id": visit.id, "provider_id": visit.provider_id,
         "diagnosis_codes": [], "version": 0},
    )  # fmt: skip
    return session.scalars(
        sa.select(Consultation)
        .where(Consultation.visit_id == visit.id)
        .with_for_update(of=Consultation)
        .execution_options(populate_existing=True)
    ).one()


def _write(visit, words, sending, by):
    """The note with these words in it, unless they are there already or came late; locked until the end."""
    note = locked(visit)
    if note.is_signed:
        raise Refused("This note is signed. What you want to add goes below it, as an addendum.")
    if visit.status in NOT_HELD:
        raise Refused("This visit did not take place, so there is no note to write.")
    _refuse_what_is_too_long(words)
    if Words.of(note) == words or _came_late(note, sending):
        return note
    if not _follows(note, sending):
        raise NoteChanged
    for name, value in asdict(words).items():
        setattr(note, name, list(value) if isinstance(value, tuple) else value)
    note.version += 1
    note.saved_page, note.saved_number = sending.page, sending.number
    note.edited_at, note.edited_by_id, note.provider_id = sa.func.now(), by.user_id, visit.provider_id
    return note


def _refuse_what_is_too_long(words):
    if any(len(getattr(words, name) or "") > LONGEST for name in WORDS) or len(words.diagnosis_codes) > MOST_CODES:
        raise Refused("A part of this note is longer than %(most)s characters.", most=LONGEST)


def _follows(note, sending):
    """Whether nobody but the page itself wrote since it was drawn; its own answer may have been lost on the way."""
    if note.version == sending.version:
        return True
    if note.saved_page is None:
        return False
    if note.saved_page == sending.page:
        return sending.number > note.saved_number
    return note.saved_page == sending.resumes


def _came_late(note, sending):
    """Whether the same page has sent newer words, which overtook these."""
    return sending.page is not None and note.saved_page == sending.page and sending.number < note.saved_number


def _minutes(visit):
    """How long the visit took so far, in whole minutes; None where nobody noted that it began, or it was days ago."""
    if visit.started_at is None:
        return None
    session = object_session(visit)
    until = visit.ended_at or session.scalar(sa.select(sa.func.now()))
    minutes = round((until - visit.started_at).total_seconds() / 60)
    return minutes if 0 <= minutes <= 1440 else None


def _below(there, more):
    return f"{there}\n\n{more}" if there and more else there or more
