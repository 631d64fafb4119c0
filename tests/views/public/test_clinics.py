"""A clinic's public page, its look, and becoming a patient there."""

import re
import threading
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from clinic.colours import contrast, readable_on
from clinic.models.accounts import Membership, User
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import Relation
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import BookingRule, VisitType
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor

PNG = b"\x89PNG\r\n\x1a\n-- a picture --"
TOM = {
    "first_name": "Tom", "last_name": "Baker", "date_of_birth": "01/12/1955", "phone": "020 7946 0999",
    "email": "Tom@Example.org", "password": "a password for tom",
}  # fmt: skip


def change(session, model, row_id, **values):
    """Change a row behind everybody's back."""
    session.execute(sa.update(model).where(model.id == row_id).values(**values))
    session.commit()


class TestShow:
    def test_anybody_sees_doctors_visit_types_and_the_next_open_times(self, nobody, cast, session):
        change(session, VisitType, cast.consultation.id, fee=60)
        answer = nobody.open("public.clinics.show", slug="rose-street")
        assert answer.status_code == 200
        for words in (
            "Rose Street Clinic",
            "Dr Kwame Osei",
            "Dr Astrid Lind",
            "Follow-up",
            "20 minutes · £60.00",
        ):
            assert words in answer.text
        # Whatever the hour is: a start within the doctors' nine to five.
        assert re.search(r"\b(09|1[0-6]):[0-5]0\b", answer.text)
        assert "Sign up and book" in answer.text
        assert "Dr Luis Reyes" not in answer.text

    def test_times_are_the_clinics_own_in_its_own_words(self, nobody):
        # Whatever the hour is: a start within the doctor's nine to five.
        assert re.search(r"\b\d\d?:[0-5]0\u202f[AP]M", nobody.open("public.clinics.show", slug="harbour").text)

    @pytest.mark.parametrize("values", [{"approved_at": None}, {"is_active": False}])
    def test_a_doctor_not_approved_or_not_at_work_is_not_shown(self, nobody, cast, session, values):
        change(session, Provider, cast.dr_osei.id, **values)
        page = nobody.open("public.clinics.show", slug="rose-street").text
        assert "Dr Kwame Osei" not in page
        assert "Dr Astrid Lind" in page

    @pytest.mark.parametrize("values", [{"booking": BookingRule.OFF}, {"is_active": False}])
    def test_a_type_only_the_clinic_books_is_not_offered(self, nobody, cast, session, values):
        change(session, VisitType, cast.follow_up.id, **values)
        assert "Follow-up" not in nobody.open("public.clinics.show", slug="rose-street").text

    @pytest.mark.parametrize("values", [{"approved_at": None}, {"is_active": False}])
    def test_a_type_that_no_bookable_doctor_offers_is_not_named(self, nobody, cast, session, values):
        session.add(VisitType(clinic_id=cast.rose.id, name="Ultrasound", minutes=20))
        checks = VisitType(clinic_id=cast.rose.id, name="Skin check", minutes=20)
        session.add(checks)
        session.flush()
        ids = {"clinic_id": cast.rose.id, "visit_type_id": checks.id, "provider_id": cast.dr_osei.id}
        session.add(ProviderVisitType(**ids))
        session.commit()
        page = nobody.open("public.clinics.show", slug="rose-street").text
        assert "Skin check" in page and "Ultrasound" not in page
        change(session, Provider, cast.dr_osei.id, **values)
        assert "Skin check" not in nobody.open("public.clinics.show", slug="rose-street").text

    def test_what_can_be_booked_is_not_narrowed_with_the_doctors(self, nobody, cast, session):
        change(session, Provider, cast.dr_osei.id, specialties=["Skin"], languages=["English"])
        change(session, Provider, cast.dr_lind.id, specialties=["Eyes"], languages=["English"])
        gone = sa.delete(ProviderVisitType).where(
            ProviderVisitType.visit_type_id == cast.follow_up.id, ProviderVisitType.provider_id == cast.dr_lind.id
        )
        session.execute(gone)
        session.commit()
        page = nobody.open("/c/rose-street?specialty=Eyes").text
        assert "Follow-up" in page.split('id="visit-types"')[1]

    # What its pages answer: a clinic that has closed says so, one that was deleted never was.
    @pytest.mark.parametrize(("gone", "told"), [("closed_at", 410), ("deleted_at", 404)])
    def test_a_closed_deleted_or_unknown_clinic_is_not_found(self, nobody, cast, session, gone, told):
        change(session, Clinic, cast.rose.id, **{gone: datetime.now(UTC)})
        assert nobody.open("public.clinics.show", slug="no-such-clinic").status_code == 404
        for endpoint, status in (("show", told), ("sign_up", told), ("style", 404), ("logo", 404)):
            assert nobody.open(f"public.clinics.{endpoint}", slug="rose-street").status_code == status
        assert "Rose Street" not in nobody.open("/").text

    def test_no_patient_is_on_the_page(self, nobody, amara):
        for browser in (nobody, amara):
            page = browser.open("public.clinics.show", slug="rose-street").text
            assert "Maya Okafor" not in page
            assert "Tom Baker" not in page

    def test_a_patient_of_the_clinic_goes_straight_to_booking(self, maya):
        page = maya.open("public.clinics.show", slug="rose-street").text
        assert 'href="/portal/book/"' in page
        assert "Become a patient here" in maya.open("public.clinics.show", slug="harbour").text


