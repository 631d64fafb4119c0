"""Second factors as rules: what counts, what ends with what, and that nothing works twice, however many try at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
import sqlalchemy as sa

from clinic import keyring
from clinic.actions import factors, passkeys, recovery_codes, second_steps
from clinic.actions.acting import Refused
from clinic.actions.keyring import reseal_batch
from clinic.db import db
from clinic.models.accounts import User, UserSession
from clinic.models.audit import AuditEntry
from clinic.models.factors import Passkey, RecoveryCode
from clinic.scope import Scope
from tests.factors import SITE, Phone, with_app, with_codes, with_passkey
from tests.visitor import Visitor

AT_ONCE = 50


def at_once(app, act):
    """Do the same in fifty threads that start together, each in a session of its own; the answers."""
    together = Barrier(AT_ONCE)

    def one(_number):
        with app.app_context():
            session = db.session()
            session.scope = Scope.person()
            together.wait()
            answer = act(session)
            session.commit()
            return answer

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def outside(person):
    """The person as they are while they sign in: in no clinic yet."""
    return replace(person.actor, clinic_id=None)


class TestCode:
    @pytest.mark.promise(20, "one TOTP code tried 50 times at once is accepted once")
    def test_one_code_at_once_from_everywhere_opens_once(self, app, session, cast, figure):
        phone, person = with_app(session, cast.amara), cast.amara.user.id
        code, by = phone.code(), outside(cast.amara)
        answers = at_once(app, lambda own: factors.use_code(own, person, code, by=by))
        assert answers.count(True) == 1
        figure(f"{AT_ONCE} at once, {answers.count(True)} accepted")

    def test_an_older_code_is_worth_nothing_after_a_newer_one(self, session, cast):
        phone, person = with_app(session, cast.amara), cast.amara.user.id
        assert factors.use_code(session, person, phone.code(1), by=cast.amara.actor)
        session.commit()
        assert not factors.use_code(session, person, phone.code(), by=cast.amara.actor)

    def test_the_code_that_set_the_app_up_does_not_open_anything(self, session, cast):
        user = session.get(User, cast.amara.user.id)
        factors.begin_app(user, by=cast.amara.actor)
        code = Phone(factors.secret_of(user)).code()
        factors.confirm_app(user, code, by=cast.amara.actor, kept_session=None)
        session.commit()
        assert not factors.use_code(session, user.id, code, by=cast.amara.actor)

    def test_an_app_that_was_never_confirmed_is_not_asked_and_opens_nothing(self, session, cast):
        user = session.get(User, cast.amara.user.id)
        factors.begin_app(user, by=cast.amara.actor)
        phone = Phone(factors.secret_of(user))
        session.commit()
        assert not factors.asked_at_sign_in(session, user.id, by=cast.amara.actor)
        assert not factors.use_code(session, user.id, phone.code(), by=cast.amara.actor)

    def test_the_secret_is_kept_encrypted_for_its_person_and_opens_after_a_change_of_keys(self, app, session, cast):
        phone = with_app(session, cast.amara)
        user = session.get(User, cast.amara.user.id)
        kept, old = user.mfa_secret_encrypted, app.extensions["keyring"]
        with pytest.raises(keyring.BrokenSeal):
            keyring.open_sealed(kept, row_id=cast.osei.user.id, **factors.SECRET)
        assert phone.app.secret.encode() not in kept
        changed = keyring.KeyRing.parse(f"{keyring.new_key(date(2026, 11, 21))},{app.config['SECRET_KEYS']}")
        app.extensions["keyring"] = changed
        try:
            reseal_batch(session, keyring.SEALED[0])
            session.commit()
            session.expire_all()
            assert session.get(User, user.id).mfa_secret_encrypted.startswith(changed.prefix)
            assert factors.use_code(session, user.id, phone.code(), by=cast.amara.actor)
        finally:
            app.extensions["keyring"] = old


class TestWait:
    def test_one_wait_lets_in_once_whatever_two_ways_are_tried_at_once(self, app, session, cast):
        session.enter(Scope.person())
        waiting = second_steps.wait(session, by=outside(cast.amara), user_id=cast.amara.user.id, token_hash=b"t" * 32)
        waiting_id = waiting.id
        session.commit()
        assert at_once(app, lambda own: second_steps.finish(own, waiting_id)).count(True) == 1


class TestRecoveryCodes:
    @pytest.mark.promise(20, "one recovery code tried 50 times at once is accepted once")
    def test_one_code_at_once_from_everywhere_opens_once(self, app, session, cast, figure):
        with_app(session, cast.amara)
        (code, *_), person = with_codes(session, cast.amara), cast.amara.user.id
        answers = at_once(app, lambda own: recovery_codes.use(own, person, code, by=outside(cast.amara)))
        assert answers.count(True) == 1
        figure(f"{AT_ONCE} at once, {answers.count(True)} accepted")

    def test_there_are_ten_of_eighty_bits_and_only_their_hashes_are_kept(self, session, cast):
        with_app(session, cast.amara)
        codes = with_codes(session, cast.amara)
        kept = session.scalars(sa.select(RecoveryCode.code_hash)).all()
        assert len(set(codes)) == len(set(kept)) == 10
        assert all(len(code.replace("-", "")) * 5 == 80 for code in codes)
        assert not any(
            code.encode() in each or code.replace("-", "").encode() in each for code in codes for each in kept
        )

    def test_new_ones_end_the_former_ones(self, session, cast):
        with_app(session, cast.amara)
        (former, *_) = with_codes(session, cast.amara)
        (newer, *_) = with_codes(session, cast.amara)
        assert not recovery_codes.use(session, cast.amara.user.id, former, by=cast.amara.actor)
        assert recovery_codes.use(session, cast.amara.user.id, newer, by=cast.amara.actor)

    def test_letters_that_look_like_digits_may_be_typed_either_way(self):
        assert recovery_codes.hash_code("OIBA-2345-OIBA-2345") == recovery_codes.hash_code("018a 2345 018a 2345")

    def test_the_person_is_told_of_a_use(self, session, cast):
        with_app(session, cast.amara)
        (code, *_) = with_codes(session, cast.amara)
        recovery_codes.use(session, cast.amara.user.id, code, by=cast.amara.actor)
        assert jobs(session, "factors.tell_code_used") == [{"user_id": str(cast.amara.user.id)}]


def jobs(session, name):
    """The arguments of the jobs with this name that were put."""
    return session.scalars(sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = :name"), {"name": name}).all()


class TestPasskeys:
    @pytest.fixture
    def session_id(self, amara, session, cast):
        """The id of Amara's session."""
        return session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.amara.user.id))

    @pytest.mark.promise(20, "one passkey's answer sent 50 times at once is accepted once")
    def test_one_answer_at_once_from_everywhere_opens_once(self, app, session, cast, session_id, figure):
        device, person = with_passkey(session, cast.amara, session_id), cast.amara.user.id
        asked = json.loads(passkeys.ask_to_sign(session, session_id, person, SITE))
        session.commit()
        answer, by = device.sign(asked), outside(cast.amara)

        def use(own):
            challenge = passkeys.take_challenge(own, session_id)
            return passkeys.use(own, person, answer, by=by, challenge=challenge, site=SITE)

        answers = at_once(app, use)
        assert answers.count(True) == 1
        figure(f"{AT_ONCE} at once, {answers.count(True)} accepted")

    def test_a_passkey_belongs_to_one_person(self, session, cast, session_id, osei):
        device = with_passkey(session, cast.amara, session_id)
        theirs = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.osei.user.id))
        with pytest.raises(Refused, match="set up already"):
            with_passkey(session, cast.osei, theirs, device)

    def test_one_of_two_is_removed_and_the_other_still_counts(self, session, cast, session_id):
        with_passkey(session, cast.amara, session_id)
        with_passkey(session, cast.amara, session_id, name="Another")
        first = session.scalars(sa.select(Passkey).order_by(Passkey.created_at)).first()
        passkeys.remove(first, by=cast.amara.actor)
        session.commit()
        assert session.scalars(sa.select(Passkey.name)).all() == ["Another"]
        assert session.get(User, cast.amara.user.id).mfa_enabled_at


