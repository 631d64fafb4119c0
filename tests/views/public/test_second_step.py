"""The second step of signing in: what it takes after the password, and that nothing else gets anybody in."""

import json
import time

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession
from clinic.models.audit import Decision
from clinic.models.factors import Passkey, RecoveryCode
from tests.factors import with_app, with_codes, with_passkey
from tests.views.public.signing_in import change, sign_in, token_of, with_token
from tests.visitor import Visitor

AMARA = "amara@rose-street.example"


@pytest.fixture
def phone(session, cast):
    """Amara's phone, with an app on it that the clinic knows."""
    return with_app(session, cast.amara)


def waiting_token(browser):
    """The token of the wait for the second step, in the browser's cookie."""
    with browser.client.session_transaction() as cookie:
        return cookie.get("waiting")


def half_minute():
    """The number of this half minute, as apps count."""
    return int(time.time()) // 30


def send_code(browser, code, **more):
    """Type a code at the second step."""
    return browser.send("public.second_step.ask", {"code": code, **more})


class TestAsk:
    @pytest.mark.promise(20, "the right password alone opens nothing where somebody has a second factor")
    def test_the_right_password_alone_opens_nothing(self, nobody, phone, session):
        answer = sign_in(nobody, next="/staff/patients")
        assert (answer.status_code, answer.location) == (303, "/second-step?next=/staff/patients")
        assert token_of(nobody) is None
        assert nobody.open("/staff/").status_code == 302
        page = nobody.open(answer.location).text
        assert "One more step" in page and 'autocomplete="one-time-code"' in page
        row = session.scalars(sa.select(UserSession)).one()
        assert row.awaits_factor and row.clinic_id is None

    def test_the_token_of_the_wait_opens_nothing_as_a_session(self, nobody, phone, app):
        sign_in(nobody)
        assert with_token(app, waiting_token(nobody)).open("/staff/").status_code == 302

    @pytest.mark.promise(18, "a new token after the password and another after the code; the former are worth nothing")
    def test_the_right_code_lets_in_with_a_new_token(self, nobody, phone, app, session):
        sign_in(nobody, next="/staff/patients")
        before = waiting_token(nobody)
        answer = send_code(nobody, phone.code(), next="/staff/patients")
        assert (answer.status_code, answer.location) == (303, "/staff/patients")
        assert nobody.open("/staff/day").status_code == 200
        assert token_of(nobody) not in (None, before) and waiting_token(nobody) is None
        assert with_token(app, before).open("/staff/").status_code == 302
        replayed = Visitor(app, None)
        with replayed.client.session_transaction() as cookie:
            cookie["waiting"] = before
        assert send_code(replayed, phone.code(1)).location == "/sign-in"

    def test_a_code_typed_with_a_space_is_the_same_code(self, nobody, phone):
        sign_in(nobody)
        code = phone.code()
        assert send_code(nobody, f"{code[:3]} {code[3:]}").location == "/"

    @pytest.mark.promise(20, "a code opens once; the same again is refused")
    def test_a_code_works_once(self, nobody, phone, app):
        code = phone.code()
        sign_in(nobody)
        assert send_code(nobody, code).status_code == 303
        other = Visitor(app, None)
        sign_in(other)
        assert send_code(other, code).status_code == 422

    @pytest.mark.promise(20, "codes of two half minutes ago and of two to come are refused")
    @pytest.mark.parametrize("step", [-2, 2])
    def test_a_code_of_another_time_is_refused(self, nobody, phone, step):
        # Where the half minute ended in between, the code was no longer the one meant.
        for began in iter(half_minute, None):
            sign_in(nobody)
            answer = send_code(nobody, phone.code(step))
            if half_minute() == began:
                break
        assert answer.status_code == 422
        assert "This code is not right" in answer.text

    @pytest.mark.parametrize("code", ["", "abc", "000000 000000 00", "１２３４５６", "\x00", "-1", "a" * 500])
    def test_what_is_no_code_is_refused_in_a_sentence(self, nobody, phone, code):
        sign_in(nobody)
        assert send_code(nobody, code).status_code == 422

    def test_a_wrong_code_leaves_an_entry_without_the_code(self, nobody, phone, cast, whole_log):
        sign_in(nobody)
        send_code(nobody, "000000")
        (entry,) = whole_log("factors.use_code")
        assert (entry.decision, entry.resource_id) == (Decision.REFUSED, cast.amara.user.id)
        assert entry.metadata == {"cause": "wrong_code"} and entry.changes == {}

    def test_after_ten_minutes_one_begins_again(self, nobody, phone, session):
        sign_in(nobody, next="/staff/patients")
        session.execute(sa.update(UserSession).values(expires_at=sa.func.now()))
        session.commit()
        assert send_code(nobody, phone.code()).location == "/sign-in"
        assert "Sign in again" in nobody.open("/sign-in").text

    def test_who_was_suspended_meanwhile_is_not_let_in(self, nobody, phone, cast, session):
        sign_in(nobody)
        change(session, cast.amara, status="suspended")
        assert send_code(nobody, phone.code()).location == "/sign-in"

    def test_nobody_gets_here_without_a_password(self, nobody):
        assert nobody.open("public.second_step.ask").location == "/sign-in"
        assert nobody.open("public.second_step.recovery").location == "/sign-in"
        assert nobody.send("public.second_step.options").status_code == 401

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/no/such/page"])
    def test_it_leads_nowhere_else(self, nobody, phone, address):
        sign_in(nobody)
        assert send_code(nobody, phone.code(), next=address).location == "/"

    def test_signing_in_on_a_signed_in_browser_ends_what_was_there(self, amara, phone, app, session):
        session.execute(sa.update(UserSession).values(revoked_at=None))
        session.commit()
        before = token_of(amara)
        sign_in(amara)
        assert with_token(app, before).open("/staff/").status_code == 302

    @pytest.mark.promise(21, "the sixth wrong code in five minutes waits, a right one too")
    def test_codes_are_throttled_by_person(self, nobody, phone, figure):
        sign_in(nobody)
        answers = [send_code(nobody, "000000").status_code for _ in range(8)]
        assert answers == [422] * 5 + [429] * 3
        late = send_code(nobody, phone.code())
        assert late.status_code == 429 and "too many tries" in late.text and late.headers["Retry-After"]
        figure("8 wrong codes: 5 were looked at; the right code after them waits")

    @pytest.mark.promise(21, "who learned a password and guesses codes keeps the owner's own device not out")
    def test_guesses_elsewhere_keep_nobody_out_on_a_device_of_their_own(self, nobody, phone, app, cast, session):
        sign_in(nobody)
        assert send_code(nobody, phone.code()).status_code == 303
        nobody.send("public.accounts.sign_out")
        thief = Visitor(app, None)
        sign_in(thief)
        for _ in range(6):
            last = send_code(thief, "000000")
        assert last.status_code == 429
        again = Visitor(app, None)
        sign_in(again)
        assert send_code(again, "000000").status_code == 429, "a right password alone makes no device known"
        sign_in(nobody)
        assert send_code(nobody, phone.code(1)).status_code == 303

    def test_right_codes_are_not_counted_as_tries(self, nobody, phone, session, cast):
        for _ in range(7):
            change(session, cast.amara, totp_last_step=1)
            sign_in(nobody)
            assert send_code(nobody, phone.code()).status_code == 303


