"""Referrals and excuse notes on the staff's pages: who writes them, who knows that they exist, who reads them."""

import pytest
import sqlalchemy as sa

from clinic.actions import excuse_notes, referrals
from clinic.db import now
from clinic.models.excuse_notes import ExcuseNote, NoteStatus
from clinic.models.referrals import Referral, ReferralStatus, SentTo
from tests.at_once import rush
from tests.papers import LETTER, REASON, RESTRICTIONS, note, referral
from tests.queries_counted import counted
from tests.visitor import seen_on

S = ReferralStatus
WRITTEN = {
    "referred_to": "Dr Heart\r\n1 Vein Road",
    "priority": "urgent",
    "reason": "A murmur",
    "specialty": "Cardiology",
}
WORDS = ("murmur", "Dr Heart", "Cardiology", RESTRICTIONS, REASON)


@pytest.fixture
def visit(cast):
    """Tom is Dr Osei's patient."""
    return cast.booked()


def of(made):
    name = "referral_id" if isinstance(made, Referral) else "note_id"
    return {"patient_id": made.patient_id, name: made.id}


def days_of(made):
    return {"starts_on": made.starts_on.isoformat(), "ends_on": made.ends_on.isoformat()}


class TestReferralsOfADoctor:
    def test_written_at_a_visit_it_is_on_the_page_of_the_chart_and_of_the_visit(self, session, cast, osei, visit):
        page = osei.open("staff.referrals.new", patient_id=cast.tom.id, visit_id=visit.id)
        assert f'name="visit_id" value="{visit.id}"' in page.text
        answer = osei.send("staff.referrals.create", WRITTEN | {"visit_id": visit.id}, patient_id=cast.tom.id)
        assert answer.status_code == 303
        made = session.scalars(sa.select(Referral)).one()
        assert (made.visit_id, made.status, made.priority) == (visit.id, S.PENDING, "urgent")
        assert "Dr Heart" in osei.open("staff.referrals.index", patient_id=cast.tom.id).text

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, cast, osei, visit):
        answer = osei.send("staff.referrals.create", WRITTEN | {"reason": ""}, patient_id=cast.tom.id)
        assert answer.status_code == 422 and "1 Vein Road" in answer.text and "Say why" in answer.text

    def test_a_visit_of_somebody_else_is_no_visit(self, session, cast, osei, visit):
        hers = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        answer = osei.send("staff.referrals.create", WRITTEN | {"visit_id": hers.id}, patient_id=cast.tom.id)
        assert answer.status_code == 404 and not session.scalars(sa.select(Referral)).all()

    def test_every_step_is_a_form_and_the_last_one_can_be_taken_back(self, session, cast, osei, visit):
        made = referral(session, cast)
        assert osei.send("staff.referrals.send", {}, **of(made)).status_code == 422
        for step, data in (
            ("send", {"sent_to": "patient"}), ("accept", {}), ("complete", {"outcome": "Nothing found"}), ("undo", {}),
        ):  # fmt: skip
            assert osei.send(f"staff.referrals.{step}", data, **of(made)).status_code == 303
        session.expire_all()
        assert made.status == S.ACCEPTED
        # What came of it waits in the form to be written again.
        assert "Nothing found" in osei.open("staff.referrals.show", **of(made)).text
        late = osei.send("staff.referrals.update", WRITTEN | {"reason": "Typed a moment too late"}, **of(made))
        assert (
            late.status_code == 409 and "Typed a moment too late" in late.text and "stays as it was read" in late.text
        )

    def test_the_letter_comes_as_a_file_and_as_a_page(self, session, cast, osei, visit):
        made = referral(session, cast)
        letter = osei.open("staff.referrals.letter", **of(made))
        assert letter.data.startswith(b"%PDF") and "Tom" not in letter.headers["Content-Disposition"]
        page = osei.open("staff.referrals.print_letter", **of(made)).text
        assert "1 Vein Road" in page and "Not sent yet" in page
        osei.send("staff.referrals.cancel", {"note": "Moved away"}, **of(made))
        assert "not needed any more" in osei.open("staff.referrals.print_letter", **of(made)).text

    def test_another_doctors_patient_and_anothers_referral_are_the_same_404(self, session, cast, osei, lind, visit):
        made = referral(session, cast)
        assert lind.open("staff.referrals.show", **of(made)).status_code == 404
        cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        others = {"patient_id": cast.maya_patient.id, "referral_id": made.id}
        assert osei.open("staff.referrals.show", **others).status_code == 404

    def test_a_long_list_takes_as_many_statements_as_a_short_one(self, app, session, cast, osei, visit):
        def statements():
            with counted(app) as seen:
                assert osei.open("staff.referrals.index", patient_id=cast.tom.id).status_code == 200
            return len(seen)

        referral(session, cast)
        few = statements()
        for _each in range(22):
            referral(session, cast)
        assert statements() == few


