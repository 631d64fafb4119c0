"""Setting up and removing what one signs in with besides the password."""

import json
import re

import pytest
import sqlalchemy as sa

from clinic.models.accounts import User, UserSession
from clinic.models.factors import Passkey, RecoveryCode
from clinic.views.public.passkeys import site
from tests.authenticator import Authenticator
from tests.factors import Phone, with_app, with_codes, with_passkey
from tests.views.public.signing_in import sign_in
from tests.visitor import Visitor


class TestFactors:
    def test_an_app_is_set_up_with_the_picture_or_the_text_and_a_first_code(self, amara, session, cast, app):
        amara.open("public.factors.index")
        elsewhere = Visitor(app, cast.amara)
        assert amara.send("public.factors.start_app").location == "/factors/app"
        page = amara.open("public.factors.app")
        assert 'src="data:image/svg+xml' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text).group(1).replace(" ", "")
        assert amara.send("public.factors.app", {"code": "000000"}).status_code == 409
        session.expire_all()
        assert session.get(User, cast.amara.user.id).mfa_enabled_at is None
        done = amara.send("public.factors.app", {"code": Phone(secret).code()})
        assert done.status_code == 200
        codes = re.findall(r"<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>", done.text)
        assert len(codes) == len(set(codes)) == 10
        session.rollback()
        user = session.get(User, cast.amara.user.id)
        assert user.mfa_enabled_at and secret.encode() not in user.mfa_secret_encrypted
        assert amara.open("/staff/day").status_code == 200
        assert elsewhere.open("/staff/day").status_code == 302
        assert codes[0] not in amara.open("public.factors.index").text

    @pytest.mark.parametrize("kind", ["app", "passkey"])
    def test_removing_the_last_factor_takes_the_recovery_codes_along(self, amara, session, cast, kind):
        if kind == "app":
            with_app(session, cast.amara)
        else:
            session_id = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.amara.user.id))
            with_passkey(session, cast.amara, session_id)
        with_codes(session, cast.amara)
        here = Visitor(amara.app, cast.amara)
        if kind == "app":
            assert here.send("public.factors.remove_app").location == "/factors"
        else:
            key_id = session.scalars(sa.select(Passkey.id)).one()
            assert here.send("public.passkeys.remove", passkey_id=key_id).location == "/factors"
        session.rollback()
        session.expire_all()
        assert session.get(User, cast.amara.user.id).mfa_enabled_at is None
        assert not session.scalars(sa.select(RecoveryCode)).all()
        assert sign_in(Visitor(amara.app, None)).location == "/"

    def test_a_passkey_is_added_under_a_name_and_listed(self, amara, session, whole_log):
        asked = json.loads(amara.send("public.passkeys.options").text)
        answer = amara.send("public.passkeys.add", {"name": "Desk key", "answer": Authenticator().make(asked)})
        assert "Your recovery codes" in answer.text
        assert "Desk key" in amara.open("public.factors.index").text
        assert len(whole_log("passkeys.add")) == 1

    @pytest.mark.parametrize(
        "wrong", [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"verifies": False}]
    )
    def test_a_passkey_made_wrongly_is_not_kept(self, amara, session, wrong):
        device = Authenticator()
        vars(device).update(wrong)
        asked = json.loads(amara.send("public.passkeys.options").text)
        answer = amara.send("public.passkeys.add", {"name": "Desk key", "answer": device.make(asked)})
        assert answer.status_code == 409
        session.rollback()
        assert not session.scalars(sa.select(Passkey)).all()

    def test_without_a_name_only_the_name_is_asked_for(self, amara):
        answer = amara.send("public.passkeys.add", {"name": " "})
        assert answer.status_code == 422
        assert "Give the passkey a name" in answer.text and "No passkey answered. Your" not in answer.text
        without_script = amara.send("public.passkeys.add", {"name": "Desk key"})
        assert without_script.status_code == 422 and "No passkey answered. Your" in without_script.text

    def test_somebody_elses_passkey_is_not_found(self, amara, osei, session, cast):
        session_id = session.scalar(sa.select(UserSession.id).where(UserSession.user_id == cast.osei.user.id))
        with_passkey(session, cast.osei, session_id)
        key_id = session.scalars(sa.select(Passkey.id)).one()
        assert amara.send("public.passkeys.remove", passkey_id=key_id).status_code == 404

    @pytest.mark.parametrize(
        ("method", "endpoint"),
        [("open", "public.factors.index"), ("send", "public.factors.start_app"), ("send", "public.factors.remove_app"),
         ("send", "public.recovery_codes.renew"), ("open", "public.passkeys.new"), ("send", "public.passkeys.add"),
         ("open", "public.factors.app")],
    )  # fmt: skip
    def test_who_has_not_proved_lately_who_they_are_does_so_first(self, amara, method, endpoint):
        amara.left_alone()
        assert getattr(amara, method)(endpoint).location.startswith("/prove")

    def test_recovery_codes_need_a_factor_to_stand_in_for(self, amara):
        assert amara.send("public.recovery_codes.renew").status_code == 409


class TestSite:
    def at(self, app, address):
        """Where passkeys are good for somebody who opened this address."""
        with app.test_request_context("/", base_url=address):
            return site()

    @pytest.mark.promise(28, "the origin of passkeys is the configured one, whatever host a request names")
    def test_the_configured_address_counts_and_no_host_that_a_request_names(self, app, cast, monkeypatch):
        monkeypatch.setitem(app.config, "PUBLIC_URL", "https://Clinic.example:443")
        found = self.at(app, "https://evil.example/")
        assert (found.host, found.origin) == ("clinic.example", "https://clinic.example")
        monkeypatch.setitem(app.config, "PUBLIC_URL", "https://clinic.example:8443")
        assert self.at(app, "https://evil.example/").origin == "https://clinic.example:8443"

    def test_a_trial_under_a_number_takes_the_name_it_is_opened_by(self, app, cast, amara):
        assert self.at(app, "http://localhost:8000/").origin == "http://localhost:8000"
        assert self.at(app, "http://127.0.0.1:8000/").host == "127.0.0.1"
        page = amara.open("/factors/passkeys/new").text
        assert "data-passkey" in page and "opened under a number" not in page
