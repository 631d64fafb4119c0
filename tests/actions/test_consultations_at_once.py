"""Notes and several people at the same moment: one outcome, and nobody's words are written over unseen."""

import os
from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import consultations
from clinic.actions.consultations import Sending
from clinic.models.consultations import Consultation
from tests.at_once import rush
from tests.noting import COUGH, again, begun, written

# `ROUNDS=50` plays it as often as the figures ask.
ROUNDS = int(os.environ.get("ROUNDS", "1"))
THEIRS = replace(COUGH, treatment="Antibiotics")


@pytest.fixture(params=range(ROUNDS), autouse=True)
def round(request):
    """Every race as often as there are rounds, each on a note of its own."""
    return request.param


def _writes(visit, words, who, version, verb=consultations.autosave):
    return lambda session: verb(again(session, visit), words, Sending(version, uuid4(), 1), by=who.actor)


def _note(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Consultation)).one()


def test_of_two_doctors_who_write_in_one_note_at_once_the_second_is_told(app, cast, session):
    visit = begun(cast)
    for version in (0, 1):
        mine, theirs = (replace(words, notes=f"Round {version}") for words in (COUGH, THEIRS))
        acts = [_writes(visit, mine, cast.osei, version), _writes(visit, theirs, cast.lind, version)]
        assert rush(app, cast, *acts) == ["done", "refused"]
        note = _note(session)
        assert note.version == version + 1 and note.treatment in (COUGH.treatment, THEIRS.treatment)


def test_an_autosave_and_a_signature_at_once_leave_one_text_that_is_signed_or_a_draft_that_is_whole(app, cast, session):
    visit = begun(cast)
    written(visit, replace(COUGH, notes="Begun"), by=cast.osei)
    sign = _writes(visit, COUGH, cast.osei, 1, consultations.sign)
    assert rush(app, cast, sign, _writes(visit, THEIRS, cast.lind, 1)) == ["done", "refused"]
    note = _note(session)
    assert note.version == 2
    assert note.treatment == (COUGH.treatment if note.is_signed else THEIRS.treatment)


def test_the_pages_own_autosave_never_gets_behind_its_signature(app, cast, session):
    """The signature carries what stands on the page; the sending before it is older, whichever comes first."""
    visit, page = begun(cast), uuid4()
    late = Sending(0, page, 1)
    acts = [
        lambda session: consultations.autosave(again(session, visit), THEIRS, late, by=cast.osei.actor),
        lambda session: consultations.sign(again(session, visit), COUGH, Sending(0, page, 2), by=cast.osei.actor),
    ]
    assert "done" in rush(app, cast, *acts)
    note = _note(session)
    assert note.is_signed and note.treatment == COUGH.treatment


def test_a_note_is_signed_once_however_often_it_is_pressed_at_once(app, cast, session):
    visit = begun(cast)
    outcomes = rush(app, cast, *[_writes(visit, COUGH, cast.osei, 0, consultations.sign)] * 3)
    assert outcomes == ["done", "refused", "refused"] and _note(session).version == 1
