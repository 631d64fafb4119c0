"""Sealing what is kept anew, after the key ring got another current key; a batch at a time, beside people at work."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from clinic import keyring
from clinic.keyring import KeyringError, SealedColumn

BATCH = 100


@dataclass
class Batch:
    """What became of one batch: how many were sealed anew, the rows that no key opens, and where it ended."""

    sealed: int = 0
    unreadable: list = field(default_factory=list)
    last: object = None


def reseal_batch(session, place: SealedColumn, after=None) -> Batch:
    """Seal anew the next rows of a column, in the order of their ids, that an older key sealed.

    A row that somebody is changing is passed over, not waited for: so this can neither undo a change nor be part of a
    deadlock, and holds nobody up for longer than one batch takes. What no key opens stays as it is.
    """
    done, rows, fresh = Batch(), _Rows(place), []
    for row in session.execute(rows.next_after(after)):
        whose = {"row_id": row.row_id, "clinic_id": row.clinic_id, "table": place.table, "column": place.column}
        done.last = row.row_id
        try:
            sealed = keyring.seal(keyring.open_sealed(row.kept, **whose), **whose)
        except KeyringError:
            done.unreadable.append(row.row_id)
            continue
        fresh.append({"its_row": row.row_id, "its_clinic": row.clinic_id, "former": row.kept, "sealed": sealed})
    if fresh:
        session.connection().execute(rows.replaced, fresh)
    done.sealed = len(fresh)
    return done


def left_behind(session, place: SealedColumn) -> int:
    """How many rows of a column the current key did not seal."""
    rows = _Rows(place)
    return session.scalar(sa.select(sa.func.count()).select_from(rows.table).where(rows.is_older))


class _Rows:
    """The rows of a sealed column, as statements."""

    def __init__(self, place):
        self.place = place
        names = {place.row_id, place.column} | ({place.clinic_id} - {None})
        self.table = sa.table(place.table, *(sa.column(name) for name in names))
        self.row_id, self.kept = self.table.c[place.row_id], self.table.c[place.column]
        self.clinic_id = self.table.c[place.clinic_id] if place.clinic_id else sa.null()

    @property
    def is_older(self):
        prefix = keyring.ring().prefix
        return sa.func.substring(self.kept, 1, len(prefix)) != sa.literal(prefix, sa.LargeBinary)

    def next_after(self, row_id):
        wanted = sa.select(self.row_id.label("row_id"), self.clinic_id.label("clinic_id"), self.kept.label("kept"))
        if row_id is not None:
            wanted = wanted.where(self.row_id > row_id)
        return (
            wanted.where(self.is_older)
            .order_by(self.row_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, key_share=True)
        )

    @property
    def replaced(self):
        whose = [self.row_id == sa.bindparam("its_row"), self.kept == sa.bindparam("former")]
        if self.place.clinic_id:
            whose.append(self.clinic_id == sa.bindparam("its_clinic"))
        return sa.update(self.table).where(*whose).values({self.place.column: sa.bindparam("sealed")})
