"""``flask users reset-factors``: the operator lets somebody in again who lost what they sign in with."""

import pytest
import sqlalchemy as sa

from clinic.models.accounts import User
from clinic.models.factors import RecoveryCode
from tests.factors import with_app, with_codes
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor


def test_from_now_on_the_password_alone_will_do(flask, session, cast, app):
    with_app(session, cast.maya)
    with_codes(session, cast.maya)
    elsewhere = Visitor(app, cast.maya)
    result = flask("users", "reset-factors", "Maya@Rose-Street.example")
    assert result.exit_code == 0 and "told by mail" in result.output
    session.rollback()
    session.expire_all()
    user = session.get(User, cast.maya.user.id)
    assert user.mfa_enabled_at is None and user.mfa_secret_encrypted is None
    assert not session.scalars(sa.select(RecoveryCode)).all()
    assert elsewhere.open("/portal/").status_code == 302
    assert sign_in(Visitor(app, None), cast.maya.user.email).location == "/"


@pytest.mark.parametrize(
    ("email", "sentence"),
    [("amara@rose-street.example", "no second step to reset"), ("who@nowhere.example", "Nobody signs in")],
)
def test_it_says_why_not(flask, cast, email, sentence):
    result = flask("users", "reset-factors", email)
    assert result.exit_code == 1 and sentence in result.output
