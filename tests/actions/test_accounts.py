"""Inviting colleagues, giving and ending roles, and keeping passwords."""

import secrets
from dataclasses import replace
from threading import Thread

import pytest
import sqlalchemy as sa

from clinic.actions import passwords
from clinic.actions.accounts import add_role, end_membership, end_role, invitation, invite, staff_roles_of
from clinic.actions.acting import Refused
from clinic.actions.tokens import hash_token
from clinic.db import db
from clinic.models.accounts import Membership, Role, User, UserStatus
from clinic.models.audit import AuditEntry
from clinic.queries.accounts import invited

NOOR = {"email": " Noor@Rose-Street.example", "first_name": "Noor", "last_name": "Haddad", "role": Role.RECEPTIONIST}


def the_role(session, person, role):
    """The person's membership of this role in Rose Street."""
    return session.scalars(
        sa.select(Membership).where(Membership.user_id == person.user.id, Membership.role == role)
    ).one()


def user_of(session, person):
    """The person's row in this session."""
    return session.get(User, person.user.id)


def second_admin(session, cast):
    """Amara is an administrator too."""
    role = add_role(user_of(session, cast.amara), Role.ADMIN, by=cast.ines.actor)
    session.commit()
    return role


class TestInvite:
    def test_a_new_colleague_gets_a_link_and_is_nobody_until_they_take_it(self, session, cast):
        user, token = invite(session, by=cast.ines.actor, **NOOR)
        assert (user.email, user.name) == ("noor@rose-street.example", "Noor Haddad")
        assert invitation(session, hash_token(token)).user_id == user.id
        assert staff_roles_of(session, cast.rose.id, user.id) == []
        assert [(each.user.name, each.role) for each in invited(session, cast.rose.id)] == [
            ("Noor Haddad", Role.RECEPTIONIST)
        ]

    def test_only_the_tokens_hash_is_kept_and_the_entry_says_who_asked_whom(self, session, cast):
        user, token = invite(session, by=cast.ines.actor, **NOOR)
        kept = invited(session, cast.rose.id)[0]
        assert kept.token_hash == hash_token(token)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "accounts.write_invitation")).one()
        assert (entry.actor_id, entry.resource_id) == (cast.ines.user.id, kept.id)
        assert entry.changes["user_tokens.user_id"] == [None, str(user.id)]
        assert token not in str(entry.changes)

    def test_somebody_with_an_account_elsewhere_gets_a_link_too(self, session, cast):
        user, token = invite(session, by=cast.ines.actor, **{**NOOR, "email": cast.stranger.user.email})
        assert user.id == cast.stranger.user.id
        assert token
        assert user.first_name == "Nadia"

    def test_somebody_who_works_here_gets_the_role_at_once(self, session, cast):
        user, token = invite(session, by=cast.ines.actor, **{**NOOR, "email": cast.osei.user.email})
        assert token is None
        assert {each.role for each in staff_roles_of(session, cast.rose.id, user.id)} == {
            Role.DOCTOR,
            Role.RECEPTIONIST,
        }

    def test_a_patients_account_does_not_become_a_colleagues_without_the_link(self, session, cast):
        user, token = invite(session, by=cast.ines.actor, **{**NOOR, "email": cast.maya.user.email})
        assert token
        assert staff_roles_of(session, cast.rose.id, user.id) == []

    def test_a_suspended_account_is_refused(self, session, cast):
        user_of(session, cast.stranger).status = UserStatus.SUSPENDED
        session.flush()
        with pytest.raises(Refused, match="suspended"):
            invite(session, by=cast.ines.actor, **{**NOOR, "email": cast.stranger.user.email})

    def test_nobody_is_invited_as_a_patient(self, session, cast):
        with pytest.raises(Refused):
            invite(session, by=cast.ines.actor, **{**NOOR, "role": Role.PATIENT})


