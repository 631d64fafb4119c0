"""The patient's link at the desk: made, copied, ended, made anew, and every end taken back."""

import re

import sqlalchemy as sa

from clinic.models.visit_links import VisitLink


def link_in(page):
    return re.search(r'value="http[^"]*(/v/[\w-]+)"', page.text).group(1)


class TestTheDesk:
    def test_makes_it_and_copies_it(self, amara, nobody, cast, session):
        visit = cast.booked()
        assert "There is no link" in amara.open("staff.visit_links.show", visit_id=visit.id).text
        assert amara.send("staff.visit_links.make", visit_id=visit.id).status_code == 303
        link = link_in(amara.open("staff.visit_links.show", visit_id=visit.id))
        assert nobody.open(link).status_code == 200
        assert f"/staff/visits/{visit.id}/link" in amara.open("staff.visits.show", visit_id=visit.id).text

    def test_ends_it_and_takes_that_back(self, amara, nobody, cast, session):
        visit = cast.booked()
        amara.send("staff.visit_links.make", visit_id=visit.id)
        link = link_in(amara.open("staff.visit_links.show", visit_id=visit.id))
        amara.send("staff.visit_links.revoke", visit_id=visit.id)
        assert nobody.open(link).status_code == 404
        page = amara.open("staff.visit_links.show", visit_id=visit.id)
        undo = re.search(r'action="([^"]*restore[^"]*)"', page.text).group(1)
        assert amara.send(undo).status_code == 303
        assert nobody.open(link).status_code == 200
        assert amara.send(undo).status_code == 409

    def test_makes_a_new_one_and_takes_that_back(self, amara, nobody, cast, session):
        visit = cast.booked()
        amara.send("staff.visit_links.make", visit_id=visit.id)
        former = link_in(amara.open("staff.visit_links.show", visit_id=visit.id))
        amara.send("staff.visit_links.renew", visit_id=visit.id)
        page = amara.open("staff.visit_links.show", visit_id=visit.id)
        newer, undo = link_in(page), re.search(r'action="([^"]*restore[^"]*)"', page.text).group(1)
        assert (nobody.open(former).status_code, nobody.open(newer).status_code) == (404, 200)
        amara.send(undo)
        assert (nobody.open(former).status_code, nobody.open(newer).status_code) == (200, 404)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).where(VisitLink.revoked_at.is_(None))) == 1

    def test_nothing_is_ended_that_is_not_there(self, amara, cast):
        assert amara.send("staff.visit_links.revoke", visit_id=cast.booked().id).status_code == 409

    def test_is_the_desks_alone(self, osei, ines, maya, stranger, amara, cast):
        visit = cast.booked()
        for visitor, status in ((osei, 403), (ines, 403), (stranger, 404)):
            assert visitor.open("staff.visit_links.show", visit_id=visit.id).status_code == status
            for act in ("make", "revoke", "renew"):
                assert visitor.send(f"staff.visit_links.{act}", visit_id=visit.id).status_code == status
        assert maya.open("staff.visit_links.show", visit_id=visit.id).status_code in (403, 404)

    def test_of_another_visit_cannot_be_brought_back_here(self, amara, cast, session):
        one, other = cast.booked(), cast.booked(cast.tomorrow_at(12))
        amara.send("staff.visit_links.make", visit_id=other.id)
        amara.send("staff.visit_links.revoke", visit_id=other.id)
        session.rollback()
        link_id = session.scalars(sa.select(VisitLink.id)).one()
        answer = amara.send("staff.visit_links.restore", visit_id=one.id, former_link_id=link_id)
        assert answer.status_code == 404


class TestCheckInRule:
    def test_is_the_administrators(self, ines, amara, stranger):
        good = {"check_in_before_minutes": "90", "check_in_after_minutes": "10"}
        assert ines.send("staff.check_in.update", good).status_code == 303
        assert 'value="90"' in ines.open("staff.check_in.edit").text
        assert amara.send("staff.check_in.update", good).status_code == 403
        assert stranger.open("staff.check_in.edit").status_code == 403

    def test_is_a_number_of_minutes(self, ines):
        for wrong in ("", "-1", "9999", "soon"):
            answer = ines.send(
                "staff.check_in.update", {"check_in_before_minutes": wrong, "check_in_after_minutes": "1"}
            )
            assert answer.status_code == 422
