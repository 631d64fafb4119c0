"""The demo's commands where it is not, or must not be."""

import sqlalchemy as sa

from clinic.models.accounts import User


def test_without_a_demo_the_sign_ins_say_how_to_make_one(flask, clean):
    result = flask("sign-ins")
    assert result.exit_code == 1 and "flask seed" in result.output


def test_the_demo_stays_out_of_a_database_with_real_clinics_unless_told_otherwise(flask, cast, session):
    before = session.scalar(sa.select(sa.func.count()).select_from(User))
    result = flask("seed")
    assert result.exit_code == 1 and "--beside-others" in result.output
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == before
