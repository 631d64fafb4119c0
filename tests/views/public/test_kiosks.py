"""The check-in screen: a code and a year of birth, then a number; of others nothing, and not for ever."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import blocks, screens, visits
from clinic.actions.screens import hash_code
from clinic.db import now
from clinic.models.audit import AuditEntry
from clinic.models.visits import Visit, VisitStatus

CODE = "K7QPM3RTX9WD"
TOMS_YEAR = "1955"


@pytest.fixture
def kiosk(session, cast):
    """A check-in screen of Rose Street's, by its address."""
    screens.add(session, by=cast.ines.actor, kind="kiosk", name="By the door", code_hash=hash_code(CODE))
    session.commit()
    return f"/c/rose-street/kiosk/{CODE}"


@pytest.fixture
def visit(session, cast, kiosk):
    """Tom's visit of right now, with its code."""
    made = cast.booked(now(), overbook="Whatever the hour of the test")
    session.refresh(made)
    return made


def _typed(visit, year=TOMS_YEAR):
    return {"code": visit.check_in_code, "year": year}


class TestCodes:
    def test_every_visit_at_the_clinic_has_six_digits_of_its_own_that_day(self, session, cast):
        made = [cast.booked(cast.tomorrow_at(9 + n), overbook=None) for n in range(5)]
        for each in made:
            session.refresh(each)
        codes = {each.check_in_code for each in made}
        assert len(codes) == 5 and all(re.fullmatch("[0-9]{6}", code) for code in codes)

    def test_the_database_refuses_one_code_twice_on_a_day(self, session, cast):
        one, other = cast.booked(cast.tomorrow_at(9)), cast.booked(cast.tomorrow_at(10))
        session.refresh(one)
        with pytest.raises(sa.exc.IntegrityError, match="uq_visits_check_in_code"):
            session.execute(sa.update(Visit).where(Visit.id == other.id).values(check_in_code=one.check_in_code))
        session.rollback()

    def test_moved_onto_a_day_that_knows_the_code_a_visit_gets_another_else_it_keeps_it(self, session, cast):
        one, other = cast.booked(cast.tomorrow_at(9)), cast.booked(cast.tomorrow_at(9, days=2))
        session.refresh(one)
        session.execute(sa.update(Visit).where(Visit.id == other.id).values(check_in_code=one.check_in_code))
        session.commit()
        visits.move_to(other, cast.wish(cast.tomorrow_at(11, days=3)), by=cast.amara.actor)
        session.commit()
        session.refresh(other)
        assert other.check_in_code == one.check_in_code
        visits.move_to(other, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        session.commit()
        session.refresh(other)
        assert other.check_in_code != one.check_in_code and re.fullmatch("[0-9]{6}", other.check_in_code)


class TestCheckIn:
    def test_code_and_year_check_the_patient_in_and_show_their_number_alone(self, session, cast, nobody, kiosk, visit):
        answer = nobody.send(kiosk, _typed(visit))
        assert answer.status_code == 303
        page = nobody.open(answer.headers["Location"])
        assert page.status_code == 200 and ">1<" in page.text and page.headers["Refresh"].startswith("20;")
        for secret in ("Tom", "Baker", "Osei", str(visit.id), str(cast.tom.id)):
            assert secret not in page.text
        session.expire_all()
        assert session.get(Visit, (cast.rose.id, visit.id)).status == VisitStatus.CHECKED_IN
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "visits.check_in")).one()
        assert (entry.actor_id, entry.actor_role, entry.patient_id) == (None, "kiosk", cast.tom.id)

    def test_who_is_here_already_sees_the_number_again(self, session, cast, nobody, kiosk, visit):
        nobody.send(kiosk, _typed(visit))
        answer = nobody.send(kiosk, _typed(visit))
        assert answer.status_code == 303 and ">1<" in nobody.open(answer.headers["Location"]).text

    def test_who_comes_for_a_time_that_was_taken_is_sent_to_the_desk(self, session, cast, nobody, kiosk, visit):
        blocks.add(cast.dr_osei, visit.starts_at, visit.ends_at, zone="Europe/London", by=cast.ines.actor)
        session.commit()
        answer = nobody.send(kiosk, _typed(visit))
        assert answer.status_code == 409 and "Please go to the desk." in answer.text
        assert "This visit cannot take place as planned." in answer.text
        session.expire_all()
        assert session.get(Visit, (cast.rose.id, visit.id)).status == VisitStatus.BOOKED

    @pytest.mark.parametrize("year", ["1956", "1990"])
    def test_another_year_finds_nobody(self, session, cast, nobody, kiosk, visit, year):
        answer = nobody.send(kiosk, _typed(visit, year))
        assert answer.status_code == 422 and "We do not find a visit of today" in answer.text
        assert answer.headers["Refresh"] == f"30; url={kiosk}"

    def test_a_visit_of_tomorrow_a_cancelled_one_and_one_by_video_are_not_found(self, session, cast, nobody, kiosk):
        later = cast.booked(cast.tomorrow_at(10))
        gone = cast.booked(now(), overbook="Now")
        video = cast.booked(now(), overbook="Now", visit_mode="virtual")
        for each in (later, gone, video):
            session.refresh(each)
        assert video.check_in_code is None
        visits.cancel(gone, "patient", by=cast.amara.actor)
        session.commit()
        for each in (later, gone):
            assert nobody.send(kiosk, _typed(each)).status_code == 422

    @pytest.mark.parametrize(("code", "year", "sentence"), [
        ("", TOMS_YEAR, "all six digits"), ("12345", TOMS_YEAR, "all six digits"),
        ("123456", "19", "year you were born"), ("123456", "3000", "year you were born"), ("x" * 30, TOMS_YEAR, "30"),
    ])  # fmt: skip
    def test_what_cannot_be_a_code_or_a_year_is_said(self, nobody, kiosk, code, year, sentence):
        answer = nobody.send(kiosk, {"code": code, "year": year})
        assert answer.status_code == 422 and (sentence in answer.text or "Please check" in answer.text)

    def test_after_twenty_wrong_ones_the_screen_rests(self, nobody, kiosk, visit):
        for _each in range(20):
            nobody.send(kiosk, _typed(visit, "1990"))
        assert nobody.send(kiosk, _typed(visit)).status_code == 429

    def test_a_right_one_does_not_count(self, session, nobody, kiosk, visit):
        for _each in range(25):
            assert nobody.send(kiosk, _typed(visit)).status_code == 303

    def test_the_page_of_the_number_is_worth_nothing_with_another_proof_or_elsewhere(self, nobody, kiosk, visit):
        assert nobody.open(f"{kiosk}/nonsense").headers["Location"] == kiosk
        done = nobody.send(kiosk, _typed(visit)).headers["Location"]
        assert nobody.open(done.replace(CODE, "A" * 12)).status_code == 404
        assert nobody.open(done.replace("rose-street", "harbour")).status_code == 404


class TestKeys:
    def test_keys_write_the_code_then_the_year_and_take_back(self, nobody, kiosk):
        typed = {"code": "", "year": ""}
        for key in "12345619":
            page = nobody.send(kiosk, {**typed, "key": key})
            assert page.status_code == 200 and page.headers["Refresh"].startswith("30;")
            typed = {
                name: re.search(rf'name="{name}"[^>]*value="([0-9]*)"', page.text).group(1) for name in ("code", "year")
            }
        assert typed == {"code": "123456", "year": "19"}
        page = nobody.send(kiosk, {**typed, "key": "back"}).text
        assert 'value="1"' in page
        assert 'value="123456"' not in nobody.send(kiosk, {**typed, "key": "clear"}).text

    def test_where_everybody_begins_nothing_is_typed_and_nothing_hurries(self, nobody, kiosk):
        page = nobody.open(kiosk)
        assert page.status_code == 200 and "Refresh" not in page.headers

    def test_a_displays_code_opens_no_kiosk(self, session, cast, nobody, kiosk):
        assert nobody.open(kiosk.replace("kiosk", "display")).status_code == 404
        assert nobody.open("/c/rose-street/kiosk").status_code == 200
