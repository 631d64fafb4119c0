"""A patient reads her details and changes how she is reached."""

import pytest

from clinic.models.patients import Patient
from clinic.models.people import ContactMethod
from tests.visitor import seen_on


@pytest.fixture
def maya_now(session, cast):
    """Maya's record, read afresh."""

    def read():
        session.rollback()
        session.expire_all()
        return session.get(Patient, (cast.rose.id, cast.maya_patient.id))

    return read


class TestIndex:
    def test_she_reads_her_name_date_of_birth_and_phone(self, maya):
        page = maya.open("portal.details.index").text
        assert "Maya Okafor" in page and "12/04/1990" in page and "+44 20 7946 0123" in page

    def test_nobody_elses_are_there(self, maya):
        assert "Tom Baker" not in maya.open("portal.details.index").text


class TestUpdate:
    def test_what_she_changes_is_kept_and_the_rest_stays(self, maya, cast, maya_now):
        typed = {"phone": "020 7946 0999", "email": "maya@home.example", "city": "Leeds", "timezone": "Europe/Lisbon",
                 "preferred_contact_method": "sms"}  # fmt: skip
        assert maya.open("portal.details.edit", patient_id=cast.maya_patient.id).status_code == 200
        assert maya.send("portal.details.update", typed, patient_id=cast.maya_patient.id).status_code == 303
        kept = maya_now()
        assert kept.phone == "+44 20 7946 0999" and kept.city == "Leeds" and kept.timezone == "Europe/Lisbon"
        assert kept.preferred_contact_method == ContactMethod.SMS and kept.full_name == "Maya Okafor"

    def test_what_is_hers_to_see_only_is_not_hers_to_change(self, maya, cast, maya_now):
        typed = {"full_name": "Somebody Else", "date_of_birth": "2000-01-01", "notes": "mine", "mrn": "1"}
        maya.send("portal.details.update", typed, patient_id=cast.maya_patient.id)
        kept = maya_now()
        assert kept.full_name == "Maya Okafor" and kept.date_of_birth.year == 1990 and kept.notes is None

    @pytest.mark.parametrize("wrong", [{"phone": "12"}, {"email": "at home"}, {"timezone": "Mars/Base"},
                                       {"preferred_contact_method": "pigeon"}, {"city": "x" * 500}])  # fmt: skip
    def test_what_cannot_be_is_refused_and_still_there(self, maya, cast, maya_now, wrong):
        before = maya_now().phone
        answer = maya.send(
            "portal.details.update", {"phone": "020 7946 0999", **wrong}, patient_id=cast.maya_patient.id
        )
        assert answer.status_code == 422 and maya_now().phone == before

    def test_what_the_desk_changed_meanwhile_stays_and_the_same_is_shown_beside_hers(self, maya, amara, cast, maya_now):
        there = {"patient_id": cast.maya_patient.id}
        typed = {"phone": "+44 20 7946 0123", "city": "", "timezone": ""}
        typed["seen"] = seen_on(maya.open("portal.details.edit", **there))
        desks = {"full_name": "Maya Okafor", "phone": "020 7946 0777", "email": "maya@work.example"}
        assert amara.send("staff.patients.update", desks, **there).status_code == 303
        assert maya.send("portal.details.update", {**typed, "city": "Leeds"}, **there).status_code == 303
        kept = maya_now()
        assert (kept.phone, kept.email, kept.city) == ("+44 20 7946 0777", "maya@work.example", "Leeds")
        refused = maya.send("portal.details.update", {**typed, "phone": "020 7946 0999"}, **there)
        assert refused.status_code == 409 and "Meanwhile somebody wrote: +44 20 7946 0777" in refused.text

    def test_nobody_elses_details_open(self, maya, amara, cast):
        assert maya.open("portal.details.edit", patient_id=cast.tom.id).status_code == 404
        assert maya.send("portal.details.update", {}, patient_id=cast.tom.id).status_code == 404
        assert amara.open("portal.details.index").status_code == 403
