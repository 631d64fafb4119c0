"""Asking an outside service from a job: nothing is locked meanwhile, and one that keeps failing is left alone."""

from contextlib import contextmanager

import structlog

from clinic.actions import breakers

log = structlog.get_logger()


@contextmanager
def tried(session, service, *, away, but=()):
    """Ask the service in the block, outside of any transaction; what was written before is committed first.

    ``away`` is the error that says it could not be had, ``but`` those of them with which it did answer. Five failures
    in a row and for half a minute the block is not even begun: Resting is raised, and the job comes again later.
    """
    failed_lately = breakers.ask(session, service)
    session.commit()
    try:
        yield
    except away as error:
        if isinstance(error, but):
            breakers.forget(session, service)
        elif breakers.count_failure(session, service):
            log.warning("a service is left alone", kind=service)
        session.commit()
        raise
    if failed_lately:
        breakers.forget(session, service)
