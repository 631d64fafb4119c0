"""Moving what one record holds to another, along every foreign key there is, and moving exactly that back again.

What is only ever added to, and what is finished and may not change any more, stays where it is and is read through
``merged_into_id``. So does what the other record has already, where there may be one only: the same tag, the same place
in a line.
"""

import sqlalchemy as sa

from clinic.queries.patient_keys import keys_to_patients

MOVE = """UPDATE {table} AS t SET {column} = :there
 WHERE t.clinic_id = :clinic_id AND t.{column} = :here{only}{free}
RETURNING t.id"""
# Within the inner select the index's own words are about the rows that are there already, outside about what comes.
FREE = """
   AND NOT (coalesce(({condition}), false) AND EXISTS (
       SELECT 1 FROM (SELECT {named} FROM {table} WHERE clinic_id = :clinic_id AND {column} = :there AND ({condition}))
           AS already WHERE {same}))"""
COUNT = "SELECT count(*) FROM {table} WHERE clinic_id = :clinic_id AND {column} = :here"


def carry(session, clinic_id, here, there) -> dict[str, list[str]]:
    """Move all that may move from the record ``here`` to the record ``there``; the ids of what moved, by its key."""
    ids = {"clinic_id": clinic_id, "here": here, "there": there}
    moved = {}
    for key in keys_to_patients(session):
        if key.may_move and (found := _execute(session, _move(key), ids)):
            moved[key.name] = [str(row_id) for row_id in found]
    return moved


def carry_back(session, clinic_id, there, here, moved) -> dict[str, int]:
    """Move back what ``moved`` names, as far as it may move still; how many of each key stay where they are now."""
    left = {}
    known = {key.name: key for key in keys_to_patients(session) if key.may_move}
    for name, rows in moved.items():
        back = ()
        if name in known:
            statement = _move(known[name], "\n   AND t.id = ANY (CAST(:rows AS uuid[]))")
            ids = {"clinic_id": clinic_id, "here": there, "there": here, "rows": rows}
            back = _execute(session, statement, ids)
        if len(back) < len(rows):
            left[name] = len(rows) - len(back)
    return left


def staying(session, clinic_id, here) -> dict[str, int]:
    """How many rows name the record ``here`` still, by key; those made anew from others are left out."""
    counts = {}
    for key in keys_to_patients(session):
        statement = sa.text(COUNT.format(table=key.table, column=key.column))
        if key.table not in MADE_ANEW:
            counts[key.name] = session.connection().execute(statement, {"clinic_id": clinic_id, "here": here}).scalar()
    return {name: count for name, count in counts.items() if count}


# Words to find a patient by come from the name; the journal of merges names both records for good.
MADE_ANEW = {"patient_words", "patient_merges"}


def _move(key, only=""):
    free = "".join(_free(key, each) for each in key.uniques)
    return sa.text(MOVE.format(table=key.table, column=key.column, only=only, free=free))


def _free(key, unique):
    named = ", ".join(f"({word}) AS k{number}" for number, word in enumerate(unique.keys)) or "1 AS k"
    same = " AND ".join(f"already.k{number} = ({word})" for number, word in enumerate(unique.keys)) or "true"
    return FREE.format(
        table=key.table, column=key.column, condition=unique.condition or "true", named=named, same=same
    )  # fmt: skip


def _execute(session, statement, ids):
    return session.connection().execute(statement, ids).scalars().all()