class TestRecovery:
    @pytest.mark.promise(20, "a recovery code opens once")
    def test_a_recovery_code_stands_in_once(self, nobody, phone, session, cast, app, whole_log):
        codes = with_codes(session, cast.amara)
        sign_in(nobody)
        assert "recovery code" in nobody.open("public.second_step.recovery").text
        typed = codes[3].lower().replace("-", " ")
        assert nobody.send("public.second_step.recovery", {"code": typed}).location == "/"
        assert nobody.open("/staff/day").status_code == 200
        other = Visitor(app, None)
        sign_in(other)
        assert other.send("public.second_step.recovery", {"code": codes[3]}).status_code == 422
        assert [entry.decision for entry in whole_log("recovery_codes.use")] == [Decision.REFUSED]
        assert len(whole_log("recovery_codes.note_use")) == 1
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).where(RecoveryCode.used_at.is_not(None))) == 1

    def test_somebody_elses_code_is_none_of_ones_own(self, nobody, phone, session, cast):
        with_app(session, cast.osei)
        (code, *_) = with_codes(session, cast.osei)
        sign_in(nobody)
        assert nobody.send("public.second_step.recovery", {"code": code}).status_code == 422

    def test_guesses_at_recovery_codes_and_at_the_app_count_together(self, nobody, phone):
        sign_in(nobody)
        for _ in range(3):
            send_code(nobody, "000000")
        tried = [nobody.send("public.second_step.recovery", {"code": "x"}).status_code for _ in range(3)]
        assert tried == [422, 422, 429]


