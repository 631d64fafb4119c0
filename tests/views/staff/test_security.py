"""The clinic's security rules, and resetting a colleague's second step: who may, what it does, to whom."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.models.accounts import User, UserSession
from clinic.models.audit import AuditEntry
from clinic.models.organizations import Clinic
from tests.cast import PASSWORD
from tests.factors import with_app
from tests.views.public.signing_in import change, sign_in
from tests.visitor import Visitor

RULES = {"factor_required": "y", "idle_minutes": "20"}


@pytest.fixture
def secured(session, cast, app):
    """Ines, who has a second step of her own, in a browser of hers."""
    with_app(session, cast.ines)
    return Visitor(app, cast.ines)


def settings(session, cast):
    """The clinic's settings as they are now."""
    session.rollback()
    session.expire_all()
    return session.get(Clinic, cast.rose.id).settings


class TestRules:
    def test_an_administrator_requires_a_second_step_and_shortens_the_wait(self, secured, session, cast):
        assert "no second step yet" in secured.open("staff.security.edit").text
        answer = secured.send("staff.security.update", RULES)
        assert answer.location == "/staff/security"
        assert settings(session, cast) == {"staff_factor": "required", "idle_minutes": 20}
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "security.update")).one()
        assert entry.changes["factor_required"] == [False, True] and entry.changes["idle_minutes"] == [30, 20]

    @pytest.mark.promise(20, "staff without a factor reach no page of the clinic once it requires one")
    def test_staff_without_one_are_led_to_set_one_up_and_then_go_on(self, secured, amara, osei, session, cast):
        secured.send("staff.security.update", RULES)
        for page in ("/staff/", "/staff/day", "/staff/patients"):
            assert amara.open(page).location == "/factors"
        by_itself = amara.open("staff.day.index", htmx=True, live=True)
        assert by_itself.status_code == 204 and "HX-Redirect" not in by_itself.headers
        page = amara.open("/factors").text
        assert "Rose Street Clinic asks this of everybody who works there" in page
        assert "Sign out" in page
        assert amara.open("/portal/").status_code == 403
        with_app(session, cast.amara)
        assert Visitor(amara.app, cast.amara).open("/staff/day").status_code == 200

    def test_patients_are_not_asked(self, secured, maya):
        secured.send("staff.security.update", RULES)
        assert maya.open("/portal/").status_code == 200
        assert "asks this of everybody" not in maya.open("/factors").text

    def test_a_screen_left_alone_for_longer_is_signed_out(self, secured, amara, session):
        secured.send("staff.security.update", {"idle_minutes": "5"})
        for minutes, status in ((4, 200), (6, 302)):
            session.execute(sa.update(UserSession).values(last_seen_at=sa.func.now() - timedelta(minutes=minutes)))
            session.commit()
            assert amara.open("/staff/day").status_code == status

    def test_who_has_none_cannot_require_it_of_others(self, ines, session, cast):
        answer = ines.send("staff.security.update", RULES)
        assert answer.status_code == 409
        assert "Set up your own second step first" in answer.text
        assert settings(session, cast) == {}

    @pytest.mark.parametrize("minutes", ["4", "61", "", "x", "-5", "30.5", "1e1", "٢٠"])
    def test_the_wait_is_between_five_minutes_and_an_hour(self, ines, session, cast, minutes):
        assert ines.send("staff.security.update", {"idle_minutes": minutes}).status_code == 422
        assert settings(session, cast) == {}

    def test_only_an_administrator_who_has_just_proved_who_they_are(self, ines, amara, osei, stranger, session, cast):
        for wrong in (amara, osei, stranger):
            assert wrong.open("staff.security.edit").status_code == 403
            assert wrong.send("staff.security.update", RULES).status_code == 403
        ines.left_alone()
        assert ines.open("staff.security.edit").location == "/prove?next=/staff/security"
        assert ines.send("staff.security.update", RULES).location.startswith("/prove")
        assert settings(session, cast) == {}

    def test_the_page_is_in_the_administrators_navigation_alone(self, ines, amara):
        assert 'href="/staff/security"' in ines.open("staff.day.index").text
        assert 'href="/staff/security"' not in amara.open("staff.day.index").text


class TestReset:
    @pytest.fixture
    def phone(self, session, cast):
        """Amara's phone, which she lost."""
        return with_app(session, cast.amara)

    def test_an_administrator_resets_a_colleagues_second_step_for_tomorrow(self, ines, phone, cast, session, nobody):
        at = {"user_id": cast.amara.user.id}
        amara = Visitor(ines.app, cast.amara)
        assert "They lost their phone or key" in ines.open("staff.colleagues.edit", **at).text
        assert "In 24 hours" in ines.open("staff.factors.reset", **at).text
        assert ines.send("staff.factors.reset", **at).location == f"/staff/colleagues/{cast.amara.user.id}"
        assert amara.open("/staff/").status_code == 302
        assert "being reset" in ines.open("staff.colleagues.edit", **at).text
        assert sign_in(nobody).location == "/second-step"
        change(session, cast.amara, factors_reset_at=sa.func.now())
        assert sign_in(Visitor(ines.app, None)).location == "/"

    def test_the_colleague_stops_it(self, ines, phone, cast, session, nobody):
        ines.send("staff.factors.reset", user_id=cast.amara.user.id)
        amara = Visitor(ines.app, cast.amara)
        assert "An administrator is resetting" in amara.open("/factors").text
        assert amara.send("public.factors.cancel_reset").location == "/factors"
        session.expire_all()
        session.rollback()
        assert session.get(User, cast.amara.user.id).factors_reset_at is None

    def test_an_administrator_stops_it(self, ines, phone, cast, session):
        ines.send("staff.factors.reset", user_id=cast.amara.user.id)
        assert ines.send("staff.factors.keep", user_id=cast.amara.user.id).status_code == 303
        session.expire_all()
        session.rollback()
        assert session.get(User, cast.amara.user.id).factors_reset_at is None

    def test_not_ones_own_not_without_one_not_a_strangers(self, ines, phone, cast):
        assert ines.send("staff.factors.reset", user_id=cast.ines.user.id).status_code == 409
        assert ines.send("staff.factors.reset", user_id=cast.osei.user.id).status_code == 409
        assert ines.send("staff.factors.reset", user_id=cast.stranger.user.id).status_code == 404
        assert ines.send("staff.factors.reset", user_id=cast.maya.user.id).status_code == 404

    def test_only_an_administrator_who_has_just_proved_who_they_are(self, ines, osei, phone, cast, nobody):
        assert osei.send("staff.factors.reset", user_id=cast.amara.user.id).status_code == 403
        ines.left_alone()
        assert ines.send("staff.factors.reset", user_id=cast.amara.user.id).location.startswith("/prove")
        proved = ines.send("public.proving.prove", {"password": PASSWORD, "next": "/staff/security"})
        assert proved.location == "/staff/security"
        assert ines.send("staff.factors.reset", user_id=cast.amara.user.id).status_code == 303
