"""Leaving an outside service alone that failed five times in a row, and asking again after a while, one at a time.

Kept in the database, so that every worker knows; timed by its clock.
"""

import sqlalchemy as sa

MOST_FAILURES = 5
REST_SECONDS = 30

STANDING = sa.text("SELECT rests_until > now() AS rests FROM breakers WHERE service = :service")
# The rest begins anew for everybody else while one asks whether the service is back.
TRY_ONE = sa.text(
    """UPDATE breakers SET rests_until = now() + make_interval(secs => :rest)
        WHERE service = :service AND rests_until <= now() RETURNING service"""
)
FAILED = sa.text(
    """INSERT INTO breakers AS b (service, failures) VALUES (:service, 1)
       ON CONFLICT (service) DO UPDATE SET failures = b.failures + 1,
          rests_until = CASE WHEN b.failures + 1 >= :most THEN now() + make_interval(secs => :rest) END
       RETURNING b.failures = :most AS opened"""
)
ANSWERED = sa.text("DELETE FROM breakers WHERE service = :service")


class Resting(Exception):
    """The service failed too often of late; whoever wants something of it comes again later."""


def ask(session, service) -> bool:
    """Return whether the service has failed lately, if it may be asked now; raises Resting where it is left alone."""
    known = session.connection().execute(STANDING, {"service": service}).one_or_none()
    if known is None or known.rests is None:
        return known is not None
    ids = {"service": service, "rest": REST_SECONDS}
    if known.rests or session.connection().execute(TRY_ONE, ids).one_or_none() is None:
        raise Resting(service)
    return True


def count_failure(session, service) -> bool:
    """Remember that the service failed; True where this was the failure after which it is left alone."""
    facts = {"service": service, "most": MOST_FAILURES, "rest": REST_SECONDS}
    return session.connection().execute(FAILED, facts).scalar()


def forget(session, service):
    """The service answered: its failures count no more."""
    session.connection().execute(ANSWERED, {"service": service})