class TestPasskey:
    @pytest.fixture
    def device(self, amara, session, cast):
        """Amara's security key, known to the clinic."""
        session_id = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.amara.user.id))
        return with_passkey(session, cast.amara, session_id)

    def asked(self, browser):
        """Sign in with the password, and have the server ask the device."""
        assert sign_in(browser).location.startswith("/second-step")
        return json.loads(browser.send("public.second_step.options").text)

    def answer(self, browser, answer):
        """Send what the device answered."""
        return browser.send("public.second_step.passkey", {"answer": answer})

    def test_a_passkey_lets_in(self, nobody, device, session, whole_log):
        asked = self.asked(nobody)
        assert asked["userVerification"] == "required" and asked["rpId"] == "localhost"
        assert "data-passkey" in nobody.open("public.second_step.ask").text
        assert self.answer(nobody, device.sign(asked)).location == "/"
        assert nobody.open("/staff/day").status_code == 200
        session.rollback()
        assert session.scalars(sa.select(Passkey)).one().last_used_at
        assert len(whole_log("passkeys.note_use")) == 1

    @pytest.mark.promise(
        20, "a passkey's answer from another origin, for another host, without verification, is refused"
    )
    @pytest.mark.parametrize("what", ["origin", "host", "verifies", "signature", "challenge"])
    def test_a_wrong_answer_is_refused(self, nobody, device, what):
        asked = self.asked(nobody)
        if what == "challenge":
            asked["challenge"] = "A" * 43
        elif what != "signature":
            setattr(device, what, {"origin": "https://evil.example", "host": "evil.example", "verifies": False}[what])
        answer = device.sign(asked)
        if what == "signature":
            told = json.loads(answer)
            told["response"]["signature"] = told["response"]["signature"][:-4] + "AAAA"
            answer = json.dumps(told)
        refused = self.answer(nobody, answer)
        assert refused.status_code == 422
        assert "could not be checked" in refused.text
        assert nobody.open("/staff/").status_code == 302

    @pytest.mark.promise(20, "a challenge older than five minutes is refused, and every one is good once")
    def test_a_challenge_is_good_for_five_minutes(self, nobody, device, session):
        asked = self.asked(nobody)
        session.execute(sa.update(UserSession).values(challenge_expires_at=sa.func.now()))
        session.commit()
        assert self.answer(nobody, device.sign(asked)).status_code == 422

    def test_a_challenge_is_good_once_also_after_a_wrong_answer(self, nobody, device):
        asked = self.asked(nobody)
        self.answer(nobody, "{}")
        assert self.answer(nobody, device.sign(asked)).status_code == 422

    def test_a_challenge_is_good_in_its_own_sign_in_only(self, nobody, device, app):
        asked = self.asked(nobody)
        other = Visitor(app, None)
        self.asked(other)
        assert self.answer(other, device.sign(asked)).status_code == 422

    @pytest.mark.promise(20, "a signature whose counter does not go up is refused as a copy's")
    def test_a_counter_that_goes_back_is_a_copy(self, nobody, device, app):
        device.count = 10
        assert self.answer(nobody, device.sign(self.asked(nobody))).status_code == 303
        other, device.count = Visitor(app, None), 4
        assert self.answer(other, device.sign(self.asked(other))).status_code == 422

    def test_somebody_elses_passkey_is_refused(self, nobody, device, session, cast, osei, whole_log):
        session_id = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.osei.user.id))
        theirs = with_passkey(session, cast.osei, session_id)
        assert self.answer(nobody, theirs.sign(self.asked(nobody))).status_code == 422
        assert whole_log("passkeys.use")[0].metadata["cause"] == "unknown_passkey"

    @pytest.mark.parametrize(
        "answer", ["", "{}", "[]", "null", "x", '{"id": 5}', '{"id": "AAAA", "rawId": "AAAA"}', "[" * 9000, "\x00"]
    )
    def test_what_is_no_answer_is_refused(self, nobody, device, answer):
        self.asked(nobody)
        assert self.answer(nobody, answer).status_code in (400, 422)