class TestExcuseNotesOfADoctor:
    def test_written_sent_and_withdrawn(self, session, cast, osei, visit):
        days = days_of(note(session, cast))
        form = {"kind": "school", **days, "restrictions": "No sports", "visit_id": visit.id}
        assert osei.send("staff.excuse_notes.create", form, patient_id=cast.tom.id).status_code == 303
        made = session.scalars(sa.select(ExcuseNote).where(ExcuseNote.visit_id == visit.id)).one()
        assert "Not sent yet" in osei.open("staff.excuse_notes.print_letter", **of(made)).text
        assert osei.send("staff.excuse_notes.send", **of(made)).status_code == 303
        session.expire_all()
        page = osei.open("staff.excuse_notes.show", **of(made)).text
        assert made.code_in_groups in page and "/check" in page
        late = osei.send("staff.excuse_notes.update", form, **of(made))
        assert late.status_code == 409 and "No sports" in late.text and "stays as it was read" in late.text
        assert osei.send("staff.excuse_notes.withdraw", **of(made)).status_code == 303
        assert "Withdrawn" in osei.open("staff.excuse_notes.index", patient_id=cast.tom.id).text

    def test_the_paper_says_the_days_and_never_why(self, session, cast, osei, visit):
        made = note(session, cast, sent=True)
        page = osei.open("staff.excuse_notes.print_letter", **of(made)).text
        assert made.code_in_groups in page and RESTRICTIONS in page and REASON not in page
        assert osei.open("staff.excuse_notes.letter", **of(made)).data.startswith(b"%PDF")

    def test_days_that_go_backwards_are_a_mistake_in_the_form(self, session, cast, osei, visit):
        days = days_of(note(session, cast))
        form = {"kind": "work", "starts_on": days["ends_on"], "ends_on": days["starts_on"]}
        assert osei.send("staff.excuse_notes.create", form, patient_id=cast.tom.id).status_code == 422


class TestTwoDoctors:
    def test_who_saves_over_a_colleagues_words_is_told_once_and_loses_none(self, session, cast, osei, visit):
        made = referral(session, cast)
        seen = seen_on(osei.open("staff.referrals.edit", **of(made)))
        osei.send("staff.referrals.update", WRITTEN | {"seen": seen}, **of(made))
        again = osei.send("staff.referrals.update", WRITTEN | {"seen": seen, "reason": "Mine"}, **of(made))
        assert again.status_code == 409 and "Mine" in again.text and "A colleague changed this" in again.text
        assert osei.send("staff.referrals.update", WRITTEN | {"seen": seen_on(again)}, **of(made)).status_code == 303


