"""Email addresses: confirming one's own, changing to another that is one's own too, and telling the former."""

import pytest
import sqlalchemy as sa

from clinic.actions.emails import normal
from clinic.models.accounts import User, UserToken
from tests.cast import PASSWORD
from tests.views.public.signing_in import change, sign_in
from tests.visitor import Visitor

AMARA, ANOTHER = "amara@rose-street.example", "amara@another.example"
PATIENT = {"first_name": "Lena", "last_name": "Fischer", "phone": "+44 20 7946 0999", "email": "lena@fischer.example",
           "password": "a brand new password"}  # fmt: skip


def row_of(session, person):
    """The person's row as it is now."""
    session.rollback()
    session.expire_all()
    return session.get(User, person.user.id)


def ask(browser, email=ANOTHER):
    """Ask for another address."""
    return browser.send("public.emails.change", {"email": email})


class TestVerify:
    def test_whoever_signs_up_confirms_by_the_mail_of_their_clinic(self, nobody, post, session):
        assert nobody.send("public.clinics.sign_up", PATIENT, slug="rose-street").status_code == 303
        assert "lena@fischer.example, so that we know" in nobody.open("portal.home.index").text
        (letter,) = post.deliver()
        assert (letter.to, letter.subject) == ("lena@fischer.example", "Confirm your email address")
        assert "at Rose Street Clinic" in letter.text and letter.sender.startswith("Rose Street Clinic <")
        address = post.link()
        assert "Is lena@fischer.example your address?" in nobody.open(address).text
        session.rollback()
        assert session.scalar(sa.select(User.email_verified_at).where(User.email == "lena@fischer.example")) is None
        assert nobody.send(address).status_code == 303
        assert "so that we know" not in nobody.open("portal.home.index").text
        assert nobody.send(address).status_code == 404

    def test_whoever_joins_by_an_invitation_confirms_too(self, app, ines, post):
        form = {
            "first_name": "Noor",
            "last_name": "Haddad",
            "email": "noor@rose-street.example",
            "role": "receptionist",
        }
        ines.send("staff.colleagues.invite", form)
        invitation = post.link("noor@rose-street.example")
        noor = Visitor(app, None)
        assert (
            noor.send(
                invitation, {"first_name": "Noor", "last_name": "Haddad", "password": "a brand new password"}
            ).status_code
            == 303
        )
        (letter,) = post.deliver()
        assert letter.subject == "Confirm your email address"
        assert noor.send(post.link()).status_code == 303

    def test_one_can_ask_again_and_the_older_link_dies(self, amara, post, session, cast):
        change(session, cast.amara, email_verified_at=None)
        assert "confirm your email" in amara.open("staff.day.index").text
        amara.send("public.emails.send_again")
        first = post.link()
        amara.send("public.emails.send_again")
        second = post.link()
        assert amara.open(first).status_code == 404
        assert amara.send(second).status_code == 303
        assert row_of(session, cast.amara).email_verified_at

    def test_who_is_confirmed_gets_no_mail_and_nobody_asks_for_ever(self, amara, post, session, cast):
        amara.send("public.emails.send_again")
        assert post.deliver() == []
        assert [amara.send("public.emails.send_again").status_code for _ in range(6)][-1] == 429

    def test_a_link_to_an_address_that_was_changed_meanwhile_is_dead(self, amara, post, session, cast):
        change(session, cast.amara, email_verified_at=None)
        amara.send("public.emails.send_again")
        link = post.link()
        change(session, cast.amara, email=ANOTHER)
        assert amara.open(link).status_code == 404

    def test_the_repeated_job_sends_a_fresh_link_and_the_older_dies(self, amara, post, session, cast):
        change(session, cast.amara, email_verified_at=None)
        amara.send("public.emails.send_again")
        amara.send("public.emails.send_again")
        letters = post.deliver()
        paths = ["/email/verify/" + letter.text.partition("/email/verify/")[2].split()[0] for letter in letters]
        assert [amara.open(path).status_code for path in paths] == [404, 200]


