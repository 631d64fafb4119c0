"""Medicines to choose from: the doctor's favourites first, then those of the lists the clinic has loaded.

Found as patients are, by the beginnings of words: a range of words is what row-level security lets an index answer.
"""

from uuid import UUID

import sqlalchemy as sa

from clinic.models.drugs import Drug, DrugWord, FavouriteMedicine
from clinic.models.words import typed_words
from clinic.queries.patients import after

SHORTEST = 2
MOST_TERMS = 6
LONGEST_QUESTION = 100
OFFERED = 20
# Beginnings that very many medicines share are narrowed by the next letter; until then these many are looked at.
LOOKED_AT = 2000

drugs, words = Drug.__table__.c, DrugWord.__table__.c


def search(session, clinic_id: UUID, text: str, limit: int = OFFERED) -> list[str]:
    """The names of medicines whose words begin as typed, those called so before those also known so; each once."""
    terms = typed_words(text[:LONGEST_QUESTION])[:MOST_TERMS]
    if not terms or len(max(terms, key=len)) < SHORTEST:
        return []
    statement = _found(clinic_id, tuple(terms))
    return list(session.connection().execute(statement.limit(limit)).scalars())


def offered(session, clinic_id: UUID, provider_id: UUID | None, text: str) -> list[str]:
    """What a doctor who typed this is offered: their own favourites before the medicines of the lists, each once."""
    terms = typed_words(text[:LONGEST_QUESTION])[:MOST_TERMS]
    own = [each.medicine_name for each in favourites(session, provider_id) if _fits(each.medicine_name, terms)]
    return list(dict.fromkeys([*own, *search(session, clinic_id, text)]))[:OFFERED]


def known_as(session, clinic_id: UUID, names) -> dict[str, list[str]]:
    """The other names of the medicines that are written exactly like a medicine of the lists, by that name."""
    wanted = sa.select(drugs.name, drugs.synonyms).where(
        drugs.clinic_id == clinic_id, drugs.name.in_([name for name in names if name])
    )
    found: dict[str, list[str]] = {}
    for name, synonyms in session.connection().execute(wanted):
        found.setdefault(name, []).extend(synonyms)
    return found


def lists(session, clinic_id: UUID) -> list[tuple[str, int]]:
    """The lists the clinic has loaded, with how many medicines each offers."""
    wanted = (
        sa.select(drugs.list_name, sa.func.count())
        .where(drugs.clinic_id == clinic_id, drugs.retired_at.is_(None))
        .group_by(drugs.list_name)
        .order_by(drugs.list_name)
    )
    return [tuple(row) for row in session.connection().execute(wanted)]


def favourites(session, provider_id: UUID | None, limit: int = 100) -> list[FavouriteMedicine]:
    """What the doctor often prescribes, by name."""
    if provider_id is None:
        return []
    wanted = sa.select(FavouriteMedicine).where(FavouriteMedicine.provider_id == provider_id)
    ordered = wanted.order_by(FavouriteMedicine.medicine_name, FavouriteMedicine.potency, FavouriteMedicine.id)
    return list(session.scalars(ordered.limit(limit)))


def _fits(name, terms):
    return all(any(word.startswith(term) for word in typed_words(name)) for term in terms)


def _found(clinic_id, terms):
    first, *others = sorted(terms, key=len, reverse=True)
    # The longest beginning is the rarest: its medicines are looked at, the other words only judge them.
    near = (
        sa.select(words.drug_id, sa.func.bool_or(words.is_name).label("is_name"))
        .where(*_begins(words, clinic_id, first))
        .where(*(words.drug_id.in_(_ids(clinic_id, term)) for term in others))
        .group_by(words.drug_id)
        .limit(LOOKED_AT)
        .subquery("near")
    )
    called = sa.func.bool_or(near.c.is_name)
    begins_so = sa.func.left(sa.func.lower(drugs.name), len(terms[0])) == terms[0]
    return (
        sa.select(drugs.name)
        .join(near, near.c.drug_id == drugs.id)
        .where(drugs.clinic_id == clinic_id, drugs.retired_at.is_(None))
        .group_by(drugs.name)
        .order_by(called.desc(), begins_so.desc(), sa.func.length(drugs.name), drugs.name)
    )


def _ids(clinic_id, term):
    other = DrugWord.__table__.alias()
    return sa.select(other.c.drug_id).where(*_begins(other.c, clinic_id, term))


def _begins(columns, clinic_id, term):
    return columns.clinic_id == clinic_id, columns.word >= term, columns.word < after(term)
