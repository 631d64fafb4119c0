"""The nightly look at what is kept: rows without a file, files without a row, and what stopped on its way."""

from datetime import timedelta
from itertools import groupby, islice
from uuid import UUID

import sqlalchemy as sa
import structlog

from clinic import jobs
from clinic.actions import documents
from clinic.actions.acting import Actor, audit
from clinic.clock import now
from clinic.integrations.storage import KEY
from clinic.models.documents import Document, DocumentProblem, DocumentState
from clinic.models.organizations import Clinic
from clinic.queries.documents import unsettled_since
from clinic.scope import Scope
from clinic.stored import storage
from clinic.work.handlers import handles

S, PROBLEM = DocumentState, DocumentProblem
GIVEN_UP_AFTER, LEFT_BEHIND_AFTER = timedelta(days=1), timedelta(minutes=10)
# What is younger may belong to something that is just being done.
SETTLED = timedelta(days=1)
AT_ONCE = 500
log = structlog.get_logger()
table = Document.__table__.c
ROWS = sa.select(table.id, table.state, table.file_size, table.storage_key, table.problem)


@handles("documents.sweep", cron="*/10 * * * *")
def sweep(session, *, by):
    """Give up what nobody has sent on for a day, and look through what was left behind by a worker."""
    for clinic_id in _clinics(session, Clinic.closed_at.is_(None)):
        session.enter(Scope.staff(clinic_id))
        for document in unsettled_since(session, S.SENDING, GIVEN_UP_AFTER):
            documents.refuse(document, PROBLEM.INCOMPLETE, by=Actor.job(clinic_id, "documents.sweep"))
        for document in unsettled_since(session, S.CHECKING, LEFT_BEHIND_AFTER):
            jobs.put(session, documents.CHECK, clinic_id=clinic_id, document_id=document.id)
            document.updated_at = now()
        session.commit()


@handles("documents.reconcile", cron="17 3 * * *")
def reconcile(session, *, by):
    """Hold what is kept against the rows, and mend what does not agree; nothing is locked meanwhile."""
    storage().sweep(now() - SETTLED)
    removed = _remove_what_nobody_speaks_of(session)
    lost, found = 0, 0
    for clinic_id in _clinics(session):
        session.enter(Scope.staff(clinic_id))
        for some in _ready_rows(session, clinic_id):
            changed = _looked_for(session, clinic_id, some)
            lost, found = lost + changed.count(False), found + changed.count(True)
    session.enter(Scope.person())
    audit(session, "documents.reconcile", by=by, details={"removed": removed, "lost": lost, "found": found})
    if lost:
        log.error("files of documents are missing", count=lost)


def _clinics(session, *conditions):
    session.enter(Scope.person())
    found = session.scalars(sa.select(Clinic.id).where(*conditions)).all()
    session.commit()
    return found


def _remove_what_nobody_speaks_of(session):
    """Remove files that are older than what is being done and that no row wants; how many."""
    before, removed = now() - SETTLED, 0
    everything = (each.key for each in storage().kept() if each.at < before and KEY.fullmatch(each.key))
    while some := sorted(islice(everything, AT_ONCE)):
        unwanted = [key for clinic_id, keys in groupby(some, _clinic_of) for key in _unwanted(session, clinic_id, keys)]
        storage().delete(unwanted)
        removed += len(unwanted)
    return removed


def _unwanted(session, clinic_id, keys):
    keys = list(keys)
    session.enter(Scope.staff(UUID(clinic_id)))
    asked = ROWS.where(table.clinic_id == UUID(clinic_id), table.id.in_({UUID(_document_of(key)) for key in keys}))
    rows = {str(row.id): row for row in session.connection().execute(asked)}
    session.commit()
    return [key for key in keys if not _is_wanted(key, rows.get(_document_of(key)))]


def _is_wanted(key, row):
    """Parts until the file was looked through, the file and its pages from then on."""
    if row is None:
        return False
    if "/part-" in key:
        return row.state in (S.SENDING, S.CHECKING)
    return row.state in (S.CHECKING, S.READY) or row.problem == PROBLEM.LOST


def _ready_rows(session, clinic_id):
    """The rows that speak of a file, some at a time, in no open transaction while they are looked for."""
    last = UUID(int=0)
    speaking = sa.and_(sa.or_(table.state == S.READY, table.problem == PROBLEM.LOST), table.deleted_at.is_(None))
    while True:
        asked = ROWS.where(table.clinic_id == clinic_id, speaking, table.id > last).order_by(table.id).limit(AT_ONCE)
        some = session.connection().execute(asked).all()
        session.commit()
        if not some:
            return
        yield some
        last = some[-1].id


def _looked_for(session, clinic_id, rows):
    """For each row whose file went missing False, for each whose file is back True; nothing for all the others."""
    there = {row.id: storage().size(row.storage_key) == row.file_size for row in rows}
    wrong = [row.id for row in rows if there[row.id] == (row.problem == PROBLEM.LOST)]
    for document in session.scalars(sa.select(Document).where(Document.id.in_(wrong)).with_for_update()):
        _say(document, there[document.id], Actor.job(clinic_id, "documents.reconcile"))
    session.commit()
    return [there[each] for each in wrong]


def _say(document, is_there, by):
    if not is_there:
        documents.refuse(document, PROBLEM.LOST, by=by)
    else:
        documents.find_again(document, by=by)


def _clinic_of(key):
    return key.partition("/")[0]


def _document_of(key):
    return key.split("/")[1]
