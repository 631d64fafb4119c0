"""Finding patients as somebody types: as quick among a million as among some thousand.

Words that fit few patients lead to them, and those are put in the order of their names. Where every word fits very many
(a first letter, the commonest of names) the words are walked through in their order, no further than a page is long;
for a doctor their own patients are, who are few beside everybody.

A walk goes from one word to the next by the index. PostgreSQL takes row-level security for a filter that leaves next to
nothing; asked for the first rows of a range it would read and sort all of it.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from clinic.models.patients import PatientWord
from clinic.models.visits import CancelReason
from clinic.queries.own_patients import Own, visits
from clinic.queries.patients import Question, patients, search, visible, with_word

# Words that fit more patients than this lead nowhere by themselves; it is what is sorted by name at most.
FEW = 100
ONE = sa.literal_column("1")
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
        sum((_counted(clinic_id, word, f"walk_{number}_{nth}") for nth, word in enumerate(group)), start=sa.literal(0))
        for number, group in enumerate(question.groups)
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
    if own:
        return _among_own(clinic_id, question.groups, own)
    if len(leading) > 1:
        return search(clinic_id, question)
    return _along(clinic_id, leading[0], others)


def _among_own(clinic_id, groups, own):
    """Whoever fits among one doctor's patients: looked through one by one, since they are far fewer than everybody."""
    theirs = sa.select(visits.patient_id).where(
        visits.clinic_id == clinic_id, visits.provider_id == own.provider_id,
        visits.cancel_reason.is_distinct_from(CancelReason.ENTERED_IN_ERROR),
    )  # fmt: skip
    opened = sa.select(sa.func.unnest(sa.literal(list(own.opened), ARRAY(sa.Uuid()))))
    mine = sa.union(theirs, opened).subquery("mine")
    found = _with(visible(clinic_id, None).where(patients.id == mine.c.patient_id), clinic_id, groups)
    found = found.correlate(mine).limit(ONE).lateral("found")
    return sa.select(found).select_from(mine.join(found, sa.true())).order_by(found.c.full_name, found.c.id)


def _along(clinic_id, word, others):
    """Whoever fits, one by one in the order of the words; each once, though two of their words may begin alike."""
    walk, before = _walk(clinic_id, word), W.alias()
    met = sa.select(ONE).where(
        before.c.clinic_id == clinic_id, before.c.patient_id == walk.c.patient_id, before.c.word < walk.c.word,
        word.condition(before.c),
    ).correlate(walk).exists()  # fmt: skip
    found = _with(visible(clinic_id, None).where(patients.id == walk.c.patient_id, ~met), clinic_id, others)
    found = found.correlate(walk).limit(ONE).lateral("found")
    return sa.select(found).select_from(walk.join(found, sa.true()))


def _walk(clinic_id, word, name="walk"):
    """The words of this kind with whose they are, in their order: from each to the next one."""

    def first(row, *more):
        wanted = sa.select(row.word, row.patient_id).where(row.clinic_id == clinic_id, word.condition(row), *more)
        return wanted.order_by(row.word, row.patient_id).limit(ONE)

    walk = sa.select(first(W.alias().c).subquery()).cte(name, recursive=True)
    row = W.alias().c
    further = sa.tuple_(row.word, row.patient_id) > sa.tuple_(walk.c.word, walk.c.patient_id)
    following = first(row, further).correlate(walk).lateral()
    return walk.union_all(sa.select(following).select_from(walk.join(following, sa.true())))


def _counted(clinic_id, word, name):
    some = sa.select(ONE).select_from(_walk(clinic_id, word, name)).limit(sa.literal_column(str(FEW))).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _with(found, clinic_id, groups):
    """Only those who have one of the words of each group, looked up patient by patient."""
    for group in groups:
        own = W.alias()
        fits = sa.or_(*(word.condition(own.c) for word in group))
        found = found.where(sa.exists().where(own.c.clinic_id == clinic_id, own.c.patient_id == patients.id, fits))
    return found
