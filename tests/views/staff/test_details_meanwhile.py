"""Two pages with the details of one patient: what is saved on the one is not undone by the other."""

import pytest

from clinic.models.patients import Patient
from tests.visitor import seen_on


@pytest.fixture
def maya_now(session, cast):
    """Maya's record, read afresh."""

    def read():
        session.rollback()
        session.expire_all()
        return session.get(Patient, (cast.rose.id, cast.maya_patient.id))

    return read


def test_of_two_pages_on_which_different_details_are_changed_none_undoes_the_other(amara, cast, maya_now):
    there = {"patient_id": cast.maya_patient.id}
    typed = {"full_name": "Maya Okafor", "date_of_birth": "12/04/1990", "phone": "+44 20 7946 0123"}
    typed["seen"] = seen_on(amara.open("staff.patients.edit", **there))
    assert amara.send("staff.patients.update", {**typed, "city": "Leeds"}, **there).status_code == 303
    answer = amara.send("staff.patients.update", {**typed, "phone": "020 7946 0999"}, **there)
    assert answer.status_code == 303
    assert (maya_now().city, maya_now().phone) == ("Leeds", "+44 20 7946 0999")


def test_of_two_pages_on_which_the_same_is_changed_the_second_shows_what_the_first_wrote(amara, cast, maya_now):
    there = {"patient_id": cast.maya_patient.id}
    typed = {"full_name": "Maya Okafor", "date_of_birth": "12/04/1990", "phone": "+44 20 7946 0123"}
    typed["seen"] = seen_on(amara.open("staff.patients.edit", **there))
    hers = {**typed, "date_of_birth": "13/04/1990", "gender": "female", "city": "Leeds"}
    assert amara.send("staff.patients.update", hers, **there).status_code == 303
    mine = {**typed, "date_of_birth": "14/04/1990", "gender": "other", "postal_code": "LS1"}
    refused = amara.send("staff.patients.update", mine, **there)
    assert refused.status_code == 409 and "Somebody changed the same meanwhile." in refused.text
    assert "Meanwhile somebody wrote: 13/04/1990" in refused.text
    assert "Meanwhile somebody wrote: Female" in refused.text
    # What was typed is still there, and what only the other one touched is theirs.
    assert 'value="14/04/1990"' in refused.text and 'value="LS1"' in refused.text and 'value="Leeds"' in refused.text
    assert maya_now().date_of_birth.day == 13 and maya_now().postal_code is None
    again = {**mine, "city": "Leeds", "seen": seen_on(refused)}
    assert amara.send("staff.patients.update", again, **there).status_code == 303
    kept = maya_now()
    assert (kept.date_of_birth.day, kept.gender.value, kept.city, kept.postal_code) == (14, "other", "Leeds", "LS1")


def test_who_mistypes_has_read_no_more_of_the_other_page_than_before(amara, cast, maya_now):
    there = {"patient_id": cast.maya_patient.id}
    typed = {"full_name": "Maya Okafor", "date_of_birth": "12/04/1990", "phone": "+44 20 7946 0123"}
    typed["seen"] = seen_on(amara.open("staff.patients.edit", **there))
    amara.send("staff.patients.update", {**typed, "phone": "020 7946 0999"}, **there)
    mistyped = amara.send("staff.patients.update", {**typed, "email": "at home"}, **there)
    assert mistyped.status_code == 422 and seen_on(mistyped) == typed["seen"]
    amara.send("staff.patients.update", {**typed, "email": "maya@home.example"}, **there)
    assert (maya_now().phone, maya_now().email) == ("+44 20 7946 0999", "maya@home.example")


def test_a_moment_that_no_page_wrote_is_refused(amara, cast):
    answer = amara.send("staff.patients.update", {"full_name": "X", "seen": "yesterday"}, patient_id=cast.tom.id)
    assert answer.status_code == 422 and "This page was changed on its way here." in answer.text
