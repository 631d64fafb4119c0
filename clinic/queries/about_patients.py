"""Which tables say something about a patient, read from the foreign keys, so that no table is forgotten."""

from dataclasses import dataclass
from functools import cache

from clinic.db import Base

PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class About:
    """One table about patients: the column that leads there, straight or by way of another such table."""

    table: str
    column: str
    through: "About | None" = None

    @property
    def condition(self):
        """The SQL of the rows about the patients ``:ids`` of the clinic ``:clinic_id``."""
        mine = f"{self.table}.clinic_id = :clinic_id AND "
        if self.through is None:
            return f"{mine}{self.table}.{self.column} = ANY (:ids)"
        parent = self.through
        return (
            f"{mine}EXISTS (SELECT 1 FROM {parent.table} WHERE {parent.table}.id = {self.table}.{self.column}"
            f" AND {parent.condition})"
        )


@cache
def tables_about_patients() -> tuple[About, ...]:
    """The patient's own table and all that reach it, parents before children."""
    found = {PATIENTS: About(PATIENTS, "id")}
    for table in Base.metadata.sorted_tables:
        ways = [_way(key, found) for key in table.foreign_key_constraints if table.name not in found]
        # Straight to the patient where there is a choice; where two ways are, to the one it is called after, and else
        # by what every row has.
        nullable = {column.name: column.nullable for column in table.columns}
        ways = sorted(
            filter(None, ways),
            key=lambda way: (way.through is not None, way.column != "patient_id", nullable[way.column]),
        )
        if ways:
            found[table.name] = ways[0]
    return tuple(found.values())


def _way(key, found):
    """The table's way to a patient along this foreign key, or None."""
    parent = found.get(key.referred_table.name)
    pairs = {element.column.name: element.parent.name for element in key.elements}
    if parent is None or "id" not in pairs:
        return None
    column = pairs["id"]
    return About(key.table.name, column, None if parent.table == PATIENTS else parent)
