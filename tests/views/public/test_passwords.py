"""A forgotten password: a link that says nothing to strangers, works once and not for long, and never signs in."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions.tokens import hash_token
from clinic.models.accounts import TokenPurpose, User, UserSession, UserStatus, UserToken
from clinic.models.factors import Throttle
from tests.cast import PASSWORD
from tests.queries_counted import counted
from tests.views.public.signing_in import change, sign_in
from tests.visitor import Visitor

AMARA = "amara@rose-street.example"
NEW = "a brand new password"


def ask(browser, email=AMARA, **more):
    """Send the form for a forgotten password."""
    return browser.send("public.passwords.forgotten", {"email": email}, **more)


def row_of(session, person):
    """The person's row as it is now."""
    session.rollback()
    session.expire_all()
    return session.get(User, person.user.id)


@pytest.fixture
def link(nobody, post):
    """Amara's link to a new password."""
    ask(nobody)
    return post.link(AMARA)


class TestForgotten:
    def test_a_mail_brings_a_link_and_the_link_a_new_password(self, nobody, app, post, cast, session):
        assert ask(nobody, " Amara@Rose-Street.example").location == "/password/sent"
        (letter,) = post.deliver()
        assert (letter.to, letter.subject) == (AMARA, "Choose a new password")
        assert letter.sender == "Rose Street Clinic <clinic@localhost>"
        address = post.link()
        page = nobody.open(address).text
        assert f'value="{AMARA}"' in page and 'autocomplete="new-password"' in page
        answer = nobody.send(address, {"password": NEW})
        assert (answer.status_code, answer.location) == (303, "/sign-in")
        assert sign_in(Visitor(app, None), password=PASSWORD).status_code == 422
        assert sign_in(Visitor(app, None), password=NEW).status_code == 303
        assert row_of(session, cast.amara).password_changed_at

    @pytest.mark.promise(22, "a forgotten password is answered alike for known, unknown, suspended and invited people")
    @pytest.mark.parametrize("cause", ["unknown", "suspended", "invited", "no address"])
    def test_every_address_gets_the_same_answer(self, nobody, app, post, cast, session, cause):
        if cause == "suspended":
            change(session, cast.ines, status=UserStatus.SUSPENDED)
        if cause == "invited":
            change(session, cast.ines, password_hash=None)
        email = {"unknown": "who@nowhere.example", "no address": "not an address"}.get(cause, cast.ines.user.email)
        known, other = ask(nobody), ask(Visitor(app, None), email)
        assert (other.status_code, other.location) == (known.status_code, known.location)
        assert {letter.to for letter in post.deliver()} == {AMARA}

    @pytest.mark.promise(22, "a forgotten password: known and unknown addresses take the same time")
    def test_known_and_unknown_addresses_do_the_same_work(self, app, cast, session, figure):
        def work(email):
            with counted(app) as statements:
                ask(Visitor(app, None), email)
            return list(statements)

        assert work(AMARA) == work("who@nowhere.example")
        # Times are told and not judged: a busy machine would fail a test that is right.
        known, unknown = [], []
        for number in range(40):
            for email, times in ((AMARA, known), (f"who{number}@nowhere.example", unknown)):
                browser = Visitor(app, None)
                session.execute(sa.delete(Throttle))
                session.commit()
                began = time.perf_counter()
                ask(browser, email)
                times.append(time.perf_counter() - began)
        slower = statistics.median(known) / statistics.median(unknown)
        figure(f"the same statements; 40 pairs, medians differ by {abs(slower - 1):.0%}")

    def test_nobodys_queue_and_log_hold_the_token_or_the_address(self, nobody, post, whole_log):
        ask(nobody)
        ((_id, name, arguments),) = post.waiting()
        assert name == "passwords.send_link" and set(arguments) == {"user_id"}
        token = post.link().rpartition("/")[2]
        entries = str(whole_log("resets.ask")) + str(whole_log("user_tokens.write"))
        assert token not in entries and AMARA not in entries and hash_token(token).hex() not in entries

    def test_who_asks_too_often_waits_whether_the_account_exists_or_not(self, nobody, post):
        for email in (AMARA, "who@nowhere.example"):
            assert [ask(nobody, email).status_code for _ in range(5)] == [303, 303, 303, 429, 429]
        answer = ask(nobody)
        assert 'value="amara@rose-street.example"' in answer.text and int(answer.headers["Retry-After"]) <= 3600
        assert len(post.deliver()) == 3

    @pytest.mark.promise(28, "the link of a mail is built on PUBLIC_URL whatever host the request named")
    def test_the_link_is_built_on_our_own_address_whatever_the_request_says(self, nobody, app, post, monkeypatch):
        monkeypatch.setitem(app.config, "PUBLIC_URL", "https://clinic.example")
        nobody.client.environ_base.update(HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
        with nobody.client.session_transaction() as cookie:
            cookie["csrf_token"] = "00" * 32
        nobody.client.post("/password/forgotten", data={"email": AMARA, "csrf_token": nobody.csrf})
        (letter,) = post.deliver()
        assert "https://clinic.example/password/reset/" in letter.text and "evil" not in letter.text

    @pytest.mark.promise(28, "a forged Host is refused where TRUSTED_HOSTS names ours")
    def test_a_host_that_is_not_ours_is_refused(self, nobody, app, monkeypatch):
        monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["clinic.example"])
        for host, code in (("clinic.example", 200), ("evil.example", 400), ("clinic.example.evil.example", 400)):
            answer = nobody.client.get("/password/forgotten", environ_overrides={"HTTP_HOST": host})
            assert answer.status_code == code, host


