"""What one subject adds to a patient's timeline: a select of its rows in the columns that all of them share."""

from dataclasses import dataclass

import sqlalchemy as sa

from clinic.db import Choice

# What a source's select is asked with. It never orders or limits: the timeline does, branch by branch.
CLINIC_ID = sa.bindparam("clinic_id", type_=sa.Uuid())
PATIENT_ID = sa.bindparam("patient_id", type_=sa.Uuid())
COLUMNS = ("kind", "id", "at", "title", "state", "visit_id", "provider_id")


@dataclass(frozen=True, slots=True)
class Source:
    """The entries of one kind; ``select`` has the columns ``COLUMNS`` and asks by ``CLINIC_ID`` and ``PATIENT_ID``.

    ``at`` is a plain column that an index (clinic, patient, at) orders; ``title`` is text or NULL and says what the
    entry is; ``state`` is a value of the Choice ``states``, or NULL; ``visit_id`` and ``provider_id`` may be NULL.
    ``label`` and ``plural`` are words of the screen. ``path`` is the staff page of one entry, with {patient_id}, {id}
    and {visit_id} in it. ``desk`` lets the desk know that there is such an entry, when it is from and its state, and
    ``desk_path`` leads it to the page where it may do something about one, if there is any. ``desk_rows`` is the
    condition that it may know of a row, where that is not so of every one.
    """

    kind: str
    label: str
    plural: str
    select: sa.Select
    path: str | None = None
    states: type[Choice] | None = None
    desk: bool = False
    desk_path: str | None = None
    desk_rows: sa.ColumnElement | None = None

    def __post_init__(self):
        given = tuple(self.select.selected_columns.keys())
        if given != COLUMNS:
            raise TypeError(f"the select of {self.kind} gives {given}, not {COLUMNS}")
