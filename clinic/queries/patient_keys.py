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

# Rows of one patient that belong to other rows of theirs: a document to its visit, a result to its order.
TIES = sa.text(
    """SELECT quote_ident(c.relname) AS child, quote_ident(whose.attname) AS child_patient,
              quote_ident(which.attname) AS child_parent, quote_ident(f.relname) AS parent,
              quote_ident(theirs.attname) AS parent_patient, whose.attnum = ANY (k.conkey) AS is_strict
         FROM pg_constraint AS k
         JOIN pg_class AS c ON c.oid = k.conrelid AND NOT c.relispartition
         JOIN pg_class AS f ON f.oid = k.confrelid
         JOIN pg_constraint AS of_c ON of_c.conrelid = c.oid AND of_c.contype = 'f'
          AND of_c.confrelid = 'public.patients'::regclass
         JOIN pg_constraint AS of_f ON of_f.conrelid = f.oid AND of_f.contype = 'f'
          AND of_f.confrelid = 'public.patients'::regclass
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (mine, theirs)
         JOIN pg_attribute AS id ON id.attrelid = f.oid AND id.attnum = pair.theirs AND id.attname = 'id'
         JOIN pg_attribute AS which ON which.attrelid = c.oid AND which.attnum = pair.mine
         JOIN pg_attribute AS whose ON whose.attrelid = c.oid AND whose.attnum = ANY (of_c.conkey)
          AND whose.attname <> 'clinic_id'
         JOIN pg_attribute AS theirs ON theirs.attrelid = f.oid AND theirs.attnum = ANY (of_f.conkey)
          AND theirs.attname <> 'clinic_id'
        WHERE k.contype = 'f' AND k.confrelid <> 'public.patients'::regclass
        ORDER BY c.relname, which.attname"""
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


@dataclass(frozen=True, slots=True)
class Tie:
    """That rows of one table belong to rows of another; where it ``is_strict`` the key itself says: of one patient."""

    child: str
    child_patient: str
    child_parent: str
    parent: str
    parent_patient: str
    is_strict: bool

    @property
    def child_key(self):
        """What the journal calls the child's column that names its patient."""
        return f"{self.child}.{self.child_patient}"

    @property
    def parent_key(self):
        """The same of the parent's."""
        return f"{self.parent}.{self.parent_patient}"


def ties_between_patients_rows(session) -> list[Tie]:
    """Every such pair of tables; one statement of the catalogue."""
    return [Tie(*row) for row in session.connection().execute(TIES)]


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
