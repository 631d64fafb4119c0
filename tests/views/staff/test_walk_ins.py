"""Somebody came without a time: they wait on the board, once, with a ticket."""

from uuid import uuid4

import sqlalchemy as sa

from clinic.models.visits import Visit, VisitKind, VisitStatus
from tests.visitor import check_page


def everybody(session, cast):
    """Every visit as the database has it now."""
    session.rollback()
    session.enter(cast.scope)
    return session.scalars(sa.select(Visit)).all()


class TestCreate:
    def test_the_patient_waits_with_a_ticket_for_whoever_is_free(self, amara, cast, session):
        assert amara.open("staff.walk_ins.new", patient_id=cast.tom.id).status_code == 200
        answer = amara.send("staff.walk_ins.create", {"reason": "Cut finger"}, patient_id=cast.tom.id)
        assert answer.status_code == 303 and "/staff/day" in answer.location
        visit = everybody(session, cast)[0]
        assert visit.kind == VisitKind.WALK_IN and visit.status == VisitStatus.CHECKED_IN
        assert visit.ticket_number == 1 and visit.provider_id is None and visit.reason == "Cut finger"

    def test_or_for_one_doctor(self, amara, cast, session):
        amara.send("staff.walk_ins.create", {"provider_id": cast.dr_lind.id}, patient_id=cast.tom.id)
        assert everybody(session, cast)[0].provider_id == cast.dr_lind.id

    def test_twice_is_refused_while_they_wait(self, amara, cast, session):
        amara.send("staff.walk_ins.create", {}, patient_id=cast.tom.id)
        answer = amara.send("staff.walk_ins.create", {}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "already among those who wait" in answer.text
        assert len(everybody(session, cast)) == 1

    def test_what_cannot_be_read_is_422(self, amara, cast):
        doctors = "x", uuid4(), cast.dr_reyes.id
        for wrong in (*({"provider_id": each} for each in doctors), {"reason": "x" * 500}):
            assert amara.send("staff.walk_ins.create", wrong, patient_id=cast.tom.id).status_code == 422

    def test_the_patient_is_found_on_the_page(self, amara, cast):
        page = amara.send("staff.walk_ins.find", {"q": "tom"}).text
        check_page(page)
        assert f"patient_id={cast.tom.id}" in page
        part = amara.send("staff.walk_ins.find", {"q": "tom"}, htmx=True).text
        assert f"patient_id={cast.tom.id}" in part and "<html" not in part

    def test_another_clinics_patient_is_not_here(self, stranger, cast):
        assert stranger.send("staff.walk_ins.create", {}, patient_id=cast.tom.id).status_code == 404

    def test_a_doctor_does_not_add_walk_ins(self, osei, cast):
        assert osei.send("staff.walk_ins.create", {}, patient_id=cast.tom.id).status_code == 403
