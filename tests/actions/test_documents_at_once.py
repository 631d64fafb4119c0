"""Several who act on one document at the same moment: each part counts once, and there is one outcome."""

import pytest
import sqlalchemy as sa

from clinic.actions import documents
from clinic.actions.acting import Refused
from clinic.db import now
from clinic.models.documents import PART, Document, DocumentCategory, DocumentState, key_of
from tests.at_once import rush


@pytest.fixture
def begun(session, cast):
    """A report of Tom's of which nothing has arrived yet."""
    facts = {"category": DocumentCategory.REPORT, "title": "Report"}
    made = documents.begin(
        cast.tom, by=cast.osei.actor, room=10**9, file_name="a.pdf", file_size=2 * PART, **facts
    )  # fmt: skip
    session.commit()
    return made.id


@pytest.fixture
def ready(session, begun):
    document = session.get(Document, (session.scope.clinic_id, begun))
    document.state, document.mime_type, document.sha256 = DocumentState.READY, "application/pdf", "0" * 64
    document.received = document.file_size
    session.commit()
    return begun


def of(session, document_id):
    return session.get(Document, (session.scope.clinic_id, document_id))


def test_the_same_part_from_two_tabs_counts_once(app, session, cast, begun):
    def send(own):
        try:
            documents.take_part(of(own, begun), offset=0, length=PART)
        except documents.OutOfStep as late:
            raise Refused(f"{late.received} bytes are here") from None

    assert rush(app, cast, send, send, send) == ["done", "refused", "refused"]
    session.expire_all()
    assert of(session, begun).received == PART


def test_the_last_part_from_two_tabs_makes_it_whole_once(app, session, cast, begun, superuser):
    documents.take_part(of(session, begun), offset=0, length=PART)
    session.commit()

    def send(own):
        try:
            documents.take_part(of(own, begun), offset=PART, length=PART)
        except documents.OutOfStep:
            raise Refused("late") from None

    assert rush(app, cast, send, send) == ["done", "refused"]
    with superuser.connect() as connection:
        jobs = connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'documents.check'")
        assert jobs.scalar() == 1


def test_two_doctors_who_show_it_leave_one_release(app, session, cast, ready):
    def release(own):
        documents.release(of(own, ready), by=cast.osei.actor)

    assert rush(app, cast, release, release) == ["done", "refused"]


@pytest.mark.parametrize("shown", [True, False])
def test_of_showing_and_hiding_at_once_there_is_one_outcome(app, session, cast, ready, shown):
    """Where it was shown, the refusal tells who was first; and who shows it is known whenever it is shown."""
    acts = (
        lambda own: documents.release(of(own, ready), by=cast.osei.actor),
        lambda own: documents.withhold(of(own, ready), by=cast.lind.actor),
    )
    for _time in range(4):
        document = of(session, ready)
        document.released_at, document.released_by_id = (now(), cast.osei.user.id) if shown else (None, None)
        session.commit()
        outcome = rush(app, cast, *acts)
        session.expire_all()
        seen = of(session, ready).released_at is not None
        assert seen == (of(session, ready).released_by_id is not None)
        if shown:
            assert outcome == (["done", "done"] if seen else ["done", "refused"])
        else:
            assert outcome == ["done", "done"]


def test_shown_and_removed_at_once_it_is_gone_whichever_was_first(app, session, cast, ready):
    def release(own):
        # Who looks for it after it was removed finds nothing to show.
        if (document := of(own, ready)) is None:
            raise Refused("This document was removed.")
        documents.release(document, by=cast.osei.actor)

    def remove(own):
        documents.remove(of(own, ready), by=cast.osei.actor)

    assert rush(app, cast, release, remove) in (["done", "done"], ["done", "refused"])
    session.rollback()
    row = session.connection().execute(sa.select(Document.__table__.c.deleted_at)).one()
    assert row.deleted_at is not None


def test_what_became_of_it_is_said_once_however_often_it_is_looked_through(app, session, cast, begun):
    """The job may run twice: the second finds nothing that waits to be looked through."""
    document = of(session, begun)
    documents.arrived(document)
    session.commit()
    found = {
        "mime_type": "application/pdf",
        "sha256": "0" * 64,
        "file_size": 5,
        "file_name": "a.pdf",
        "preview_pages": 0,
    }

    def accept(own):
        wanted = sa.select(Document).where(Document.state == DocumentState.CHECKING).with_for_update(of=Document)
        waiting = own.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
        if waiting is None:
            raise Refused("nothing waits")
        documents.accept(waiting, by=cast.osei.actor, **found)

    assert rush(app, cast, accept, accept) == ["done", "refused"]
    assert key_of(cast.rose.id, begun).endswith("/file")
