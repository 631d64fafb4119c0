"""Support sees nothing of a clinic until an administrator opens a window: named parts, a reason, four hours at most."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.access import SUPPORT_SCOPES, Permission, sees_everybody
from clinic.actions.acting import Refused
from clinic.actions.grants import open_support
from clinic.models.accounts import Membership, Role, User, UserSession
from clinic.models.audit import AuditEntry
from clinic.models.grants import AccessGrant, GrantKind, SupportScope
from clinic.scope import Scope
from tests.visitor import Visitor, check_page

WHY = "Ticket 4711: the calendar shows no times"


@pytest.fixture
def pat(app, cast, session):
    """Pat from support, with a browser."""
    pat = cast._person(cast.rose, "Pat", "Lee", Role.SUPPORT)
    session.commit()
    pat.browser = Visitor(app, pat)
    return pat


@pytest.fixture
def let_in(ines, pat, session, cast):
    """Let Pat in, as Ines does; returns the grant."""

    def let(*scope, hours="1"):
        form = {"user_id": pat.user.id, "scope": list(scope), "hours": hours, "reason": WHY}
        assert ines.send("staff.support.create", form).status_code == 303
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(AccessGrant).order_by(AccessGrant.created_at.desc())).first()

    return let


class TestOutsideOfAWindow:
    def test_support_sees_its_home_page_which_says_so_and_nothing_else(self, app, pat, cast):
        visit = cast.booked()
        assert "lets you see nothing at the moment" in pat.browser.open("staff.home.index").text
        for endpoint, ids in (
            ("staff.day.index", {}), ("staff.patients.index", {}), ("staff.providers.index", {}),
            ("staff.patients.show", {"patient_id": cast.tom.id}), ("staff.visits.show", {"visit_id": visit.id}),
        ):  # fmt: skip
            assert pat.browser.open(endpoint, **ids).status_code == 403

    def test_a_grant_to_somebody_who_is_no_support_any_more_opens_nothing(self, app, pat, cast, session, let_in):
        let_in("patients")
        session.execute(sa.update(Membership).where(Membership.user_id == pat.user.id).values(role=Role.REFERRER))
        session.commit()
        assert pat.browser.open("staff.patients.index").status_code == 403
        assert "Support window" not in pat.browser.open("staff.home.index").text


class TestAWindow:
    def test_opens_what_it_names_with_its_end_on_every_page(self, pat, cast, let_in):
        grant = let_in("patients", hours="2")
        assert grant.kind == GrantKind.SUPPORT and grant.until - grant.created_at == timedelta(hours=2)
        assert grant.granted_by_id == cast.ines.user.id and grant.reason == WHY
        page = pat.browser.open("staff.patients.index")
        assert page.status_code == 200 and "Tom Baker" in page.text and "Support window" in page.text
        assert pat.browser.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        assert "Patients and their contact details" in pat.browser.open("staff.home.index").text

    @pytest.mark.parametrize(("scope", "opens"), [
        ("schedule", "staff.providers.index"), ("visits", "staff.day.index"), ("patients", "staff.patients.index"),
    ])  # fmt: skip
    def test_opens_nothing_it_does_not_name(self, pat, let_in, scope, opens):
        let_in(scope)
        for endpoint in ("staff.providers.index", "staff.day.index", "staff.patients.index", "staff.colleagues.index"):
            assert pat.browser.open(endpoint).status_code == (200 if endpoint == opens else 403)

    def test_of_visits_opens_every_visit_but_no_record_and_no_word_about_health(self, pat, cast, let_in):
        visit = cast.booked(reason="Planted-Cough")
        let_in("visits")
        page = pat.browser.open("staff.visits.show", visit_id=visit.id)
        assert page.status_code == 200 and "Planted-Cough" not in page.text
        assert f"/staff/patients/{cast.tom.id}" not in page.text
        assert pat.browser.open("staff.patients.show", patient_id=cast.tom.id).status_code == 403

    def test_of_patients_tells_who_they_are_and_how_to_reach_them_but_nothing_of_their_visits(self, pat, cast, let_in):
        visit = cast.booked()
        let_in("patients")
        page = pat.browser.open("staff.patients.show", patient_id=cast.tom.id)
        assert page.status_code == 200 and "01/12/1955" in page.text
        assert str(visit.id) not in page.text and "Coming visits" not in page.text

    def test_of_the_schedule_names_no_patient(self, pat, cast, ines, let_in):
        cast.booked()
        away = {"from_date": cast.tomorrow_at(9).date().isoformat(), "reason": "Away"}
        assert ines.send("staff.blocks.create", away, provider_id=cast.dr_osei.id).status_code == 303
        assert "Tom Baker" in ines.open("staff.blocks.index", provider_id=cast.dr_osei.id).text
        let_in("schedule")
        assert "Dr Kwame Osei" in pat.browser.open("staff.providers.index").text
        for endpoint in ("staff.blocks.index", "staff.hours.index"):
            page = pat.browser.open(endpoint, provider_id=cast.dr_osei.id)
            assert page.status_code == 200 and "Tom Baker" not in page.text

    def test_is_for_reading_only(self, pat, cast, let_in):
        visit = cast.booked()
        let_in("visits", "patients", "schedule")
        for endpoint, ids in (
            ("staff.visits.check_in", {"visit_id": visit.id}), ("staff.visits.undo", {"visit_id": visit.id}),
            ("staff.visits.write_note", {"visit_id": visit.id}), ("staff.booking.create", {}),
            ("staff.patients.update", {"patient_id": cast.tom.id}), ("staff.patients.create", {}),
            ("staff.blocks.create", {"provider_id": cast.dr_osei.id}), ("staff.support.create", {}),
        ):  # fmt: skip
            assert pat.browser.send(endpoint, {"notes": "x"}, **ids).status_code == 403
        reads = {each for scope in SUPPORT_SCOPES.values() for each in scope}
        assert reads == {Permission.SCHEDULE_SEE, Permission.VISITS_SEE, Permission.PATIENTS_FIND}

    def test_every_entry_carries_the_grant(self, pat, cast, session, let_in):
        grant = let_in("patients")
        pat.browser.open("staff.patients.index")
        pat.browser.open("staff.patients.show", patient_id=cast.tom.id)
        session.rollback()
        session.enter(cast.scope)
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.actor_id == pat.user.id)).all()
        assert len(entries) >= 2 and all(each.details.get("support") == str(grant.id) for each in entries)

    def test_ends_by_itself(self, pat, session, let_in):
        grant = let_in("patients")
        session.execute(
            sa.update(AccessGrant).where(AccessGrant.id == grant.id)
            .values(created_at=sa.func.now() - timedelta(hours=2), until=sa.func.now() - timedelta(seconds=1))
        )  # fmt: skip
        session.commit()
        assert pat.browser.open("staff.patients.index").status_code == 403

    def test_ends_at_once_by_the_administrators_hand(self, ines, pat, cast, let_in):
        grant = let_in("patients")
        assert pat.browser.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        assert ines.send("staff.grants.end", grant_id=grant.id).status_code == 303
        assert pat.browser.open("staff.patients.show", patient_id=cast.tom.id).status_code == 403
        assert "lets you see nothing" in pat.browser.open("staff.home.index").text

    def test_is_open_to_whom_it_names_alone(self, app, cast, session, let_in):
        let_in("patients")
        sven = cast._person(cast.rose, "Sven", "Vale", Role.SUPPORT)
        session.commit()
        assert Visitor(app, sven).open("staff.patients.index").status_code == 403

    def test_is_open_in_its_own_clinic_alone(self, app, pat, cast, session, let_in):
        let_in("patients")
        user_id = pat.user.id
        session.rollback()
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=user_id, role=Role.SUPPORT))
        session.execute(sa.update(UserSession).where(UserSession.user_id == user_id).values(clinic_id=cast.harbour.id))
        session.commit()
        assert pat.browser.open("staff.patients.index").status_code == 403


class TestOpeningOne:
    def test_the_form_lists_the_people_from_support_alone(self, ines, pat, cast):
        page = ines.open("staff.support.new").text
        assert "Pat Lee" in page and "Amara Diallo" not in page

    def test_without_anybody_from_support_it_says_what_to_do(self, ines):
        page = ines.open("staff.support.new")
        check_page(page.text)
        assert "Nobody from support works here" in page.text

    @pytest.mark.parametrize("wrong", [
        {"reason": "short"}, {"scope": []}, {"scope": ["everything"]}, {"hours": "5"}, {"hours": "0"}, {"hours": ""},
        {"user_id": ""}, {"user_id": "x"}, {"user_id": "amara"}, {"user_id": "stranger"}, {"hours": "4.5"},
    ])  # fmt: skip
    def test_refuses_what_is_not_offered(self, ines, pat, cast, session, wrong):
        form = {"user_id": pat.user.id, "scope": ["visits"], "hours": "1", "reason": WHY, **wrong}
        if wrong.get("user_id") in ("amara", "stranger"):
            form["user_id"] = getattr(cast, wrong["user_id"]).user.id
        page = ines.send("staff.support.create", form)
        session.rollback()
        assert page.status_code == 422
        assert session.scalar(sa.select(sa.func.count()).select_from(AccessGrant)) == 0

    @pytest.mark.parametrize("hours", [0, 5, -1])
    def test_the_action_keeps_to_four_hours_whatever_the_form_says(self, session, cast, pat, hours):
        user = session.get(User, pat.user.id)
        with pytest.raises(Refused, match="four hours"):
            open_support(user, [SupportScope.VISITS], WHY, hours, by=cast.ines.actor)

    def test_nobody_lets_themselves_in_nor_somebody_who_is_not_support(self, session, cast, pat):
        pats, amaras = session.get(User, pat.user.id), session.get(User, cast.amara.user.id)
        with pytest.raises(Refused, match="for themselves"):
            open_support(pats, [SupportScope.VISITS], WHY, 1, by=pat.actor)
        with pytest.raises(Refused, match="from support"):
            open_support(amaras, [SupportScope.VISITS], WHY, 1, by=cast.ines.actor)

    @pytest.mark.parametrize("who", ["amara", "osei", "maya", "stranger"])
    def test_only_administrators_may(self, request, who, pat):
        visitor = request.getfixturevalue(who)
        assert visitor.open("staff.support.new").status_code == 403
        assert visitor.send("staff.support.create", {"user_id": pat.user.id}).status_code == 403

    def test_who_has_not_just_proved_who_they_are_does_so_first(self, ines, cast, session, pat):
        session.execute(
            sa.update(UserSession).where(UserSession.user_id == cast.ines.user.id)
            .values(proved_at=sa.func.now() - timedelta(minutes=11))
        )  # fmt: skip
        session.commit()
        assert "/prove" in ines.open("staff.support.new").location
        assert "/prove" in ines.send("staff.support.create", {}).location


def test_a_window_widens_what_a_doctor_sees_by_what_it_names_and_no_more():
    both = {Role.DOCTOR, Role.SUPPORT}
    assert not sees_everybody(both, Permission.PATIENTS_FIND, {SupportScope.SCHEDULE})
    assert sees_everybody(both, Permission.PATIENTS_FIND, {SupportScope.PATIENTS})
    assert not sees_everybody(both, Permission.VISITS_SEE, {SupportScope.PATIENTS})
