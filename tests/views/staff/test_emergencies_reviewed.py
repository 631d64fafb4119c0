"""The administrators hear of every record opened in an emergency, and review it."""

import pytest

from clinic.actions.acting import Refused
from clinic.actions.grants import break_glass, end, review
from clinic.models.accounts import Membership, Role
from clinic.scope import Scope
from tests.views.staff.emergencies import WHY
from tests.visitor import Visitor


class TestTheAdministrators:
    def test_are_told_on_every_page_of_theirs(self, ines, amara, opened):
        assert "1 record was opened in an emergency" in ines.open("staff.day.index").text
        assert "1 record was opened" in ines.open("staff.grants.waiting", htmx=True).text
        assert ines.open("staff.grants.waiting").location.endswith("/staff/grants")
        assert "opened in an emergency" not in amara.open("staff.day.index").text

    def test_are_rung_the_moment_it_is_opened(self, cast, session):
        break_glass(session.merge(cast.tom), WHY, by=cast.lind.actor)
        assert (str(cast.rose.id), "grants") in session.info["bells"]

    def test_review_it_once_and_for_good(self, ines, cast, opened, grants, entries):
        page = ines.open("staff.grants.index").text
        assert "Astrid Lind opened the record of Tom Baker" in page and WHY in page
        for _time in range(2):
            assert ines.send("staff.grants.review", grant_id=opened.id).status_code == 303
        kept = grants()[0]
        assert kept.reviewed_by_id == cast.ines.user.id and kept.reviewed_at
        assert "was opened in an emergency" not in ines.open("staff.day.index").text
        assert "reviewed by Ines Duarte" in ines.open("staff.grants.index").text

    def test_can_end_it_at_once(self, ines, lind, cast, opened):
        assert ines.send("staff.grants.end", grant_id=opened.id).status_code == 303
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404

    def test_do_not_review_their_own(self, session, cast):
        grant = break_glass(session.merge(cast.tom), WHY, by=cast.lind.actor)
        with pytest.raises(Refused, match="did themselves"):
            review(grant, by=cast.lind.actor)
        end(grant, by=cast.lind.actor)
        with pytest.raises(Refused, match="did themselves"):
            review(grant, by=cast.lind.actor)
        review(grant, by=cast.ines.actor)
        assert grant.reviewed_by_id == cast.ines.user.id

    def test_who_is_a_doctor_too_reads_why_they_cannot(self, lind, cast, session, opened, grants):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
        session.commit()
        assert "You did this yourself" in lind.open("staff.grants.index").text
        assert "was opened in an emergency" not in lind.open("staff.day.index").text
        assert lind.send("staff.grants.review", grant_id=opened.id).status_code == 409
        assert grants()[0].reviewed_at is None

    @pytest.mark.parametrize("who", ["amara", "osei", "maya"])
    def test_alone_see_it(self, request, who, opened):
        visitor = request.getfixturevalue(who)
        for answer in (
            visitor.open("staff.grants.index"), visitor.open("staff.grants.waiting", htmx=True),
            visitor.send("staff.grants.review", grant_id=opened.id),
            visitor.send("staff.grants.end", grant_id=opened.id),
        ):  # fmt: skip
            assert answer.status_code == 403

    def test_of_another_clinic_find_nothing(self, app, cast, session, opened):
        grant_id = opened.id
        session.rollback()
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=cast.stranger.user.id, role=Role.ADMIN))
        session.commit()
        nadia = Visitor(app, cast.stranger)
        assert "Tom Baker" not in nadia.open("staff.grants.index").text
        assert nadia.send("staff.grants.review", grant_id=grant_id).status_code == 404
        assert nadia.send("staff.grants.end", grant_id=grant_id).status_code == 404
