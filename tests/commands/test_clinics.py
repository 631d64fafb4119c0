"""Making a clinic on the command line, and the link its first administrator gets."""

import pytest
import sqlalchemy as sa

from clinic.actions.accounts import invitation
from clinic.actions.tokens import hash_token
from clinic.models.accounts import Role
from clinic.models.audit import AuditEntry
from clinic.models.organizations import Clinic
from clinic.scope import Scope

NEW = {
    "--name": "North End", "--slug": "north-end", "--timezone": "Europe/Lisbon", "--locale": "pt_PT",
    "--currency": "EUR", "--country": "PT", "--admin-email": "Rita@North.example", "--admin-name": "Rita Sá",
    "--address": "https://clinic.example",
}  # fmt: skip


@pytest.fixture
def create(flask):
    """Make the clinic, with some of it said otherwise."""

    def make(**other):
        options = NEW | {f"--{name.replace('_', '-')}": value for name, value in other.items()}
        return flask("clinics", "create", *(part for option in options.items() for part in option))

    return make


class TestCreate:
    def test_the_clinic_is_there_and_its_link_invites_an_administrator(self, create, session):
        result = create()
        assert result.exit_code == 0, result.output
        link = result.output.splitlines()[-1]
        assert link.startswith("https://clinic.example/join/")
        session.enter(Scope.person())
        clinic = session.scalars(sa.select(Clinic).where(Clinic.slug == "north-end")).one()
        assert (clinic.timezone, clinic.locale, clinic.currency) == ("Europe/Lisbon", "pt_PT", "EUR")
        invited = invitation(session, hash_token(link.rpartition("/")[2]))
        assert invited.clinic_id == clinic.id and invited.role == Role.ADMIN

    def test_it_stands_in_the_new_clinics_audit_log(self, create, session):
        create()
        session.enter(Scope.person())
        clinic_id = session.scalars(sa.select(Clinic.id).where(Clinic.slug == "north-end")).one()
        session.enter(Scope.staff(clinic_id))
        actions = session.scalars(sa.select(AuditEntry.action)).all()
        assert set(actions) == {"clinics.create", "accounts.write_invitation"}

    def test_an_address_that_is_taken_is_refused_with_a_sentence_and_nothing_is_made(self, create, session, cast):
        result = create(slug="rose-street")
        assert result.exit_code == 1 and "already has the address rose-street" in result.output
        session.enter(Scope.person())
        assert session.scalar(sa.select(sa.func.count()).select_from(Clinic)) == 2

    @pytest.mark.parametrize(
        "mistake",
        [
            {"slug": "North End"}, {"timezone": "Europe/Lisbo"}, {"locale": "xx_XX"}, {"currency": "EURO"},
            {"country": "Portugal"}, {"admin_email": "rita"},
        ],
        ids=lambda mistake: next(iter(mistake)),
    )  # fmt: skip
    def test_what_cannot_be_is_refused_before_anything_is_made(self, create, mistake, clean):
        result = create(**mistake)
        assert result.exit_code == 2 and "Invalid value" in result.output
