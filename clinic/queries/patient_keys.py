"""Which columns of which tables name a patient, read from the database's own catalogue: no list that somebody forgets.

A table that is made next year is found here as soon as its foreign key stands.
"""

from dataclasses import dataclass

import sqlalchemy as sa

# One line for each foreign key to a patient's id, with what the asking role may change of it.
KEYS = sa.text(
    """SELECT c.oid AS table_id, quote_ident(c.relname) AS table_name, quote_ident(a.attname) AS column_name,
              a.attnum AS column_number,
              has_column_privilege(c.oid, a.attnum, 'UPDATE') AND EXISTS (
                  SELECT 1 FROM pg_attribute AS i
                   WHERE i.attrelid = c.oid AND i.attname = 'id' AND NOT i.attisdropped) AS may_move
         FROM pg_constraint AS k
         JOIN pg_class AS c ON c.oid = k.conrelid AND NOT c.relispartition
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (mine, theirs)
         JOIN pg_attribute AS t ON t.attrelid = k.confrelid AND t.attnum = pair.theirs AND t.attname = 'id'
         JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.mine
        WHERE k.contype = 'f' AND k.confrelid = 'public.patients'::regclass
        ORDER BY c.relname, a.attname"""
)
# What must be unique of one patient: the key's other columns as the index has them, and for which rows.
UNIQUE = sa.text(
    """SELECT i.indrelid AS table_id, i.indkey::int2[] AS numbers,
              ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, true) FROM generate_series(1, i.indnkeyatts) AS place)
                  AS keys,
              pg_get_expr(i.indpred, i.indrelid) AS condition
         FROM pg_index AS i
        WHERE i.indisunique AND i.indrelid IN (
              SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = 'public.patients'::regclass)"""
)


@dataclass(frozen=True, slots=True)
class Unique:
    """One unique index that a patient's column is part of: its other columns, and the SQL of its rows (or None)."""

    keys: tuple[str, ...]
    condition: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """One column that names a patient. Where it may not move, its rows are only ever added to, or made anew."""

    table: str
    column: str
    may_move: bool
    uniques: tuple[Unique, ...] = ()

    @property
    def name(self):
        """What the journal calls it."""
        return f"{self.table}.{self.column}"


def keys_to_patients(session) -> list[Key]:
    """Every column that names a patient, as the asking role may use it; two statements of the catalogue."""
    rows = session.connection().execute(KEYS).all()
    uniques = session.connection().execute(UNIQUE).all()
    return [
        Key(
            row.table_name, row.column_name, row.may_move,
            tuple(_unique(each, row) for each in uniques
                  if each.table_id == row.table_id and row.column_number in each.numbers),
        )
        for row in rows
    ]  # fmt: skip


def _unique(index, row):
    others = (key for key in index.keys if key not in ("clinic_id", row.column_name))
    return Unique(tuple(others), index.condition)
