"""Standing in for a colleague comes to an end: by its button, its half hour, another's hand or a change of roles."""

from datetime import timedelta

import sqlalchemy as sa

from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.grants import AccessGrant, GrantKind
from clinic.scope import Scope
from tests.views.staff.standing_in import WAY_BACK, WHY, begun, row, token_hash
from tests.visitor import Visitor

__all__ = ["begun", "row"]


class TestTheEnd:
    def test_the_button_makes_one_oneself_again_under_a_new_token(self, ines, begun, cast, row):
        begun(cast.amara)
        before = token_hash(row, cast.ines)
        assert ines.send("staff.standing_in.end").status_code == 303
        kept = row(UserSession, UserSession.user_id == cast.ines.user.id)
        assert kept.impersonates_id is None and kept.token_hash != before
        assert row(AccessGrant).ended_at is not None
        page = ines.open("staff.colleagues.index")
        assert page.status_code == 200 and WAY_BACK not in page.text
        assert ines.send("staff.standing_in.end").status_code == 404

    def test_after_half_an_hour_the_next_page_is_ones_own(self, ines, begun, cast, session):
        begun(cast.amara)
        session.execute(
            sa.update(AccessGrant)
            .values(created_at=sa.func.now() - timedelta(minutes=31), until=sa.func.now() - timedelta(seconds=1))
        )  # fmt: skip
        session.commit()
        page = ines.open("staff.colleagues.index")
        assert page.status_code == 200 and WAY_BACK not in page.text

    def test_another_administrator_ends_it_at_once(self, app, ines, begun, cast, session, row):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.osei.user.id, role=Role.ADMIN))
        session.commit()
        begun(cast.amara)
        grant = row(AccessGrant)
        assert Visitor(app, cast.osei).send("staff.grants.end", grant_id=grant.id).status_code == 303
        assert WAY_BACK not in ines.open("staff.day.index").text

    def test_it_ends_when_either_changes_roles_or_leaves(self, app, ines, begun, cast, session):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.osei.user.id, role=Role.ADMIN))
        session.commit()
        other = Visitor(app, cast.osei)
        begun(cast.amara)
        assert other.send("staff.colleagues.add_role", {"role": "admin"}, user_id=cast.amara.user.id).status_code == 303
        assert WAY_BACK not in ines.open("staff.day.index").text
        begun(cast.lind)
        assert other.send("staff.colleagues.end", user_id=cast.lind.user.id).status_code == 303
        assert WAY_BACK not in ines.open("staff.day.index").text

    def test_who_is_no_administrator_any_more_may_nothing_in_anothers_name(self, ines, begun, cast, session):
        """Even where a grant was forgotten: the rights are worked out anew with every request."""
        begun(cast.amara)
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.ines.user.id).values(role=Role.RECEPTIONIST)
        )
        session.commit()
        assert ines.open("staff.day.index").status_code == 403

    def test_who_became_an_administrator_is_stood_in_for_no_longer(self, ines, begun, cast, session):
        begun(cast.amara)
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
        session.commit()
        assert ines.open("staff.day.index").status_code == 403

    def test_a_role_that_the_colleague_lost_is_not_seen_through_any_more(self, ines, begun, cast, session):
        begun(cast.amara)
        assert ines.open("staff.day.index").status_code == 200
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        assert ines.open("staff.day.index").status_code == 403

    def test_a_suspended_colleague_is_stood_in_for_no_longer(self, ines, begun, cast, session):
        begun(cast.amara)
        session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(status=UserStatus.SUSPENDED))
        session.commit()
        assert WAY_BACK not in ines.open("staff.day.index").text

    def test_a_grant_of_another_clinic_counts_here_for_nothing(self, ines, cast, session):
        session.rollback()
        ines_id = cast.ines.user.id
        session.execute(
            sa.update(UserSession).where(UserSession.user_id == ines_id).values(impersonates_id=cast.reyes.user.id)
        )
        session.enter(Scope.staff(cast.harbour.id))
        session.add(
            AccessGrant(
                clinic_id=cast.harbour.id,
                kind=GrantKind.IMPERSONATION,
                user_id=ines_id,
                granted_by_id=ines_id,
                subject_id=cast.reyes.user.id,
                reason=WHY,
                created_at=sa.func.now(),
                until=sa.func.now() + timedelta(minutes=30),
            )
        )
        session.commit()
        page = ines.open("staff.day.index")
        assert page.status_code == 200 and WAY_BACK not in page.text
