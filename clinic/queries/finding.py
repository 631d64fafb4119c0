"""Finding patients as somebody types: as quick among a million as among some thousand.

Words that fit few patients lead to them, and those are put in the order of their names. Where every word fits very many
(a first letter, the commonest of names) the patients are read in the order of the words, and no further than is shown.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from clinic.models.patients import PatientWord
from clinic.queries.own_patients import Own
from clinic.queries.patients import Question, patients, search, visible, with_word, words

# Words that fit more patients than this lead nowhere by themselves; it is what is sorted by name at most.
FEW = 300
W = PatientWord.__table__


@dataclass(frozen=True, slots=True)
class Way:
    """Which group of words leads to the patients, and whether it fits few of them."""

    group: int | None
    is_narrow: bool


def find(session, clinic_id: UUID, question: Question, *, own: Own | None = None, size: int, skip: int = 0):
    """The patients who answer the question, after ``skip`` of them, and one more than ``size`` if there are more."""
    asked = statement(clinic_id, question, way(session, clinic_id, question), own=own)
    return session.execute(asked.limit(size + 1).offset(skip)).all()


def way(session, clinic_id: UUID, question: Question) -> Way:
    """The way that passes the fewest rows; one statement that counts no further than ``FEW``."""
    if question.births or not question.groups:
        return Way(None, True)
    fits = [
        sum((_counted(clinic_id, word) for word in group), start=sa.literal_column("0")) for group in question.groups
    ]
    counts = session.connection().execute(sa.select(*fits)).one()
    group = min(range(len(counts)), key=lambda number: counts[number])
    return Way(group, counts[group] < FEW)


def statement(clinic_id: UUID, question: Question, way: Way, *, own: Own | None = None):
    """The select of the patients who answer the question, by this way; without a limit."""
    if way.group is None:
        found = visible(clinic_id, own).where(*(patients.date_of_birth.in_(born) for born in question.births))
        return _with(found, clinic_id, question.groups).order_by(patients.full_name, patients.id)
    leading = question.groups[way.group]
    others = [group for number, group in enumerate(question.groups) if number != way.group]
    if way.is_narrow:
        found = visible(clinic_id, own).where(patients.id.in_(sa.union(*(with_word(clinic_id, w) for w in leading))))
        return _with(found, clinic_id, others).order_by(patients.full_name, patients.id)
    if len(leading) > 1:
        return search(clinic_id, question, own=own)
    found = visible(clinic_id, own).join(W, sa.and_(W.c.clinic_id == clinic_id, W.c.patient_id == patients.id))
    found = found.where(leading[0].condition(), ~_earlier(clinic_id, leading[0]))
    return _with(found, clinic_id, others).order_by(words.word, words.patient_id)


def _counted(clinic_id, word):
    fitting = sa.select(sa.literal_column("1")).where(W.c.clinic_id == clinic_id, word.condition())
    some = fitting.limit(sa.literal_column(str(FEW))).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _with(found, clinic_id, groups):
    """Only those who have one of the words of each group, looked up patient by patient."""
    for group in groups:
        own = W.alias()
        fits = sa.or_(*(word.condition(own.c) for word in group))
        found = found.where(sa.exists().where(own.c.clinic_id == clinic_id, own.c.patient_id == patients.id, fits))
    return found


def _earlier(clinic_id, word):
    """That the patient was met already by another word of theirs with the same beginning."""
    own = W.alias()
    return sa.exists().where(
        own.c.clinic_id == clinic_id, own.c.patient_id == words.patient_id, own.c.word < words.word,
        word.condition(own.c),
    )  # fmt: skip
