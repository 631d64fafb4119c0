"""Taking in a list of medicines: what is new is added, what changed is changed, what is gone is offered no more."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions.acting import audit
from clinic.db import now
from clinic.models.drugs import Drug, DrugWord
from clinic.models.words import typed_words

BATCH = 1000
MOST_WORDS = 60  # of one medicine; some have a hundred names
# Two imports of one list at once would each add what is new.
ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('drugs' || CAST(:clinic_id AS text), 0))")
drugs, words = Drug.__table__, DrugWord.__table__


@dataclass(frozen=True, slots=True)
class Listed:
    """A medicine as a list has it."""

    code: str
    name: str
    synonyms: tuple[str, ...] = ()

    @property
    def words(self) -> dict[str, bool]:
        """The words it is found by, and whether each is of its name."""
        names = dict.fromkeys(typed_words(self.name), True)
        others = (word for each in self.synonyms for word in typed_words(each))
        return dict(islice({**dict.fromkeys(others, False), **names}.items(), MOST_WORDS)) | names


def take_in(session, clinic_id, list_name: str, medicines, *, by) -> Counter:
    """Make the clinic's list hold these medicines and no others; how many were created, updated, retired ...

    One audit entry tells of all of them: a list may have a hundred thousand.
    """
    execute = session.connection().execute
    execute(ALONE, {"clinic_id": clinic_id})
    there = sa.select(drugs.c.code, drugs.c.id, drugs.c.name, drugs.c.synonyms, drugs.c.retired_at).where(
        drugs.c.clinic_id == clinic_id, drugs.c.list_name == list_name
    )
    known = {row.code: row for row in execute(there)}
    counts, seen, each = Counter(created=0, updated=0, unchanged=0, retired=0), set(), iter(medicines)
    while batch := list(islice(each, BATCH)):
        seen |= {medicine.code for medicine in batch}
        counts.update(_write(execute, {"clinic_id": clinic_id, "list_name": list_name}, batch, known))
    gone = [row.id for code, row in known.items() if code not in seen and row.retired_at is None]
    if gone:
        execute(sa.update(drugs).where(drugs.c.clinic_id == clinic_id, drugs.c.id.in_(gone)).values(retired_at=now()))
    counts["retired"] += len(gone)
    audit(session, "drugs.take_in", by=by, resource=("drugs", None), details={**counts, "kind": list_name})
    return counts


def _write(execute, whose, batch, known):
    new = [medicine for medicine in batch if medicine.code not in known]
    changed = [medicine for medicine in batch if medicine.code in known and _differs(medicine, known[medicine.code])]
    ids = {medicine.code: uuid7() for medicine in new} | {each.code: known[each.code].id for each in changed}
    clinic_id = whose["clinic_id"]
    if new:
        execute(sa.insert(drugs), [
            {**whose, "id": ids[each.code], "code": each.code, "name": each.name, "synonyms": list(each.synonyms)}
            for each in new
        ])  # fmt: skip
    if changed:
        of_one = sa.update(drugs).where(drugs.c.clinic_id == clinic_id, drugs.c.id == sa.bindparam("which"))
        execute(of_one.values(name=sa.bindparam("called"), synonyms=sa.bindparam("also"), retired_at=None), [
            {"which": ids[each.code], "called": each.name, "also": list(each.synonyms)} for each in changed
        ])  # fmt: skip
        former = [ids[each.code] for each in changed]
        execute(sa.delete(words).where(words.c.clinic_id == clinic_id, words.c.drug_id.in_(former)))
    rows = [
        {"clinic_id": clinic_id, "drug_id": ids[each.code], "word": word, "is_name": is_name}
        for each in (*new, *changed) for word, is_name in each.words.items()
    ]  # fmt: skip
    if rows:
        execute(sa.insert(words), rows)
    return Counter(created=len(new), updated=len(changed), unchanged=len(batch) - len(new) - len(changed))


def _differs(medicine, row):
    return (medicine.name, list(medicine.synonyms)) != (row.name, row.synonyms) or row.retired_at is not None
