"""Moving what one record holds to another, along every foreign key there is, and moving exactly that back again.

What is only ever added to, and what is finished and may not change any more, stays where it is and is read through
``merged_into_id``. So does what the other record has already, where there may be one only: the same tag, the same place
in a line.
"""

from dataclasses import asdict

import sqlalchemy as sa

from clinic.queries.patient_keys import keys_to_patients, ties_between_patients_rows

MOVE = """UPDATE {table} AS t SET {column} = :there
 WHERE t.clinic_id = :clinic_id AND t.{column} = :here{only}{free}
RETURNING t.id"""
# Within the inner select the index's own words are about the rows that are there already, outside about what comes.
FREE = """
   AND NOT (coalesce(({condition}), false) AND EXISTS (
       SELECT 1 FROM (SELECT {named} FROM {table} WHERE clinic_id = :clinic_id AND {column} = :there AND ({condition}))
           AS already WHERE {same}))"""
# What belongs together stays together: the order of a result that stayed, and the results of an order that did.
PARENTS_BACK = """UPDATE {parent} AS t SET {parent_patient} = :here
 WHERE t.clinic_id = :clinic_id AND t.id = ANY (CAST(:rows AS uuid[])) AND t.{parent_patient} = :there AND EXISTS (
       SELECT 1 FROM {child} AS c WHERE c.clinic_id = t.clinic_id AND c.{child_parent} = t.id
          AND c.{child_patient} = :here)
RETURNING t.id"""
CHILDREN_BACK = """UPDATE {child} AS t SET {child_patient} = :here
 WHERE t.clinic_id = :clinic_id AND t.id = ANY (CAST(:rows AS uuid[])) AND t.{child_patient} = :there AND EXISTS (
       SELECT 1 FROM {parent} AS p WHERE p.clinic_id = t.clinic_id AND p.id = t.{child_parent}
          AND p.{parent_patient} = :here)
RETURNING t.id"""
COUNT = "SELECT count(*) FROM {table} WHERE clinic_id = :clinic_id AND {column} = :here"


def carry(session, clinic_id, here, there) -> dict[str, list[str]]:
    """Move all that may move from the record ``here`` to the record ``there``; the ids of what moved, by its key."""
    ids = {"clinic_id": clinic_id, "here": here, "there": there}
    moved = {}
    for key in keys_to_patients(session):
        if key.may_move and (found := _execute(session, _move(key), ids)):
            moved[key.name] = [str(row_id) for row_id in found]
    # What was finished and stays is read through the record: only what a key forbids to part stays with it.
    _keep_together(session, ids, moved, [tie for tie in ties_between_patients_rows(session) if tie.is_strict])
    return moved


def carry_back(session, clinic_id, there, here, moved) -> dict[str, int]:
    """Move back what ``moved`` names, as far as it may move still; how many of each key stay where they are now."""
    back, ids = {}, {"clinic_id": clinic_id, "here": there, "there": here}
    known = {key.name: key for key in keys_to_patients(session) if key.may_move}
    for name in moved.keys() & known.keys():
        statement = _move(known[name], "\n   AND t.id = ANY (CAST(:rows AS uuid[]))")
        found = _execute(session, statement, ids | {"rows": moved[name]})
        back[name] = [str(row_id) for row_id in found]
    ties = ties_between_patients_rows(session)
    _bring_along(session, ids, back, [tie for tie in ties if tie.child_key in known], known)
    _keep_together(session, ids, back, ties)
    left = {name: len(set(rows) - set(back.get(name, ()))) for name, rows in moved.items()}
    return {name: count for name, count in left.items() if count}


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


def _bring_along(session, ids, back, ties, known):
    """Let what was written since about something that goes back, a visit say, go back with it."""
    goes_on = True
    while goes_on:
        goes_on = False
        for tie in ties:
            if back.get(tie.parent_key):
                only = f"\n   AND t.{tie.child_parent} = ANY (CAST(:rows AS uuid[]))"
                found = _execute(session, _move(known[tie.child_key], only), ids | {"rows": back[tie.parent_key]})
                back.setdefault(tie.child_key, []).extend(str(row_id) for row_id in found)
                goes_on = goes_on or bool(found)


def _keep_together(session, ids, moved, ties):
    """Take back what moved away from what it belongs to, until nothing is apart; ``moved`` loses what went back."""
    steps = [(tie.parent_key, PARENTS_BACK, tie) for tie in ties] + [
        (tie.child_key, CHILDREN_BACK, tie) for tie in ties
    ]
    apart = True
    while apart:
        apart = False
        for name, statement, tie in steps:
            if moved.get(name):
                own = sa.text(statement.format(**asdict(tie)))
                back = {str(row_id) for row_id in _execute(session, own, ids | {"rows": moved[name]})}
                moved[name] = [row_id for row_id in moved[name] if row_id not in back]
                apart = apart or bool(back)


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
