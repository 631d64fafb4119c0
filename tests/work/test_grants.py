"""The mail that tells administrators that a record was opened in an emergency."""

import pytest
import sqlalchemy as sa

from clinic.actions.grants import break_glass, review
from clinic.models.accounts import Membership, Role, User, UserStatus
from tests.letters import Post

WHY = "Planted-Reason: unconscious in the waiting room"


@pytest.fixture
def post(app, clean, superuser, tmp_path, monkeypatch):
    """The postman; mail goes to a folder."""
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    return Post(app, superuser, tmp_path / "mail")


def opened(session, cast):
    """Dr Lind opens Tom's record."""
    grant = break_glass(session.merge(cast.tom), WHY, by=cast.lind.actor)
    session.commit()
    return grant


def test_each_administrator_is_told_who_and_where_to_read_why_but_not_whose(session, cast, post):
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
    opened(session, cast)
    mails = post.deliver()
    assert {each.to for each in mails} == {cast.ines.user.email, cast.amara.user.email}
    for each in mails:
        assert "Astrid Lind" in each.text and "/staff/grants" in each.text
        assert "Tom" not in each.text and "Planted" not in each.text and cast.tom.mrn not in each.text


def test_the_doctor_who_administers_too_is_not_told_of_themselves(session, cast, post):
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
    opened(session, cast)
    assert [each.to for each in post.deliver()] == [cast.ines.user.email]


def test_who_cannot_sign_in_is_not_told_and_what_was_reviewed_is_not_mailed(session, cast, post):
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
    session.execute(sa.update(User).where(User.id == cast.amara.user.id).values(status=UserStatus.SUSPENDED))
    grant = opened(session, cast)
    assert [arguments["user_id"] for _id, name, arguments in post.waiting()] == [str(cast.ines.user.id)]
    review(grant, by=cast.ines.actor)
    session.commit()
    assert post.deliver() == []
