"""Finding patients: by the beginnings of their words, a date of birth, the end of a phone number, a record number.

The beginning of a word is a range of words: row-level security lets comparisons of text use the index (LIKE it does
not), and they use it in prepared statements too, whose plan knows no prefix. The select is of plain tables and names
the clinic itself, so it costs what its SQL costs.
"""

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from clinic import typed_dates
from clinic.models.patients import Patient, PatientTag, PatientWord, TagKind
from clinic.models.visits import LIVE, CancelReason, Visit
from clinic.models.words import SHORTEST_PHONE_ENDING, number_word, phone_ending, typed_phone, typed_words
from clinic.queries.own_patients import Own

IN_THE_BOX = 20
ON_A_PAGE = 50
PAST_ON_A_PAGE = 20
MOST_TERMS = 8
LONGEST_QUESTION = 100
# A piece of a phone number as people space it, or a record number.
NUMBER = re.compile(r"[+(]*[0-9][0-9()./-]*")

patients, words = Patient.__table__.c, PatientWord.__table__.c
tags = PatientTag.__table__.c
FLAGS = (
    sa.select(sa.func.array_agg(sa.text("tag ORDER BY tag")))
    .select_from(PatientTag.__table__)
    .where(tags.clinic_id == patients.clinic_id, tags.patient_id == patients.id, tags.kind == TagKind.FLAG)
    .correlate(Patient.__table__)
    .scalar_subquery()
    .label("flags")
)
FOUND = sa.select(
    patients.id, patients.full_name, patients.date_of_birth, patients.phone, patients.mrn, patients.deceased_at, FLAGS
)


def after(prefix: str) -> str:
    """The first word, in the order of code points, that comes after every word with this beginning."""
    last = ord(prefix[-1]) + 1
    # Surrogates are no characters; the highest character of all has nobody after it but longer words.
    last = 0xE000 if last == 0xD800 else last
    return prefix[:-1] + chr(last) if last <= 0x10FFFF else prefix + "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Begins:
    """A word that begins like this."""

    word: str


@dataclass(frozen=True, slots=True)
class Is:
    """Exactly this word."""

    word: str

    def condition(self):
        """The same in SQL."""
        return words.word == self.word


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody typed, understood: of each group of words one must fit, and each date of birth."""

    groups: tuple = ()
    births: tuple = ()
    # A date that is not finished yet: nothing to look for so far.
    unfinished: bool = False

    @property
    def is_empty(self):
        """Whether there is nothing to look for."""
        return self.unfinished or not (self.groups or self.births)


def understand(text: str, locale: str, today: date) -> Question:
    """Read what was typed into the search: words, dates in the clinic's order, ends of phone and record numbers."""
    tokens = text[:LONGEST_QUESTION].split()[:MOST_TERMS]
    groups, births, digits = [], [], []
    for token in tokens:
        if born := typed_dates.read_all(token, locale, today):
            births.append(tuple(born))
        elif typed_dates.is_begun(token):
            return Question(unfinished=True)
        elif NUMBER.fullmatch(token):
            digits.append(token)
        elif any(each.isdigit() for each in token):
            groups.append((Is(number_word(token)), *(Begins(word) for word in typed_words(token)[:1])))
        else:
            groups.extend((Begins(word),) for word in typed_words(token))
    if born := typed_dates.read_all(" ".join(digits), locale, today):
        return Question(tuple(groups), (*births, tuple(born)))
    return Question(tuple(groups + _numbers(digits)), tuple(births))


def _numbers(tokens):
    """One phone number, however it was spaced, or one record number."""
    digits = "".join(each for token in tokens for each in token if each.isdigit())
    if not digits:
        return []
    group = [Is(number_word(digits))]
    if len(digits) >= SHORTEST_PHONE_ENDING and (word := typed_phone(digits)):
        group.append(Begins(word))
    return [tuple(group)]


def recent(clinic_id: UUID, *, own: Own | None = None):
    """The select of the patients registered last."""
    return (
        _visible(clinic_id, own)
        .where(patients.erased_at.is_(None))
        .order_by(patients.created_at.desc(), patients.id.desc())
    )


def one(clinic_id: UUID, patient_id: UUID, *, own: Own | None = None):
    """The select of one patient as lists show them, even one whose record has gone into another."""
    found = FOUND.where(patients.clinic_id == clinic_id, patients.id == patient_id, patients.deleted_at.is_(None))
    return found.where(own.condition(clinic_id)) if own else found


def alike(clinic_id: UUID, full_name: str, born: date | None, phone: str | None, *, but: UUID | None = None):
    """The select of patients who may be the same person: the same name and no other birthday, or the same phone."""
    named = [_with_word(clinic_id, Is(word)) for word in typed_words(full_name)[:MOST_TERMS]]
    ways = []
    if named:
        same_day = [patients.date_of_birth.is_(None), patients.date_of_birth == born] if born else [sa.true()]
        ways.append(patients.id.in_(sa.intersect(*named)) & sa.or_(*same_day))
    if ending := phone_ending(phone or ""):
        ways.append(patients.id.in_(_with_word(clinic_id, Is(ending))))
    found = _visible(clinic_id, None).where(sa.or_(*ways) if ways else sa.false()).order_by(patients.full_name)
    return found.where(patients.id != but).limit(5) if but else found.limit(5)


def visits_of(patient_id: UUID):
    """Two selects: the visits to come, soonest first and at most fifty, and those that are over, newest first."""
    listed = (
        sa.select(Visit)
        .where(Visit.patient_id == patient_id, Visit.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR))
        .options(joinedload(Visit.provider), joinedload(Visit.visit_type))
    )
    coming = sa.and_(Visit.status.in_(LIVE), Visit.starts_at > sa.func.now() - sa.text("interval '12 hours'"))
    return (
        listed.where(coming).order_by(Visit.starts_at, Visit.id).limit(50),
        listed.where(sa.not_(coming)).order_by(Visit.starts_at.desc(), Visit.id.desc()),
    )


def _visible(clinic_id, own):
    found = FOUND.where(
        patients.clinic_id == clinic_id, patients.deleted_at.is_(None), patients.merged_into_id.is_(None)
    )
    return found.where(own.condition(clinic_id)) if own else found


def _with_word(clinic_id, word):
    return sa.select(words.patient_id).where(words.clinic_id == clinic_id, word.condition())
