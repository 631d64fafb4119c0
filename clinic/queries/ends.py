"""What one subject adds to the list of open ends: a select of what is begun and not closed, in columns all share."""

from dataclasses import dataclass, field

import sqlalchemy as sa

CLINIC = sa.bindparam("clinic_id", type_=sa.Uuid())


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """One kind of thing that stays open until somebody closes it.

    ``select`` gives the rows of one clinic (``CLINIC``) that are still open, with the columns ``id``, ``patient_id``,
    ``provider_id`` (whose it is, may be NULL), ``since`` (when it began to wait), ``state`` (a key of ``states``),
    ``title`` and ``is_urgent``.
    ``kind`` is its word in an address, ``label`` its plural on the screen and ``one`` what a single one is called,
    where that is another word; ``path`` is the page of one with {patient_id} and {id} in it, ``states`` the word for
    each state it can be in.
    """

    kind: str
    label: str
    select: sa.Select
    path: str
    states: dict[str, str] = field(default_factory=dict)
    one: str | None = None