class TestChanges:
    @pytest.mark.promise(18, "setting up or removing a factor ends every other sign-in")
    @pytest.mark.parametrize("removing", [False, True])
    def test_every_other_sign_in_ends_and_the_person_is_told(self, session, cast, app, removing):
        if removing:
            with_app(session, cast.amara)
        elsewhere = Visitor(app, cast.amara)
        session.execute(sa.text("DELETE FROM procrastinate_jobs"))
        if removing:
            factors.remove_app(session.get(User, cast.amara.user.id), by=cast.amara.actor)
            session.commit()
        else:
            with_app(session, cast.amara)
        assert elsewhere.open("staff.home.index").status_code == 302
        assert jobs(session, "factors.tell") == [{"user_id": str(cast.amara.user.id)}]

    def test_everything_leaves_an_entry_and_no_entry_holds_the_secret(self, session, cast):
        phone = with_app(session, cast.amara)
        codes = with_codes(session, cast.amara)
        factors.remove_app(session.get(User, cast.amara.user.id), by=cast.amara.actor)
        session.commit()
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_type == "users")).all()
        assert {"factors.begin_app", "factors.confirm_app", "recovery_codes.write", "factors.remove_app"} <= {
            entry.action for entry in entries
        }
        told = str([(entry.changes, entry.details) for entry in entries])
        assert phone.app.secret not in told and codes[0] not in told


class TestReset:
    def test_a_reset_counts_after_a_day_and_forgets_everything(self, session, cast):
        with_app(session, cast.amara)
        with_codes(session, cast.amara)
        person, by = cast.amara.user.id, cast.ines.actor
        factors.ask_reset(session.get(User, person), by=by)
        session.commit()
        assert jobs(session, "factors.tell_reset") == [{"user_id": str(person)}]
        assert factors.asked_at_sign_in(session, person, by=by)
        session.execute(sa.update(User).values(factors_reset_at=sa.func.now()))
        session.commit()
        assert not factors.asked_at_sign_in(session, person, by=by)
        session.commit()
        session.expire_all()
        user = session.get(User, person)
        assert (user.mfa_enabled_at, user.mfa_secret_encrypted, user.factors_reset_at) == (None, None, None)
        assert not session.scalars(sa.select(RecoveryCode)).all()

    @pytest.mark.parametrize("what", ["code", "recovery"])
    def test_who_still_has_something_stops_the_reset_by_using_it(self, session, cast, what):
        phone = with_app(session, cast.amara)
        (code, *_), person = with_codes(session, cast.amara), cast.amara.user.id
        factors.ask_reset(session.get(User, person), by=cast.ines.actor)
        session.commit()
        if what == "code":
            assert factors.use_code(session, person, phone.code(), by=cast.amara.actor)
        else:
            assert recovery_codes.use(session, person, code, by=cast.amara.actor)
        session.commit()
        session.expire_all()
        assert session.get(User, person).factors_reset_at is None

    def test_nobody_resets_their_own_nor_what_is_not_there(self, session, cast):
        user = session.get(User, cast.ines.user.id)
        with pytest.raises(Refused, match="their own"):
            factors.ask_reset(user, by=cast.ines.actor)
        with pytest.raises(Refused, match="no second step"):
            factors.ask_reset(session.get(User, cast.amara.user.id), by=cast.ines.actor)