class TestRoles:
    def test_a_role_is_given_ended_and_given_again(self, session, cast):
        given = add_role(user_of(session, cast.amara), Role.MEDICAL_ASSISTANT, by=cast.ines.actor)
        end_role(given, by=cast.ines.actor)
        assert given.ended_at
        assert add_role(user_of(session, cast.amara), Role.MEDICAL_ASSISTANT, by=cast.ines.actor) is given
        assert given.ended_at is None

    def test_nobody_changes_their_own_roles(self, session, cast):
        second_admin(session, cast)
        with pytest.raises(Refused, match="their own"):
            add_role(user_of(session, cast.ines), Role.DOCTOR, by=cast.ines.actor)
        with pytest.raises(Refused, match="their own"):
            end_role(the_role(session, cast.ines, Role.ADMIN), by=cast.ines.actor)

    def test_a_patient_or_a_stranger_is_made_a_colleague_by_the_link_alone(self, session, cast):
        for person in (cast.maya, cast.stranger):
            with pytest.raises(Refused, match="Invite them first"):
                add_role(user_of(session, person), Role.ADMIN, by=cast.ines.actor)

    def test_the_last_administrator_stays(self, session, cast):
        other = replace(cast.ines.actor, user_id=cast.amara.user.id)
        with pytest.raises(Refused, match="at least one administrator"):
            end_role(the_role(session, cast.ines, Role.ADMIN), by=other)

    def test_an_administrator_who_cannot_sign_in_does_not_count(self, session, cast):
        second_admin(session, cast)
        user_of(session, cast.amara).status = UserStatus.SUSPENDED
        session.flush()
        with pytest.raises(Refused, match="at least one administrator"):
            end_role(the_role(session, cast.ines, Role.ADMIN), by=cast.amara.actor)

    def test_two_administrators_who_end_each_other_leave_one(self, app, session, cast):
        second_admin(session, cast)
        session.rollback()
        refused = []

        def end(whom, by):
            with app.app_context():
                own = db.session()
                own.enter(cast.scope)
                try:
                    end_role(the_role(own, whom, Role.ADMIN), by=by.actor)
                    own.commit()
                except Refused:
                    refused.append(whom)

        pairs = [(cast.ines, cast.amara), (cast.amara, cast.ines)]
        threads = [Thread(target=end, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        session.expire_all()
        admins = session.scalars(
            sa.select(Membership).where(Membership.role == Role.ADMIN, Membership.ended_at.is_(None))
        )
        assert len(refused) == 1
        assert len(admins.all()) == 1

    def test_a_colleague_who_leaves_loses_every_role_but_stays_a_patient(self, session, cast):
        add_role(user_of(session, cast.amara), Role.SUPPORT, by=cast.ines.actor)
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.PATIENT))
        end_membership(user_of(session, cast.amara), by=cast.ines.actor)
        assert staff_roles_of(session, cast.rose.id, cast.amara.user.id) == []
        assert the_role(session, cast.amara, Role.PATIENT).ended_at is None

    def test_the_patient_role_and_suspended_people_are_refused(self, session, cast):
        with pytest.raises(Refused):
            add_role(user_of(session, cast.amara), Role.PATIENT, by=cast.ines.actor)
        user_of(session, cast.amara).status = UserStatus.SUSPENDED
        with pytest.raises(Refused):
            add_role(user_of(session, cast.amara), Role.SUPPORT, by=cast.ines.actor)


class TestPasswords:
    def test_a_password_matches_itself_only_however_it_was_composed(self):
        kept = passwords.hash_password("grüne Äpfel im Korb")
        assert passwords.matches(kept, "gru\u0308ne A\u0308pfel im Korb")
        assert not passwords.matches(kept, "grüne äpfel im korb")

    @pytest.mark.parametrize("kept", [None, "", "no hash at all"])
    def test_nothing_matches_where_nothing_is_kept(self, kept):
        assert not passwords.matches(kept, "")
        assert not passwords.matches(kept, "anything else")

    def test_a_short_or_endless_password_is_refused_before_any_work(self):
        with pytest.raises(Refused):
            passwords.hash_password("elevenchars")
        with pytest.raises(Refused):
            passwords.hash_password("x" * 1025)
        longest = secrets.token_hex(512)
        kept = passwords.hash_password(longest)
        assert passwords.matches(kept, longest)
        assert not passwords.matches(kept, longest + "x")

    def test_the_cost_is_what_guidance_asks_for(self):
        assert passwords.hash_password("twelve chars").startswith("$argon2id$v=19$m=47104,t=1,p=1$")
