"""Finding patients as somebody types: as quick among a million as among some thousand.

Words that fit few patients lead to them, and those are put in the order of their names. Where every word fits very many
(a first letter, the commonest of names) the words are walked through in their order, no further than a page is long;
for a doctor their own patients are, who are few beside everybody.

A walk goes from one word to the next by the index. PostgreSQL takes row-level security for a filter that leaves next to
nothing; asked for the first rows of a range it would read and sort all of it. The statements are made once for each
shape of a question, since making one takes longer than its answer.
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa

from clinic.queries.own_patients import Own
from clinic.queries.patients import Begins, Question, after

# Words that fit more patients than this lead nowhere by themselves; it is what is sorted by name at most.
FEW = 100
FOUND = """p.id, p.full_name, p.date_of_birth, p.phone, p.mrn, p.deceased_at,
       (SELECT array_agg(t.tag ORDER BY t.tag) FROM patient_tags AS t
         WHERE t.clinic_id = p.clinic_id AND t.patient_id = p.id AND t.kind = 'flag') AS flags"""
SEEN = "p.clinic_id = :clinic_id AND p.deleted_at IS NULL AND p.merged_into_id IS NULL"
VISITED = """v.clinic_id = :clinic_id AND v.provider_id = :provider_id
              AND v.cancel_reason IS DISTINCT FROM 'entered_in_error'"""
OWN = f"(p.id = ANY (:opened) OR EXISTS (SELECT 1 FROM visits AS v WHERE v.patient_id = p.id AND {VISITED}))"
BY_NAME = "ORDER BY full_name, id LIMIT :most OFFSET :skip"
OPENED = sa.bindparam("opened", type_=sa.ARRAY(sa.Uuid()))


@dataclass(frozen=True, slots=True)
class Way:
    """Which group of words leads to the patients, and whether it fits few of them."""

    group: int | None
    is_narrow: bool


def find(session, clinic_id: UUID, question: Question, *, own: Own | None = None, size: int, skip: int = 0):
    """The patients who answer the question, after ``skip`` of them, and one more than ``size`` if there are more."""
    facts = facts_of(clinic_id, question) | {"most": size + 1, "skip": skip}
    if own:
        facts |= {"provider_id": own.provider_id, "opened": sorted(own.opened)}
    asked = statement(shape_of(question), way(session, clinic_id, question), own is not None)
    return session.connection().execute(asked, facts).all()


def way(session, clinic_id: UUID, question: Question) -> Way:
    """The way that passes the fewest rows; one statement that counts no further than ``FEW``."""
    if question.births or not question.groups:
        return Way(None, True)
    facts = facts_of(clinic_id, question) | {"few": FEW}
    counts = session.connection().execute(_counts(shape_of(question)), facts).one()
    group = min(range(len(counts)), key=lambda number: counts[number])
    return Way(group, counts[group] < FEW)


@lru_cache(maxsize=512)
def statement(shape, way: Way, is_own: bool):
    """What finds the patients of such a question by this way; ``is_own`` keeps to one doctor's."""
    births, groups = shape
    own = f" AND {OWN}" if is_own else ""
    if way.group is None:
        born = "".join(f" AND p.date_of_birth = ANY (:born_{number})" for number in range(births))
        sql = f"SELECT {FOUND} FROM patients AS p WHERE {SEEN}{born}{_all(groups)}{own} {BY_NAME}"
    elif way.is_narrow:
        leading = _fits("w", way.group, groups[way.group])
        ids = f"SELECT w.patient_id FROM patient_words AS w WHERE w.clinic_id = :clinic_id AND {leading}"
        others = _all(groups, but=way.group)
        sql = f"SELECT {FOUND} FROM patients AS p WHERE {SEEN} AND p.id IN ({ids}){others}{own} {BY_NAME}"
    elif is_own:
        sql = f"""SELECT found.* FROM (
            SELECT v.patient_id FROM visits AS v WHERE {VISITED} UNION SELECT unnest(:opened)) AS mine
       CROSS JOIN LATERAL (
            SELECT {FOUND} FROM patients AS p WHERE {SEEN} AND p.id = mine.patient_id{_all(groups)} LIMIT 1) AS found
       {BY_NAME}"""
    else:
        sql = _along(groups, way.group)
    return sa.text(sql).bindparams(OPENED) if is_own else sa.text(sql)


def _along(groups, leading):
    """Whoever fits, one by one in the order of the words; each once, though two of their words may begin alike."""
    met = f"""EXISTS (SELECT 1 FROM patient_words AS w WHERE w.clinic_id = :clinic_id
              AND w.patient_id = walk.patient_id AND w.word < walk.word AND {_fits("w", leading, groups[leading])})"""
    return f"""WITH RECURSIVE {_walk("walk", _fits("w", leading, groups[leading]))}
SELECT found.* FROM walk CROSS JOIN LATERAL (
       SELECT {FOUND} FROM patients AS p
        WHERE {SEEN} AND p.id = walk.patient_id AND NOT {met}{_all(groups, but=leading)} LIMIT 1) AS found
 LIMIT :most OFFSET :skip"""


def _walk(name, fits):
    """The words of this kind with whose they are, in their order: from each to the next one."""
    word = f"SELECT w.word, w.patient_id FROM patient_words AS w WHERE w.clinic_id = :clinic_id AND {fits}"
    first = "ORDER BY w.word, w.patient_id LIMIT 1"
    further = f"AND (w.word, w.patient_id) > ({name}.word, {name}.patient_id)"
    return f"""{name} AS (({word} {first})
        UNION ALL SELECT n.word, n.patient_id FROM {name} CROSS JOIN LATERAL ({word} {further} {first}) AS n)"""


@lru_cache(maxsize=512)
def _counts(shape):
    _births, groups = shape
    each = [(f"walk_{number}", _fits("w", number, group)) for number, group in enumerate(groups)]
    counts = [f"(SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT :few) AS counted)" for name, _fitting in each]
    return sa.text(f"WITH RECURSIVE {', '.join(_walk(*one) for one in each)} SELECT {', '.join(counts)}")


def _all(groups, but=None):
    """That a patient has one of the words of each group, looked up patient by patient."""
    return "".join(
        " AND EXISTS (SELECT 1 FROM patient_words AS w WHERE w.clinic_id = :clinic_id AND w.patient_id = p.id"
        f" AND {_fits('w', number, group)})"
        for number, group in enumerate(groups) if number != but
    )  # fmt: skip


def _fits(row, number, group):
    """That a row of words is one of a group's: one that begins like this, or exactly that."""
    ways = [
        f"{row}.word >= :word_{number}_{nth} AND {row}.word < :after_{number}_{nth}" if begins
        else f"{row}.word = :word_{number}_{nth}"
        for nth, begins in enumerate(group)
    ]  # fmt: skip
    return f"({' OR '.join(ways)})" if len(ways) > 1 else ways[0]


def shape_of(question: Question):
    """What a question's statements are made for: how many births, and of each word whether it is only a beginning."""
    return len(question.births), tuple(tuple(isinstance(word, Begins) for word in each) for each in question.groups)


def facts_of(clinic_id: UUID, question: Question) -> dict:
    """What the question asks for, by the names that its statements have for it."""
    facts = {"clinic_id": clinic_id} | {f"born_{number}": list(born) for number, born in enumerate(question.births)}
    for number, group in enumerate(question.groups):
        for nth, word in enumerate(group):
            facts[f"word_{number}_{nth}"] = word.word
            if isinstance(word, Begins):
                facts[f"after_{number}_{nth}"] = after(word.word)
    return facts