class TestLook:
    def test_the_clinics_colour_comes_as_a_stylesheet_that_may_be_kept(self, nobody, cast, session):
        change(session, Clinic, cast.rose.id, branding={"colour": "#ffe08a"})
        page = nobody.open("public.clinics.show", slug="rose-street").text
        address = page.split('rel="stylesheet" href="/c/')[1].split('"')[0]
        answer = nobody.open("/c/" + address)
        assert answer.mimetype == "text/css"
        assert "--clinic-colour: #ffe08a; --clinic-ink: #16242d" in answer.text
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"

    def test_what_is_no_colour_never_reaches_the_stylesheet(self, nobody, cast, session):
        change(session, Clinic, cast.rose.id, branding={"colour": "red} body{display:none"})
        assert nobody.open("public.clinics.style", slug="rose-street").text == ""

    @pytest.mark.parametrize(
        "ground", ["#000000", "#ffffff", "#7f7f7f", "#767676", "#ff0000", "#00a651", "#f47738", "#8a8a00"]
    )
    def test_the_ink_can_be_read_on_any_ground(self, ground):
        assert contrast(readable_on(ground), ground) >= 4.5

    def test_the_logo_is_what_was_stored_and_can_do_nothing(self, nobody, cast, session):
        assert nobody.open("public.clinics.logo", slug="rose-street").status_code == 404
        change(session, Clinic, cast.rose.id, logo=PNG, logo_type="image/png")
        assert '<img class="brand-logo"' in nobody.open("public.clinics.show", slug="rose-street").text
        answer = nobody.open("public.clinics.logo", slug="rose-street")
        assert (answer.data, answer.mimetype) == (PNG, "image/png")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def the_user(session, email="tom@example.org"):
    """The account with this address, if any."""
    session.rollback()
    return session.scalars(sa.select(User).where(User.email == email)).one_or_none()


def records_of(session, user):
    """The patients somebody may act for in Rose Street."""
    wanted = sa.select(Patient).join(PatientAccess, PatientAccess.patient_id == Patient.id)
    return session.scalars(
        wanted.where(PatientAccess.user_id == user.id, PatientAccess.relation == Relation.SELF)
    ).all()


