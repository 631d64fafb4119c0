"""An invitation is mailed too: with a link of its own, beside the one that the administrator was shown."""

import json
import re

import pytest
import sqlalchemy as sa

from clinic.actions import throttles
from clinic.models.accounts import UserToken
from clinic.models.factors import Throttle
from tests.cast import PASSWORD
from tests.visitor import Visitor

NOOR = {"first_name": "Noor", "last_name": "Haddad", "email": "noor@rose-street.example", "role": "receptionist"}
JOINING = {"first_name": "Noor", "last_name": "Haddad", "password": "a brand new password"}


def shown(answer):
    """The path of the link on the page."""
    return re.search(r'value="http://127.0.0.1:8000(/join/[^"]+)"', answer.text).group(1)


@pytest.fixture
def invited(ines):
    """The link that Ines was shown for Noor."""
    return shown(ines.send("staff.colleagues.invite", NOOR))


def test_the_mail_says_who_invites_as_what_and_leads_in(nobody, invited, post):
    (letter,) = post.deliver()
    assert (letter.to, letter.subject) == ("noor@rose-street.example", "Join Rose Street Clinic")
    assert "as: receptionist" in letter.text and "72 hours" in letter.text
    assert nobody.send(post.link(), JOINING).status_code == 303
    assert nobody.open("/").location == "/staff/"


def test_the_two_links_are_one_invitation_whichever_is_used(app, cast, invited, post):
    mailed = post.link()
    assert mailed != invited
    assert Visitor(app, None).send(invited, JOINING).status_code == 303
    assert Visitor(app, None).open(mailed).status_code == 404


def test_it_stands_once_in_the_list_and_a_newer_one_ends_both(ines, app, cast, invited, post, session):
    mailed = post.link()
    page = ines.open("staff.colleagues.index").text
    assert len(set(re.findall(r"/invitations/([0-9a-f-]+)/renew", page))) == 1
    ines.send("staff.colleagues.invite", NOOR)
    nobody = Visitor(app, None)
    assert nobody.open(invited).status_code == nobody.open(mailed).status_code == 404
    assert nobody.open(post.link()).status_code == 200


def test_an_invitation_that_was_used_or_replaced_meanwhile_is_not_mailed(app, ines, cast, invited, post):
    Visitor(app, None).send(invited, JOINING)
    assert [letter.subject for letter in post.deliver()] == ["Confirm your email address"]


def test_the_repeated_job_leaves_one_mailed_link(invited, nobody, post, session):
    ((_, name, arguments),) = post.waiting()
    first = post.link()
    with post.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', :name, :args)"),
            {"name": name, "args": json.dumps(arguments)},
        )
    second = post.link()
    assert nobody.open(first).status_code == 404 and nobody.open(second).status_code == 200
    assert nobody.open(invited).status_code == 200
    open_links = sa.select(sa.func.count()).select_from(UserToken).where(UserToken.used_at.is_(None))
    session.rollback()
    assert session.scalar(open_links) == 2


def test_somebody_with_an_account_joins_by_the_mail_signed_in(ines, stranger, cast, post):
    ines.send("staff.colleagues.invite", {**NOOR, "email": cast.stranger.user.email})
    link = post.link(cast.stranger.user.email)
    assert "You are signed in as" in stranger.open(link).text
    assert stranger.send(link, {"password": PASSWORD}).status_code == 303


def test_an_administrator_does_not_mail_without_end(ines, cast, session):
    assert ines.send("staff.colleagues.invite", NOOR).status_code == 200
    bucket = throttles.INVITATIONS.of(cast.ines.user.id)
    session.execute(sa.update(Throttle).where(Throttle.key_hash == bucket.key_hash).values(spent=bucket.most))
    session.commit()
    answer = ines.send("staff.colleagues.invite", {**NOOR, "email": "second@rose-street.example"})
    assert answer.status_code == 429 and answer.headers["Retry-After"]
    assert 'value="second@rose-street.example"' in answer.text
