"""Every route × every role × one's own, one's clinic's, another clinic's: the page that was looked at, line by line."""

import pytest

from clinic.config import HOME
from tests.access.askers import ROLES
from tests.access.asking import Stage, lines_of, needs_somebody, without_a_case
from tests.access.matrix import frozen
from tests.access.never_let_in import places, reason_for


@pytest.fixture
def stage(app, cast, superuser):
    """The two clinics, set up anew whenever somebody changed them."""
    return Stage(app, superuser)


def test_every_route_has_a_case(app, stage):
    assert not without_a_case(stage)
    assert {line.endpoint for line in frozen()} >= set(app.extensions["needs"]) - {"staff.live.stream"}


@pytest.mark.promise(9, "routes × roles × own, same clinic's, other clinic's")
@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_exactly_what_the_page_says(stage, role, figure):
    got, said = lines_of(stage, role), [line for line in frozen() if line.role == role]
    differing = sorted(set(got) ^ set(said))
    assert not differing, "docs/access-matrix.csv says otherwise; if the page is wrong, run `make docs` and look at it"
    figure(f"{len(got)} routes as {role}")


class TestThePageItself:
    """What no page may say, whoever committed it."""

    @pytest.mark.promise(8, "another clinic's id on every route that takes one")
    def test_nobody_is_let_in_to_another_clinics(self, figure):
        asked = [line for line in frozen() if line.other_clinic != "-"]
        assert {line.other_clinic for line in asked} <= {"404", "403", "405", "sign-in"}
        figure(f"{len(asked)} askings, 0 let in")

    def test_whoever_may_use_a_route_hears_that_another_clinics_thing_does_not_exist(self):
        told = {line.other_clinic for line in frozen() if line.own == "yes" and line.other_clinic != "-"}
        assert told == {"404"}

    def test_somebody_is_let_in_everywhere_but_where_it_says_why_nobody_is(self):
        let_in = {
            (line.endpoint, line.method) for line in frozen()
            if "yes" in (line.own, line.same_clinic, line.other_clinic)
        }  # fmt: skip
        never = {(line.endpoint, line.method) for line in frozen()} - let_in
        assert not {route for route in never if not reason_for(route[0])}
        assert not {route for route in let_in if reason_for(route[0])}
        assert all((HOME / place).exists() for place in places())

    def test_nobody_who_is_not_signed_in_is_let_in_where_a_person_is_needed(self, app):
        let_in = [line for line in frozen() if line.role == "nobody" and needs_somebody(app, line.endpoint)]
        assert {line.own for line in let_in} == {"sign-in"}

    def test_a_patient_sees_nothing_of_another_patients(self):
        portal = [line for line in frozen() if line.role == "patient" and line.endpoint.startswith("portal.")]
        assert {line.same_clinic for line in portal} <= {"404", "-"}

    def test_patients_stay_out_of_the_staffs_pages_and_staff_out_of_the_portal(self):
        crossing = [
            line for line in frozen()
            if (line.role == "patient" and line.endpoint.startswith("staff."))
            or (line.role not in ("patient", "nobody") and line.endpoint.startswith("portal."))
        ]  # fmt: skip
        assert crossing and {line.own for line in crossing} <= {"403", "404"}

    def test_support_and_referrers_see_no_patient_and_change_nothing(self):
        seen = {
            (line.endpoint, line.method) for line in frozen()
            if line.role in ("support", "referrer") and line.own == "yes" and line.endpoint.startswith("staff.")
        }  # fmt: skip
        assert all(method == "GET" for _endpoint, method in seen)
        assert not any("patient" in endpoint or "visit" in endpoint for endpoint, _method in seen)

    def test_a_doctor_is_told_of_another_doctors_patient_that_there_is_none(self):
        doctors = [line for line in frozen() if line.role == "doctor" and line.endpoint.startswith("staff.patients.")]
        assert {line.same_clinic for line in doctors if line.own == "yes"} <= {"404", "-"}