class TestAClosedRecord:
    def test_what_was_typed_for_somebody_who_has_died_is_not_lost(self, session, cast, osei, visit):
        cast.tom.deceased_at = now()
        session.commit()
        answer = osei.send("staff.referrals.create", WRITTEN, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "1 Vein Road" in answer.text and "Nothing new" in answer.text


class TestReady:
    def test_the_doctor_says_so_and_takes_it_back_and_a_change_takes_it_back_too(self, session, cast, osei, amara):
        visit, letter, excuse = cast.booked(), referral(session, cast), note(session, cast)
        again = {"kind": "work", **days_of(excuse), "restrictions": "No ladders", "visit_id": visit.id}
        for subject, paper, made, words in (
            ("referrals", "referral", letter, WRITTEN), ("excuse_notes", "excuse_note", excuse, again),
        ):  # fmt: skip
            assert osei.send(f"staff.{subject}.mark_ready", **of(made)).status_code == 303
            assert "Ready to be sent" in osei.open(f"staff.{subject}.show", **of(made)).text
            assert amara.open(f"staff.papers.{paper}", **of(made)).status_code == 200
            assert osei.send(f"staff.{subject}.mark_ready", **of(made)).status_code == 409
            assert osei.send(f"staff.{subject}.unmark_ready", **of(made)).status_code == 303
            assert amara.open(f"staff.papers.{paper}", **of(made)).status_code == 404
            osei.send(f"staff.{subject}.mark_ready", **of(made))
            assert osei.send(f"staff.{subject}.update", words, **of(made)).status_code == 303
            assert amara.open(f"staff.papers.{paper}", **of(made)).status_code == 404
            assert amara.send(f"staff.{subject}.mark_ready", **of(made)).status_code == 403

    def test_the_doctor_sends_without_saying_so_first_and_then_it_is_too_late_to_say(self, session, cast, osei, visit):
        letter, excuse = referral(session, cast, sent_to="patient"), note(session, cast)
        assert osei.send("staff.excuse_notes.send", **of(excuse)).status_code == 303
        assert osei.send("staff.excuse_notes.mark_ready", **of(excuse)).status_code == 409
        assert osei.send("staff.referrals.unmark_ready", **of(letter)).status_code == 409

    def test_of_a_change_and_the_desks_sending_at_once_nothing_unfinished_is_sent(self, app, session, cast):
        made = referral(session, cast, ready=True)

        def change(own):
            referrals.rewrite(own.get(Referral, (cast.rose.id, made.id)), LETTER, by=cast.osei.actor)

        def send(own):
            letter = own.get(Referral, (cast.rose.id, made.id))
            referrals.send(letter, SentTo.PATIENT, only_ready=True, by=cast.amara.actor)

        assert sorted(rush(app, cast, change, send)) == ["done", "refused"]
        session.expire_all()
        assert (made.sent_at is None) == (made.ready_at is None)

    def test_what_was_sent_is_not_opened_to_be_changed(self, session, cast, osei, visit):
        letter, excuse = referral(session, cast, sent_to="patient"), note(session, cast, sent=True)
        for subject, made in (("referrals", letter), ("excuse_notes", excuse)):
            answer = osei.open(f"staff.{subject}.edit", **of(made))
            assert answer.status_code == 303 and answer.location == osei.url(f"staff.{subject}.show", **of(made))
            assert "stays as it is" in osei.open(answer.location).text


class TestTheDesk:
    def test_sees_that_one_exists_marks_it_as_sent_and_reads_not_a_word_of_it(self, session, cast, amara):
        letter, excuse = referral(session, cast, ready=True), note(session, cast, ready=True)
        pages = [
            amara.open("staff.papers.referral", **of(letter)), amara.open("staff.papers.excuse_note", **of(excuse)),
            amara.open("staff.charts.existing", patient_id=cast.tom.id),
        ]  # fmt: skip
        assert [page.status_code for page in pages] == [200] * 3
        assert not [word for page in pages for word in WORDS if word in page.text]
        assert amara.send("staff.papers.send_referral", {"sent_to": "specialist"}, **of(letter)).status_code == 303
        assert amara.send("staff.papers.send_note", **of(excuse)).status_code == 303
        session.expire_all()
        assert (letter.status, excuse.status) == (S.SENT, NoteStatus.SENT)
        again = amara.open("staff.papers.excuse_note", **of(excuse)).text
        assert excuse.code_in_groups not in again and "Note that" not in again

    def test_not_one_column_of_what_it_says_is_even_asked_for(self, app, session, cast, amara):
        letter, excuse = referral(session, cast, ready=True), note(session, cast, ready=True)
        with counted(app) as statements:
            amara.open("staff.papers.referral", **of(letter))
            amara.open("staff.papers.excuse_note", **of(excuse))
        asked = " ".join(each for each in statements if "referrals" in each or "excuse_notes" in each)
        assert asked and not [name for name in ("reason", "restrictions", "notes.notes", "outcome") if name in asked]

    def test_knows_of_nothing_that_the_doctor_still_writes_and_gives_none_of_it_out(self, session, cast, amara):
        letter, excuse = referral(session, cast), note(session, cast)
        thrown_away = note(session, cast)
        excuse_notes.withdraw(thrown_away, by=cast.osei.actor)
        session.commit()
        assert "/papers/" not in amara.open("staff.charts.existing", patient_id=cast.tom.id).text
        assert amara.open("staff.papers.referral", **of(letter)).status_code == 404
        for made in (excuse, thrown_away):
            assert amara.open("staff.papers.excuse_note", **of(made)).status_code == 404
        for verb, form, made in (("send_referral", {"sent_to": "patient"}, letter), ("send_note", {}, excuse)):
            answer = amara.send(f"staff.papers.{verb}", form, **of(made))
            assert answer.status_code == 409 and "The doctor has not finished this." in answer.text
        session.expire_all()
        assert letter.sent_at is None and excuse.check_code is None

    @pytest.mark.parametrize("page", ["index", "show", "letter", "print_letter", "edit"])
    def test_opens_no_page_of_the_doctors(self, session, cast, amara, ines, page):
        letter, excuse = referral(session, cast, ready=True), note(session, cast, ready=True)
        for subject, made in (("referrals", letter), ("excuse_notes", excuse)):
            values = of(made) if page != "index" else {"patient_id": made.patient_id}
            for who in (amara, ines):
                assert who.open(f"staff.{subject}.{page}", **values).status_code == 403

    def test_of_another_clinic_finds_nothing(self, session, cast, stranger):
        letter, excuse = referral(session, cast, ready=True), note(session, cast, ready=True)
        assert stranger.open("staff.papers.referral", **of(letter)).status_code == 404
        assert stranger.send("staff.papers.send_note", **of(excuse)).status_code == 404
        assert stranger.send("staff.papers.send_referral", {"sent_to": "patient"}, **of(letter)).status_code == 404

    def test_the_doctors_have_their_own_pages(self, session, cast, osei, visit):
        assert osei.open("staff.papers.referral", **of(referral(session, cast))).status_code == 403


class TestOpenEnds:
    def test_a_referral_that_nobody_closed_is_on_the_doctors_list(self, session, cast, osei, visit):
        made = referral(session, cast)
        page = osei.open("staff.open_ends.index").text
        assert "Dr Heart" in page and f"/referrals/{made.id}" in page and "Not sent yet" in page
        osei.send("staff.referrals.mark_ready", **of(made))
        assert "Ready to be sent" in osei.open("staff.open_ends.index").text
