"""Invitations to see a record, as tests need them: written by an action, their link taken up in a browser."""

from clinic.actions import connections
from clinic.actions.tokens import hash_token, new_token
from clinic.models.people import Relation

RUTH = "ruth@example.org"
TOMS_BIRTHDAY = "01/12/1955"
NAMED = {"first_name": "Ruth", "last_name": "Baker", "password": "a brand new password"}


def link_to(session, cast, patient=None, email=RUTH, relation=Relation.CARER, by=None, **facts):
    """The path of a link by which somebody comes to see Tom's record, unless it says otherwise."""
    token = new_token()
    connections.invite(
        patient or cast.tom, by=(by or cast.amara).actor, email=email, relation=relation,
        token_hash=hash_token(token), **facts,
    )  # fmt: skip
    session.commit()
    return f"/connect/{token}"


def proved(who, path, born=TOMS_BIRTHDAY):
    """Give the date of birth; the address of the page that comes next."""
    answer = who.send(path, {"date_of_birth": born})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def taken_up(who, path, born=TOMS_BIRTHDAY, **facts):
    """Take the link up with a new account, unless the visitor is signed in."""
    answer = who.send(proved(who, path, born), {**NAMED, **facts})
    assert answer.status_code == 303, answer.text
    return answer
