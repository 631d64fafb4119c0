"""Guessing is throttled by account, by address and for everybody, and nobody is kept out by somebody else's guesses."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic.actions import passwords, throttles
from clinic.models.audit import Decision
from clinic.models.factors import Throttle
from tests.cast import PASSWORD
from tests.forged import forged
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor

AMARA = "amara@rose-street.example"
COOKIE = "clinic-device"


@pytest.fixture
def checks(monkeypatch):
    """Every password that was really compared."""
    asked = []
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, typed: asked.append(typed) or matches(kept, typed))
    return asked


def guess(browser, address="203.0.113.1", email=AMARA, password="not this one"):
    """Try to sign in as if from an address."""
    browser.client.environ_base["REMOTE_ADDR"] = address
    return sign_in(browser, email, password)


class TestByAccount:
    @pytest.mark.promise(21, "1,000 tries on one account from 1,000 addresses: at most 10 password checks")
    def test_a_thousand_forged_addresses_buy_ten_guesses_and_the_real_person_still_signs_in(
        self, app, nobody, checks, figure
    ):
        at_work = Visitor(app, None)
        sign_in(at_work)
        at_work.send("public.accounts.sign_out")
        checks.clear()
        answers = set()
        for number in range(1000):
            nobody.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.{number // 250}.{number % 250}"
            answers.add(guess(nobody, f"10.0.{number // 250}.{number % 250}").status_code)
        figure(f"1,000 tries, {len(checks)} password checks")
        assert len(checks) == 10
        assert answers == {422, 429}
        assert sign_in(at_work).status_code == 303

    def test_the_answer_says_when_to_come_again_and_keeps_what_was_typed(self, nobody):
        for number in range(10):
            guess(nobody, f"10.0.0.{number}")
        answer = guess(nobody, password=PASSWORD)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 300
        assert "There were too many tries. Wait 5 minutes, then try again." in answer.text
        assert f'value="{AMARA}"' in answer.text and PASSWORD not in answer.text

    @pytest.mark.promise(22, "a throttled account says no more of itself than one that does not exist")
    def test_an_account_that_does_not_exist_is_throttled_alike(self, nobody):
        for number in range(10):
            assert guess(nobody, f"10.0.0.{number}", "who@nowhere.example").status_code == 422
        assert guess(nobody, "10.0.0.99", "WHO@nowhere.example").status_code == 429

    @pytest.mark.promise(22, "signing in: known and unknown addresses take the same time")
    def test_signing_in_does_the_same_work_for_whoever_exists_and_whoever_does_not(self, app, session, cast, figure):
        known, unknown = [], []
        for number in range(20):
            for email, times in ((AMARA, known), (f"who{number}@nowhere.example", unknown)):
                browser = Visitor(app, None)
                session.execute(sa.delete(Throttle))
                session.commit()
                began = time.perf_counter()
                assert guess(browser, email=email).status_code == 422
                times.append(time.perf_counter() - began)
        # Told and not judged: a busy machine would fail a test that is right.
        apart = abs(statistics.median(known) / statistics.median(unknown) - 1)
        figure(f"20 pairs, medians differ by {apart:.0%}")

    def test_fifty_at_once_are_ten_checks(self, app, cast, checks, figure):
        barrier = Barrier(50)

        def attempt(browser, number):
            barrier.wait()
            return guess(browser, f"10.0.1.{number}").status_code

        browsers = [Visitor(app, None) for _ in range(50)]
        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(attempt, browsers, range(50)))
        assert len(checks) == 10
        assert sorted(answers) == [422] * 10 + [429] * 40

    def test_it_is_noted_once_and_not_for_every_try(self, nobody, whole_log):
        for number in range(25):
            guess(nobody, f"10.0.0.{number}")
        causes = [entry.metadata["cause"] for entry in whole_log("sign_ins.prove")]
        assert causes == ["wrong_password"] * 10 + ["throttled"]
        assert {entry.decision for entry in whole_log("sign_ins.prove")} == {Decision.REFUSED}

    def test_signing_in_rightly_costs_nothing(self, app, cast):
        for _ in range(15):
            assert sign_in(Visitor(app, None)).status_code == 303


class TestByAddress:
    def test_one_address_may_not_try_many_accounts(self, nobody, checks):
        answers = [guess(nobody, email=f"somebody{number}@nowhere.example").status_code for number in range(25)]
        assert answers == [422] * 20 + [429] * 5
        assert len(checks) == 20
        assert guess(nobody, "203.0.113.2", "another@nowhere.example").status_code == 422

    def test_the_forwarded_address_counts_only_where_a_proxy_is_known_to_stand(self, nobody):
        for number in range(20):
            nobody.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
            guess(nobody, email=f"somebody{number}@nowhere.example")
        assert guess(nobody, email="one@more.example").status_code == 429


class TestByEverybody:
    def test_a_flood_from_everywhere_ends_and_known_devices_are_not_in_it(self, app, nobody, session, cast):
        at_work = Visitor(app, None)
        sign_in(at_work)
        guess(nobody, "10.9.9.9", "first@nowhere.example")
        everybody = throttles.SIGN_IN_EVERYBODY.of()
        session.execute(sa.update(Throttle).where(Throttle.key_hash == everybody.key_hash).values(spent=1000))
        session.commit()
        assert guess(nobody, "10.9.9.8", "second@nowhere.example").status_code == 429
        at_work.send("public.accounts.sign_out")
        assert sign_in(at_work).status_code == 303


class TestKnownDevice:
    @pytest.fixture
    def at_work(self, app, cast):
        """Amara's own browser, on which she has signed in and out."""
        browser = Visitor(app, None)
        sign_in(browser)
        browser.send("public.accounts.sign_out")
        return browser

    def test_its_cookie_is_for_the_server_alone_and_says_nothing_of_the_person(self, at_work, cast):
        cookie = at_work.client.get_cookie(COOKIE)
        assert cookie.http_only and cookie.same_site == "Lax" and cookie.path == "/"
        assert "amara" not in cookie.value.lower() and str(cast.amara.user.id) not in cookie.value

    def test_with_https_its_name_keeps_it_to_this_host(self, app, cast, monkeypatch):
        monkeypatch.setitem(app.config, "SESSION_COOKIE_NAME", "__Host-clinic")
        monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
        browser = Visitor(app, None)
        browser.client.environ_base["wsgi.url_scheme"] = "https"
        answer = browser.client.post(
            "/sign-in", data={"email": AMARA, "password": PASSWORD, "csrf_token": browser.csrf},
            base_url="https://localhost", headers={"Referer": "https://localhost/"},
        )  # fmt: skip
        (kept,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-clinic-device=")]
        assert "Secure" in kept and "HttpOnly" in kept and "Path=/" in kept and "Domain" not in kept

    def test_its_own_guesses_are_limited_too(self, at_work, checks):
        answers = [guess(at_work).status_code for _ in range(12)]
        assert answers == [422] * 10 + [429] * 2

    def test_it_is_known_for_the_person_who_signed_in_and_nobody_else(self, at_work, nobody):
        for number in range(10):
            guess(nobody, f"10.0.0.{number}", "ines@rose-street.example")
        assert guess(at_work, email="ines@rose-street.example", password=PASSWORD).status_code == 429

    def test_whoever_signed_up_here_is_known_here(self, app, nobody, cast):
        form = {"first_name": "Lena", "last_name": "Fischer", "phone": "+44 20 7946 0999",
                "email": "lena@fischer.example", "password": "a brand new password"}  # fmt: skip
        phone = Visitor(app, None)
        phone.send("public.clinics.sign_up", form, slug="rose-street")
        phone.send("public.accounts.sign_out")
        for number in range(10):
            guess(nobody, f"10.0.0.{number}", "lena@fischer.example")
        assert sign_in(phone, "lena@fischer.example", "a brand new password").status_code == 303

    def test_a_desk_that_colleagues_share_knows_each_of_them(self, at_work, nobody):
        assert sign_in(at_work, "ines@rose-street.example").status_code == 303
        at_work.send("public.accounts.sign_out")
        for email in (AMARA, "ines@rose-street.example"):
            for number in range(10):
                guess(nobody, f"10.0.0.{number}", email)
        assert sign_in(at_work).status_code == 303
        at_work.send("public.accounts.sign_out")
        assert sign_in(at_work, "ines@rose-street.example").status_code == 303

    def test_a_forged_or_foreign_cookie_is_worth_nothing(self, app, nobody, at_work, cast):
        for number in range(10):
            guess(nobody, f"10.0.0.{number}")
        real = at_work.client.get_cookie(COOKIE).value
        for value in ("rubbish", forged(real), real.partition(".")[0]):
            nobody.client.set_cookie(COOKIE, value)
            assert guess(nobody, password=PASSWORD).status_code == 429


class TestOtherForms:
    def test_an_open_screen_gives_nobody_endless_guesses_at_the_password(self, amara, checks):
        form = {"old_password": "not this one", "password": "a brand new password", "again": "a brand new password"}
        answers = [amara.send("public.accounts.password", form).status_code for _ in range(12)]
        assert answers == [422] * 10 + [429] * 2
        assert len(checks) == 10

    def test_one_address_makes_only_so_many_accounts(self, app, cast, session):
        def sign_up(number, address):
            browser = Visitor(app, None)
            browser.client.environ_base["REMOTE_ADDR"] = address
            form = {"first_name": "Lena", "last_name": "Fischer", "phone": "+44 20 7946 0999",
                    "email": f"lena{number}@fischer.example", "password": "a brand new password"}  # fmt: skip
            return browser.send("public.clinics.sign_up", form, slug="rose-street")

        assert sign_up(0, "203.0.113.5").status_code == 303
        everybody = [limit.of(*words) for limit, words in zip(throttles.SIGN_UPS, (("203.0.113.5",), ()), strict=True)]
        session.execute(sa.update(Throttle).where(Throttle.key_hash == everybody[0].key_hash).values(spent=20))
        session.commit()
        answer = sign_up(1, "203.0.113.5")
        assert answer.status_code == 429 and answer.headers["Retry-After"]
        assert 'value="lena1@fischer.example"' in answer.text
        assert sign_up(2, "203.0.113.6").status_code == 303
