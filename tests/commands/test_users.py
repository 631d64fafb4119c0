"""``flask users``: the operator suspends somebody everywhere, and lets them back in."""

import pytest
import sqlalchemy as sa

from clinic.models.accounts import User, UserStatus
from clinic.models.audit import NO_CLINIC
from tests.views.public.conftest import whole_log  # noqa: F401 - a fixture
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor


@pytest.fixture
def flask(app):
    """Run a command of the product's."""
    return lambda *words: app.test_cli_runner().invoke(args=["users", *words])


class TestSuspend:
    def test_they_are_out_at_once_everywhere_and_cannot_come_back(self, flask, amara, app, cast):
        assert amara.open("staff.day.index").status_code == 200
        result = flask("suspend", "Amara@Rose-Street.example")
        assert result.exit_code == 0 and "signed out everywhere" in result.output
        assert amara.open("staff.day.index").location.startswith("/sign-in")
        assert sign_in(Visitor(app, None)).status_code == 422

    def test_they_come_back_when_they_are_activated_and_only_by_signing_in(self, flask, amara, app, cast, session):
        flask("suspend", "amara@rose-street.example")
        assert flask("activate", "amara@rose-street.example").exit_code == 0
        assert amara.open("staff.day.index").location.startswith("/sign-in")
        assert sign_in(Visitor(app, None)).status_code == 303
        session.expire_all()
        assert session.get(User, cast.amara.user.id).status == UserStatus.ACTIVE

    def test_both_leave_entries_outside_any_clinic(self, flask, cast, whole_log):  # noqa: F811
        flask("suspend", "amara@rose-street.example")
        flask("activate", "amara@rose-street.example")
        for name in ("users.suspend", "users.activate"):
            (entry,) = whole_log(name)
            assert (entry.clinic_id, entry.actor_role, entry.resource_id) == (NO_CLINIC, "operator", cast.amara.user.id)

    def test_an_address_nobody_has_is_said(self, flask, cast, session):
        result = flask("suspend", "who@nowhere.example")
        assert result.exit_code == 1 and "Nobody signs in with this address." in result.output
        assert session.scalar(sa.select(sa.func.count()).where(User.status == UserStatus.SUSPENDED)) == 0

    def test_the_last_administrator_is_suspended_only_when_that_is_said(self, flask, ines, cast):
        refused = flask("suspend", "ines@rose-street.example")
        assert refused.exit_code == 1 and "the last administrator of Rose Street Clinic" in refused.output
        assert ines.open("staff.day.index").status_code == 200
        assert flask("suspend", "ines@rose-street.example", "--even-the-last-admin").exit_code == 0
        assert ines.open("staff.day.index").location.startswith("/sign-in")