class TestSignUp:
    def test_one_is_signed_in_with_a_record_of_ones_own_and_goes_on_to_booking(self, nobody, session, cast):
        answer = nobody.send("public.clinics.sign_up", TOM, slug="rose-street")
        assert (answer.status_code, answer.location) == (303, "/portal/book/")
        assert nobody.open("/").location == "/portal/"
        user = the_user(session)
        (record,) = records_of(session, user)
        assert record.id != cast.tom.id
        assert (record.full_name, record.date_of_birth) == ("Tom Baker", date(1955, 12, 1))
        assert (record.email, record.phone) == ("tom@example.org", "+44 20 7946 0999")
        assert sign_in(Visitor(nobody.app, None), "tom@example.org", TOM["password"]).status_code == 303

    def test_somebody_of_the_same_name_and_birthday_stays_another_patient(self, nobody, session, cast):
        nobody.send("public.clinics.sign_up", TOM, slug="rose-street")
        the_user(session)
        both = session.scalars(sa.select(Patient).where(Patient.full_name == "Tom Baker")).all()
        assert len(both) == 2
        assert len({each.mrn for each in both}) == 2
        held = session.scalars(sa.select(PatientAccess.patient_id).where(PatientAccess.patient_id == cast.tom.id)).all()
        assert held == []

    @pytest.mark.parametrize(
        "email", ["amara@rose-street.example", "nadia@harbour.example", "MAYA@rose-street.example"]
    )
    def test_an_address_with_an_account_is_refused_without_saying_why(self, nobody, session, whole_log, email):
        answer = nobody.send("public.clinics.sign_up", {**TOM, "email": email}, slug="rose-street")
        assert answer.status_code == 422
        assert "We could not make an account with these details." in answer.text
        assert TOM["password"] not in answer.text
        assert nobody.open("/").status_code == 200
        assert len(session.scalars(sa.select(Patient).where(Patient.full_name == "Tom Baker")).all()) == 1
        assert len(whole_log("sign_ups.sign_up")) == 1

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [({"first_name": " "}, "Write your first name."), ({"date_of_birth": "31/02/2000"}, "Write the date like"),
         ({"date_of_birth": "01/01/2999"}, "Write the date like"), ({"phone": "12"}, "not a whole phone number"),
         ({"email": "tom"}, "like name@example.org"), ({"password": "short"}, "at least 12 characters"),
         ({"password": "tom@example.org!"}, "without your email address"), ({"first_name": "a\x00b"}, "cannot keep"),
         ({"last_name": "b" * 500}, "at most 100")],
    )  # fmt: skip
    def test_what_will_not_do_is_said_and_the_rest_stays_typed(self, nobody, session, values, sentence):
        answer = nobody.send("public.clinics.sign_up", {**TOM, **values}, slug="rose-street")
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "Baker" in answer.text or "last_name" in values
        assert the_user(session) is None

    def test_the_date_of_birth_may_be_left_out(self, nobody, session):
        nobody.send("public.clinics.sign_up", {**TOM, "date_of_birth": ""}, slug="rose-street")
        assert the_user(session).date_of_birth is None

    def test_a_time_chosen_before_is_come_back_to(self, nobody):
        page = nobody.open("public.clinics.show", slug="rose-street").text
        assert "/c/rose-street/sign-up?next=" in page
        there = "/portal/book/time?day=2026-12-01"
        assert nobody.send("public.clinics.sign_up", {**TOM, "next": there}, slug="rose-street").location == there

    def test_two_at_once_with_one_address_get_one_account_and_no_error(self, app, session):
        barrier, answers = threading.Barrier(2), []

        def sign_up():
            browser = Visitor(app, None)
            barrier.wait()
            answers.append(
                browser.client.post("/c/rose-street/sign-up", data={**TOM, "csrf_token": browser.csrf}).status_code
            )

        threads = [threading.Thread(target=sign_up) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [303, 422]
        assert len(records_of(session, the_user(session))) == 1

    def test_who_is_signed_in_is_sent_to_the_clinics_page(self, maya):
        assert maya.open("public.clinics.sign_up", slug="harbour").location == "/c/harbour"


class TestJoin:
    def test_a_person_with_an_account_becomes_a_patient_with_one_button(self, stranger, session, cast):
        answer = stranger.send("public.clinics.join", slug="rose-street")
        assert (answer.status_code, answer.location) == (303, "/portal/book/")
        session.rollback()
        (record,) = records_of(session, cast.stranger.user)
        assert record.full_name == "Nadia Stone"
        assert stranger.open("/").location == "/portal/"

    def test_twice_makes_one_record(self, stranger, session, cast):
        for _ in range(2):
            assert stranger.send("public.clinics.join", slug="rose-street").status_code == 303
        session.rollback()
        assert len(records_of(session, cast.stranger.user)) == 1

    def test_whose_access_the_clinic_ended_is_told_to_call(self, maya, session, cast):
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.maya.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        answer = maya.send("public.clinics.join", slug="rose-street")
        assert answer.status_code == 409
        assert "Please call them" in answer.text

    def test_it_needs_a_sign_in_and_the_forgery_token(self, nobody, stranger):
        assert nobody.send("public.clinics.join", slug="rose-street").location == "/sign-in"
        assert stranger.send("public.clinics.join", csrf=False, slug="rose-street").status_code == 400

    def test_staff_rights_do_not_follow_into_the_new_clinic(self, stranger):
        stranger.send("public.clinics.join", slug="rose-street")
        assert stranger.open("staff.home.index").status_code == 403


class TestHome:
    def test_nobody_sees_the_clinics_and_the_way_in(self, nobody):
        page = nobody.open("/").text
        assert "/c/rose-street" in page
        assert "/sign-in" in page
