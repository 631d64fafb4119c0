"""Referrals and excuse notes as the patient finds them: nothing before they are sent, all of it afterwards."""

import io
import json
import zipfile

import pytest

from clinic.actions import excuse_notes
from clinic.actions.patients import register
from clinic.models.patients import PatientAccess
from clinic.models.people import Relation
from tests.papers import REASON, RESTRICTIONS, note, referral


@pytest.fixture
def letter(session, cast):
    """Maya's referral, sent."""
    return referral(session, cast, cast.maya_patient, sent_to="patient")


@pytest.fixture
def excuse(session, cast):
    """Maya's note, sent."""
    return note(session, cast, cast.maya_patient, sent=True)


class TestBeforeItIsSent:
    def test_there_is_nothing_not_even_by_its_address(self, session, cast, maya):
        letter, excuse = referral(session, cast, cast.maya_patient), note(session, cast, cast.maya_patient)
        assert "Dr Heart" not in maya.open("portal.referrals.index").text
        assert RESTRICTIONS not in maya.open("portal.excuse_notes.index").text
        for page in ("show", "letter", "print_letter"):
            assert maya.open(f"portal.referrals.{page}", referral_id=letter.id).status_code == 404
            assert maya.open(f"portal.excuse_notes.{page}", note_id=excuse.id).status_code == 404


class TestOnceSent:
    def test_the_letter_is_read_printed_and_kept(self, maya, letter):
        assert "Dr Heart" in maya.open("portal.referrals.index").text
        assert "A murmur since spring" in maya.open("portal.referrals.show", referral_id=letter.id).text
        assert "1 Vein Road" in maya.open("portal.referrals.print_letter", referral_id=letter.id).text
        assert maya.open("portal.referrals.letter", referral_id=letter.id).data.startswith(b"%PDF")

    def test_the_note_is_read_printed_and_kept_with_its_code_and_without_why(self, maya, excuse):
        page = maya.open("portal.excuse_notes.show", note_id=excuse.id).text
        paper = maya.open("portal.excuse_notes.print_letter", note_id=excuse.id).text
        assert excuse.code_in_groups in page and excuse.code_in_groups in paper and RESTRICTIONS in paper
        assert REASON not in page and REASON not in paper
        assert maya.open("portal.excuse_notes.letter", note_id=excuse.id).data.startswith(b"%PDF")

    def test_a_withdrawn_note_says_so_and_is_no_paper_any_more(self, session, cast, maya, excuse):
        excuse_notes.withdraw(excuse, by=cast.osei.actor)
        session.commit()
        page = maya.open("portal.excuse_notes.show", note_id=excuse.id).text
        assert "Withdrawn" in page and excuse.code_in_groups not in page
        for way in ("letter", "print_letter"):
            assert maya.open(f"portal.excuse_notes.{way}", note_id=excuse.id).status_code == 404

    def test_the_record_has_a_line_for_each(self, maya, letter, excuse):
        page = maya.open("portal.record.index").text
        assert "/portal/record/referrals" in page and "/portal/record/excuse-notes" in page


class TestWhose:
    def test_who_acts_for_others_too_opens_their_own_first(self, session, cast, maya, letter):
        ada = register(session, by=cast.amara.actor, full_name="Ada Okafor")
        session.add(PatientAccess(clinic_id=cast.rose.id, patient_id=ada.id, user_id=cast.maya.user.id,
                                  relation=Relation.PARENT))  # fmt: skip
        session.commit()
        assert "Dr Heart" in maya.open("portal.referrals.index").text
        assert "Dr Heart" not in maya.open("portal.referrals.index", patient_id=ada.id).text


class TestTakenAlong:
    def test_the_copy_of_ones_record_holds_what_was_sent_and_nothing_else(self, session, cast, maya, letter, excuse):
        referral(session, cast, cast.maya_patient), note(session, cast, cast.maya_patient)
        answer = maya.send("portal.exports.create", patient_id=cast.maya_patient.id)
        with answer, zipfile.ZipFile(io.BytesIO(answer.data)) as file:
            held = {name: json.loads(file.read(f"{name}.json")) for name in ("referrals", "excuse_notes")}
        assert [row["id"] for row in held["referrals"]] == [str(letter.id)]
        assert [row["check_code"] for row in held["excuse_notes"]] == [excuse.check_code]
        assert "reason" not in held["excuse_notes"][0]


class TestOfSomebodyElse:
    def test_it_is_as_if_it_never_was(self, session, cast, maya):
        letter, excuse = referral(session, cast, sent_to="patient"), note(session, cast, sent=True)
        assert maya.open("portal.referrals.show", referral_id=letter.id).status_code == 404
        assert maya.open("portal.excuse_notes.letter", note_id=excuse.id).status_code == 404
        assert maya.open("portal.referrals.index", patient_id=cast.tom.id).status_code == 404