class TestChange:
    def test_the_new_owner_opens_the_link_and_the_former_is_told_at_once(self, amara, app, post, session, cast):
        assert ask(amara).location == "/email/asked"
        told, offered = post.deliver()
        assert (told.to, told.subject) == (AMARA, "A new email address was asked for")
        assert (offered.to, offered.subject) == (ANOTHER, "Use this email address to sign in")
        assert ANOTHER not in told.text
        assert row_of(session, cast.amara).email == AMARA
        elsewhere = Visitor(app, cast.amara)
        assert amara.send(post.link(ANOTHER)).status_code == 303
        user = row_of(session, cast.amara)
        assert user.email == ANOTHER and user.email_verified_at and user.email_changed_at
        assert (
            amara.open("staff.home.index").status_code != 302
            or "/sign-in" not in amara.open("staff.home.index").location
        )
        assert elsewhere.open("staff.home.index").location.startswith("/sign-in")
        (last,) = post.deliver()
        assert (last.to, last.subject) == (AMARA, "Your email address was changed")
        assert sign_in(Visitor(app, None), AMARA).status_code == 422
        assert sign_in(Visitor(app, None), ANOTHER).status_code == 303

    def test_the_link_is_for_the_person_who_asked_and_nobody_else(self, amara, ines, nobody, post, session, cast):
        ask(amara)
        link = post.link(ANOTHER)
        assert nobody.open(link).location.startswith("/sign-in")
        assert ines.open(link).status_code == 404 and ines.send(link).status_code == 404
        assert row_of(session, cast.amara).email == AMARA

    def test_an_address_of_somebody_else_gets_no_mail_and_nobody_hears_of_it(self, amara, post, cast):
        other = ask(amara, "ines@rose-street.example")
        assert (other.status_code, other.location) == (303, "/email/asked")
        assert [letter.to for letter in post.deliver()] == [AMARA]

    def test_two_who_want_one_address_get_it_once(self, amara, ines, post, session, cast):
        ask(amara)
        first = post.link(ANOTHER)
        ask(ines)
        second = post.link(ANOTHER)
        assert amara.send(first).status_code == 303
        answer = ines.send(second)
        assert answer.status_code == 409 and "already an account" in answer.text
        assert row_of(session, cast.ines).email == "ines@rose-street.example"

    def test_a_newer_wish_ends_the_older_link(self, amara, post):
        ask(amara)
        first = post.link(ANOTHER)
        ask(amara, "third@another.example")
        assert amara.open(first).status_code == 404
        assert amara.open(post.link("third@another.example")).status_code == 200

    def test_it_ends_after_an_hour(self, amara, post, session):
        ask(amara)
        link = post.link(ANOTHER)
        session.execute(sa.update(UserToken).values(expires_at=sa.func.now()))
        session.commit()
        assert amara.open(link).status_code == 404

    def test_the_former_address_is_told_even_if_the_mail_is_late(self, amara, post, session, cast):
        ask(amara)
        ((first, _, _), *_others) = post.waiting()
        with post.engine.begin() as connection:
            connection.execute(sa.text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id"), {"id": first})
        assert amara.send(post.link(ANOTHER)).status_code == 303
        with post.engine.begin() as connection:
            connection.execute(sa.text("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = :id"), {"id": first})
        assert {letter.to for letter in post.deliver()} == {AMARA}

    def test_who_has_not_proved_lately_who_they_are_is_asked_first(self, amara, session):
        session.execute(sa.text("UPDATE user_sessions SET proved_at = now() - interval '11 minutes'"))
        session.commit()
        assert ask(amara).location.startswith("/prove")

    def test_nobody_is_flooded_with_links(self, amara, post):
        assert [ask(amara).status_code for _ in range(6)] == [303] * 5 + [429]

    @pytest.mark.parametrize("email", ["", "no address", "a@b@c.example", "a@b.example, c@d.example",
                                       "a@b.example\r\nBcc: c@d.example",
                                       "ſam@example.org", "x" * 320 + "@example.org"])  # fmt: skip
    def test_what_is_no_address_is_said(self, amara, email):
        assert ask(amara, email).status_code == 422

    def test_a_wrong_password_opens_nothing_after_the_change(self, amara, app, post):
        ask(amara)
        amara.send(post.link(ANOTHER))
        assert sign_in(Visitor(app, None), ANOTHER, PASSWORD + "!").status_code == 422


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Amara@Rose-Street.example ", "amara@rose-street.example"), ("a+tag@x.example", "a+tag@x.example"),
     ("mi\u212ae@example.org", None), ("info@exämple.org", "info@xn--exmple-cua.org"),
     ("\u017fam@example.org", None), ("аmara@example.org", None), ("a@b@c", None), ("", None), (None, None)],
)  # fmt: skip
def test_an_address_is_kept_in_one_way_only(typed, kept):
    """Letters that only look alike are settled before anything is compared."""
    assert normal(typed) == kept