class TestReset:
    @pytest.mark.promise(23, "single use: 50 at once, 1 accepted")
    def test_of_fifty_at_once_one_is_accepted(self, app, link, session, cast, figure):
        barrier = Barrier(50)

        def attempt(browser, number):
            barrier.wait()
            return browser.send(link, {"password": f"{NEW} {number}"}).status_code

        browsers = [Visitor(app, None) for _ in range(50)]
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(attempt, browsers, range(50)))
        figure(f"50 at once, {answers.count(303)} accepted")
        assert answers.count(303) == 1 and answers.count(404) == 49

    def test_it_is_good_for_one_time(self, nobody, link):
        assert nobody.send(link, {"password": NEW}).status_code == 303
        assert nobody.open(link).status_code == 404
        assert nobody.send(link, {"password": "yet another password"}).status_code == 404
        assert sign_in(nobody, password=NEW).status_code == 303

    def test_looking_at_it_does_not_use_it_up(self, nobody, link):
        for _ in range(3):
            assert nobody.open(link).status_code == 200
        assert nobody.send(link, {"password": "short"}).status_code == 422
        assert nobody.send(link, {"password": NEW}).status_code == 303

    @pytest.mark.promise(23, "a link to a new password ends after 30 minutes")
    def test_it_is_good_for_thirty_minutes(self, nobody, link, session):
        left = sa.select(UserToken.expires_at - sa.func.now()).where(UserToken.purpose == TokenPurpose.RESET_PASSWORD)
        assert timedelta(minutes=29) < session.scalar(left) <= timedelta(minutes=30)
        session.execute(sa.update(UserToken).values(expires_at=sa.func.now()))
        session.commit()
        assert nobody.open(link).status_code == 404

    @pytest.mark.breaks
    @pytest.mark.promise(23, "dies with a newer sign-in, password, email address or link")
    @pytest.mark.parametrize("event", ["sign-in", "password", "email", "newer link", "suspension"])
    def test_it_dies_with_whatever_came_after(self, nobody, app, amara, link, post, session, cast, event):
        if event == "sign-in":
            sign_in(Visitor(app, None))
        elif event == "password":
            form = {"old_password": PASSWORD, "password": NEW, "again": NEW}
            assert amara.send("public.accounts.password", form).status_code == 303
        elif event == "email":
            amara.send("public.emails.change", {"email": "amara@another.example"})
            assert amara.send(post.link("amara@another.example")).status_code == 303
        elif event == "newer link":
            ask(nobody)
            assert nobody.open(post.link(AMARA)).status_code == 200
        else:
            change(session, cast.amara, status=UserStatus.SUSPENDED)
        assert nobody.open(link).status_code == 404
        assert nobody.send(link, {"password": "yet another password"}).status_code == 404

    @pytest.mark.promise(23, "never signs in by itself, never skips the second step, ends every sign-in")
    def test_it_signs_nobody_in_and_everybody_else_out(self, nobody, amara, link, session, cast):
        assert amara.open("staff.home.index").status_code in (200, 303, 302)
        nobody.send(link, {"password": NEW})
        assert nobody.open("staff.home.index").location.startswith("/sign-in")
        assert amara.open("staff.home.index").location.startswith("/sign-in")
        live = sa.select(sa.func.count()).select_from(UserSession).where(UserSession.revoked_at.is_(None))
        session.rollback()
        assert session.scalar(live) == 0
        assert row_of(session, cast.amara).mfa_enabled_at is cast.amara.user.mfa_enabled_at

    def test_the_owner_is_told_and_the_entry_names_them(self, nobody, link, post, cast, whole_log):
        nobody.send(link, {"password": NEW})
        (letter,) = post.deliver()
        assert (letter.to, letter.subject) == (AMARA, "Your password was changed")
        (entry,) = whole_log("resets.reset")
        assert (entry.actor_id, entry.resource_id) == (cast.amara.user.id, cast.amara.user.id)

    @pytest.mark.parametrize("password", ["password1234", "amara@rose-street.example", "qwertyuiop12"])
    def test_a_password_that_is_easy_to_guess_is_refused_and_the_link_still_works(self, nobody, link, password):
        answer = nobody.send(link, {"password": password})
        assert answer.status_code == 422 and "easy to guess" in answer.text
        assert nobody.send(link, {"password": NEW}).status_code == 303

    @pytest.mark.parametrize("token", ["made-up", "a" * 43, "%00", "ä"])
    def test_a_made_up_link_is_not_found(self, nobody, token):
        assert nobody.client.get(f"/password/reset/{token}").status_code == 404

    def test_a_link_for_another_purpose_is_not_found(self, nobody, link, session):
        session.execute(sa.update(UserToken).values(purpose=TokenPurpose.VERIFY_EMAIL))
        session.commit()
        assert nobody.open(link).status_code == 404


class TestCoolDown:
    def test_for_a_day_after_a_change_of_address_nobody_resets_and_the_mail_says_so(self, nobody, post, session, cast):
        change(session, cast.amara, email_changed_at=sa.func.now() - sa.text("interval '23 hours'"))
        ask(nobody)
        (letter,) = post.deliver()
        assert letter.subject == "A new password has to wait" and "/password/reset/" not in letter.text
        change(session, cast.amara, email_changed_at=sa.func.now() - sa.text("interval '25 hours'"))
        ask(nobody)
        assert post.deliver()[0].subject == "Choose a new password"
