"""How rows point at each other: always inside one clinic, never with a cascade, always with an index."""

import sqlalchemy as sa


def belongs_to_clinic(table):
    """The foreign key that ties a clinic-owned row to its clinic."""
    return sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=f"fk_{table}_clinic_id")


def refers(column, table):
    """A composite foreign key: the row it names is of the same clinic, or the database refuses."""
    return sa.ForeignKeyConstraint(["clinic_id", column], [f"{table}.clinic_id", f"{table}.id"])


def refers_to_user(column):
    """A foreign key to a person, who is not of any one clinic."""
    return sa.ForeignKeyConstraint([column], ["users.id"])


def index(table, *columns, **options):
    """An index that begins with the clinic, named for its columns."""
    name = options.pop("name", None) or f"ix_{table}_" + "_".join(columns)
    return sa.Index(name, "clinic_id", *columns, **options)
