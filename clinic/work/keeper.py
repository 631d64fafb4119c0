"""The keeper: the one role that may remove rows for good, and what it may not even then."""

from contextlib import contextmanager

import psycopg
from flask import current_app

SCOPE = """
SELECT set_config('app.clinic_id', %(clinic_id)s, true), set_config('app.user_id', '', true),
       set_config('app.patient_ids', '', true), set_config('lock_timeout', '10s', true)
"""


@contextmanager
def keeper(clinic_id=None):
    """One transaction of the keeper's, in the scope of a clinic or of none; yields its connection."""
    with psycopg.connect(_address(), connect_timeout=10) as connection:
        connection.execute("SET LOCAL ROLE clinic_keeper")
        connection.execute(SCOPE, {"clinic_id": str(clinic_id or "")})
        yield connection


@contextmanager
def keeper_of_the_log():
    """A connection of the keeper's outside of any transaction: what it seals and verifies is every clinic's log."""
    # Planned anew each time: a plan kept for any period of the log is twenty times slower than one for an hour of it.
    with psycopg.connect(_address(), connect_timeout=10, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET ROLE clinic_keeper")
        yield connection


def _address():
    return current_app.config["DATABASE_KEEPER_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
