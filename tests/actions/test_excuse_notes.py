"""An excuse note's life, and its code: made when it is sent, found by whoever has it, worth nothing to a guesser."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import erasures, excuse_notes
from clinic.actions.acting import Actor, Refused
from clinic.actions.excuse_notes import LETTERS, Excuse, plain
from clinic.models.accounts import Membership, Role
from clinic.models.audit import AuditEntry
from clinic.models.excuse_notes import ExcuseKind, ExcuseNote, NoteState, NoteStatus
from clinic.scope import Scope
from tests.at_once import rush
from tests.papers import note, referral

SOMEBODY = Actor(role="note_check", ip_address="203.0.113.9")


@pytest.fixture
def draft(session, cast):
    """Tom's note, which nobody has got yet."""
    return note(session, cast)


@pytest.fixture
def sent(session, cast):
    """Tom's note, sent."""
    return note(session, cast, sent=True)


def excuse_of(made):
    return Excuse(**{name: getattr(made, name) for name in Excuse.__slots__})


def sending(cast, made):
    """Sending the note in a session of one's own."""
    return lambda own: excuse_notes.send(own.get(ExcuseNote, (cast.rose.id, made.id)), by=cast.amara.actor)


class TestWrite:
    def test_a_draft_has_no_code_and_can_be_changed(self, cast, draft):
        assert (draft.status, draft.check_code, draft.provider_id) == (NoteStatus.DRAFT, None, cast.dr_osei.id)
        excuse_notes.rewrite(draft, replace(excuse_of(draft), kind=ExcuseKind.SCHOOL), by=cast.osei.actor)
        assert draft.kind == ExcuseKind.SCHOOL

    @pytest.mark.parametrize("days", [-1, 366])
    def test_its_days_go_forwards_and_not_on_for_ever(self, session, cast, days):
        with pytest.raises(Refused):
            note(session, cast, days=days)

    def test_once_sent_its_words_and_days_stay(self, session, cast, sent):
        with pytest.raises(Refused, match="stays as it was read"):
            excuse_notes.rewrite(sent, excuse_of(sent), by=cast.osei.actor)
        change = sa.update(ExcuseNote).where(ExcuseNote.id == sent.id)
        for values in ({"ends_on": sent.ends_on + timedelta(days=9)}, {"restrictions": "None"}, {"kind": "school"}):
            with pytest.raises(sa.exc.IntegrityError, match="excuse_notes_stay_as_read"):
                session.execute(change.values(values))
            session.rollback()


class TestSend:
    def test_it_gets_a_code_that_can_be_read_out(self, sent):
        assert re.fullmatch(rf"[0-9A-F]{{4}}[{LETTERS}]{{12}}", sent.check_code)
        assert sent.code_in_groups == "-".join(re.findall("....", sent.check_code))

    def test_of_two_who_send_it_at_once_one_is_told_so_and_there_is_one_code(self, app, session, cast, draft):
        assert rush(app, cast, *[sending(cast, draft)] * 2) == ["done", "refused"]

    def test_of_sending_and_withdrawing_at_once_nothing_withdrawn_is_sent(self, app, session, cast, draft):
        def withdraw(session):
            excuse_notes.withdraw(session.get(ExcuseNote, (cast.rose.id, draft.id)), by=cast.osei.actor)

        assert "done" in rush(app, cast, sending(cast, draft), withdraw)
        session.expire_all()
        assert draft.withdrawn_at and (draft.sent_at is None or draft.sent_at <= draft.withdrawn_at)

    def test_whoever_began_earlier_and_withdraws_later_has_the_later_moment(self, app, session, cast, draft):
        session.scalar(sa.select(sa.func.now()))
        assert rush(app, cast, sending(cast, draft)) == ["done"]
        excuse_notes.withdraw(draft, by=cast.osei.actor)
        session.commit()
        assert draft.sent_at < draft.withdrawn_at

    def test_one_that_was_withdrawn_is_not_sent_any_more(self, cast, draft):
        excuse_notes.withdraw(draft, by=cast.osei.actor)
        for verb in (excuse_notes.send, excuse_notes.withdraw):
            with pytest.raises(Refused, match="withdrawn"):
                verb(draft, by=cast.osei.actor)


class TestState:
    def test_whether_its_days_are_over_follows_from_the_day_one_asks(self, sent, draft):
        last = sent.ends_on
        assert sent.state_on(last) == NoteState.SENT and sent.state_on(last + timedelta(days=1)) == NoteState.EXPIRED
        assert draft.state_on(last + timedelta(days=1)) == NoteState.DRAFT

    def test_nothing_of_it_is_stored(self):
        assert set(NoteStatus) == {"draft", "sent"}


class TestCheck:
    @pytest.mark.parametrize("typed", ["{code}", "{groups}", " {lower} ", "{mistaken}"])
    def test_however_it_is_typed_it_tells_its_days(self, session, sent, typed):
        code, groups = sent.check_code, sent.code_in_groups
        forms = {"lower": groups.lower().replace("-", " "), "mistaken": code.replace("0", "O").replace("1", "l")}
        found = excuse_notes.check(session, typed.format(code=code, groups=groups, **forms), by=SOMEBODY)
        assert (found.starts_on, found.ends_on, found.is_withdrawn) == (sent.starts_on, sent.ends_on, False)

    @pytest.mark.parametrize("typed", ["", "0000-0000-0000-0000", "' OR 1=1 --", "ÄÖÜ", "A" * 40])
    def test_whatever_else_is_typed_tells_nothing(self, session, sent, typed):
        assert excuse_notes.check(session, typed, by=SOMEBODY) is None

    def test_one_letter_off_is_as_wrong_as_all_of_them(self, session, sent):
        last = "X" if sent.check_code[-1] != "X" else "Y"
        assert excuse_notes.check(session, sent.check_code[:-1] + last, by=SOMEBODY) is None

    def test_it_is_found_from_outside_of_every_clinic_and_shows_no_row_to_who_asked(self, session, sent):
        session.enter(Scope.person())
        assert excuse_notes.check(session, sent.check_code, by=SOMEBODY)
        session.commit()
        session.enter(Scope.person())
        assert excuse_notes.check(session, "0" * 16, by=SOMEBODY) is None
        assert session.execute(sa.text("SELECT count(*) FROM excuse_notes")).scalar() == 0

    def test_a_withdrawn_one_says_that_and_its_patient_reads_that_somebody_asked(self, session, cast, sent):
        excuse_notes.withdraw(sent, by=cast.osei.actor)
        session.commit()
        assert excuse_notes.check(session, sent.check_code, by=SOMEBODY).is_withdrawn
        session.commit()
        session.enter(cast.scope)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "excuse_notes.check")).one()
        assert (entry.patient_id, entry.resource_id, entry.actor_id) == (cast.tom.id, sent.id, None)

    def test_what_people_mistake_is_read_as_what_stands_on_the_paper(self):
        assert plain(" o1I-l0b ") == "01110B"


class TestErased:
    def test_no_word_is_left_and_the_code_is_unknown(self, session, cast, sent):
        letter = referral(session, cast, sent_to="patient")
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
        asked = erasures.ask(cast.tom, "He asked for it by letter", by=cast.ines.actor)
        erasures.confirm(asked, by=cast.lind.actor)
        session.commit()
        session.expire_all()
        assert (sent.reason, sent.restrictions, letter.reason, letter.referred_to) == (None, None, "", "")
        assert letter.cancelled_at and excuse_notes.check(session, sent.check_code, by=SOMEBODY) is None
