"""Colleagues: inviting somebody, giving and taking roles, and what nobody may."""

import re

import pytest
import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User
from clinic.models.providers import Provider

TYPED = {"first_name": "Ada", "last_name": "Brandt", "email": "ada@rose.example", "role": "doctor"}


def roles(session, user):
    session.expire_all()
    asked = sa.select(Membership.role).where(Membership.user_id == user.id, Membership.ended_at.is_(None))
    return set(session.scalars(asked))


def membership(session, user):
    return session.scalars(sa.select(Membership).where(Membership.user_id == user.id)).one()


def second_admin(session, cast):
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
    session.commit()


class TestInvite:
    def test_the_link_is_shown_once_and_leads_in(self, ines, nobody, cast, session):
        answer = ines.send("staff.colleagues.invite", TYPED)
        link = re.search(r'value="http://127.0.0.1:8000(/join/[^"]+)"', answer.text).group(1)
        assert answer.status_code == 200 and "shown only now" in answer.text
        listed = ines.open("staff.colleagues.index").text
        assert "ada@rose.example" in listed and link not in listed
        assert nobody.open(link).status_code == 200

    def test_a_doctor_who_was_invited_can_be_made_a_calendar_at_once(self, ines, cast, session):
        answer = ines.send("staff.colleagues.invite", TYPED)
        shortcut = re.search(r'href="(/staff/providers/new[^"]+)"', answer.text).group(1).replace("&amp;", "&")
        page = ines.open(shortcut).text
        ada = session.scalars(sa.select(User).where(User.email == "ada@rose.example")).one()
        assert 'value="Ada Brandt"' in page and f'<option selected value="{ada.id}">' in page
        form = {"display_name": "Dr Ada Brandt", "user_id": str(ada.id), "colour": "#000000"}
        assert ines.send("staff.providers.create", form).status_code == 303
        assert session.scalars(sa.select(Provider).where(Provider.user_id == ada.id)).one()

    def test_somebody_who_works_here_already_gets_the_role_without_a_link(self, ines, cast, session):
        answer = ines.send(
            "staff.colleagues.invite", {**TYPED, "email": "Amara@rose-street.example", "role": "support"}
        )
        assert answer.status_code == 303
        assert roles(session, cast.amara.user) == {Role.RECEPTIONIST, Role.SUPPORT}

    def test_a_new_link_ends_the_old_one(self, ines, nobody, cast):
        first = re.search(r"/join/[\w-]+", ines.send("staff.colleagues.invite", TYPED).text).group()
        renew = re.search(r'action="(/staff/colleagues/invitations/[^"]+)"', ines.open("staff.colleagues.index").text)
        second = re.search(r"/join/[\w-]+", ines.send(renew.group(1)).text).group()
        assert nobody.open(first).status_code == 404 and nobody.open(second).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [{"email": ""}, {"email": "ada"}, {"email": "a\x00@x.example"}, {"role": ""}, {"role": "patient"},
         {"role": "owner"}, {"first_name": " "}, {"last_name": "x" * 81}],
    )  # fmt: skip
    def test_what_cannot_be_read_is_asked_again_with_what_was_typed(self, ines, cast, wrong):
        answer = ines.send("staff.colleagues.invite", {**TYPED, **wrong})
        assert answer.status_code == 422 and ('value="Ada"' in answer.text or "first_name" in wrong)

    def test_only_the_administrator_may(self, amara, osei, cast):
        for other in (amara, osei):
            assert other.send("staff.colleagues.invite", TYPED).status_code == 403
            assert other.open("staff.colleagues.index").status_code == 403
            assert other.open("staff.colleagues.edit", user_id=cast.ines.user.id).status_code == 403


class TestRoles:
    def test_a_role_is_given_and_taken_at_once(self, ines, amara, cast, session):
        assert ines.send("staff.colleagues.add_role", {"role": "admin"}, user_id=cast.amara.user.id).status_code == 303
        assert amara.open("staff.colleagues.index").status_code == 200
        held = session.scalars(
            sa.select(Membership).where(Membership.user_id == cast.amara.user.id, Membership.role == Role.ADMIN)
        ).one()
        ines.send("staff.colleagues.end_role", user_id=cast.amara.user.id, membership_id=held.id)
        assert roles(session, cast.amara.user) == {Role.RECEPTIONIST}
        assert amara.open("staff.colleagues.index").status_code == 403

    def test_somebody_who_leaves_has_no_role_is_listed_apart_and_can_come_back(self, ines, amara, cast, session):
        ines.send("staff.colleagues.end", user_id=cast.amara.user.id)
        assert roles(session, cast.amara.user) == set()
        assert amara.open("staff.home.index").status_code in (302, 303, 403)
        assert "Amara Diallo" not in ines.open("staff.colleagues.index").text
        assert "Amara Diallo" in ines.open("staff.colleagues.index", left=1).text
        ines.send("staff.colleagues.add_role", {"role": "receptionist"}, user_id=cast.amara.user.id)
        assert roles(session, cast.amara.user) == {Role.RECEPTIONIST}

    def test_nobody_changes_their_own_roles(self, ines, cast, session):
        second_admin(session, cast)
        page = ines.open("staff.colleagues.edit", user_id=cast.ines.user.id).text
        assert "Another administrator changes them" in page and "Take away" not in page
        answer = ines.send("staff.colleagues.add_role", {"role": "doctor"}, user_id=cast.ines.user.id)
        assert answer.status_code == 409 and "Nobody changes their own roles" in answer.text
        own = membership(session, cast.ines.user)
        ended = ines.send("staff.colleagues.end_role", user_id=cast.ines.user.id, membership_id=own.id)
        assert ended.status_code == 409 and roles(session, cast.ines.user) == {Role.ADMIN}

    def test_one_colleagues_role_is_not_ended_through_another(self, ines, cast, session):
        held = membership(session, cast.osei.user)
        answer = ines.send("staff.colleagues.end_role", user_id=cast.amara.user.id, membership_id=held.id)
        assert answer.status_code == 404 and roles(session, cast.osei.user) == {Role.DOCTOR}

    def test_people_of_another_clinic_and_patients_are_not_here(self, ines, cast):
        for other in (cast.stranger, cast.maya):
            assert ines.open("staff.colleagues.edit", user_id=other.user.id).status_code == 404
            answer = ines.send("staff.colleagues.add_role", {"role": "admin"}, user_id=other.user.id)
            assert answer.status_code == 404
        assert "Nadia" not in ines.open("staff.colleagues.index").text

    def test_a_page_that_is_no_number_is_not_here(self, ines):
        for page in ("0", "-1", "x", "9" * 5000):
            assert ines.open("staff.colleagues.index", page=page).status_code == 404


class TestHomeWithoutPages:
    @pytest.mark.parametrize("role", [Role.SUPPORT, Role.REFERRER])
    def test_a_role_without_pages_reads_so(self, amara, cast, session, role):
        session.execute(sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(role=role))
        session.commit()
        page = amara.open("staff.home.index")
        words = (
            "lets you see nothing at the moment" if role == Role.SUPPORT else "There are no pages for this role yet."
        )
        assert page.status_code == 200 and words in page.text
        assert role.label in page.text
