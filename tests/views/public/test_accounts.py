"""Signing in, choosing a clinic, signing out, joining: who gets in, and that nobody else does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.actions.tokens import hash_token
from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.audit import Decision
from clinic.models.organizations import Clinic
from tests.cast import PASSWORD
from tests.views.public.signing_in import belongs_also, change, sign_in, token_of, with_token
from tests.visitor import Visitor

VARYING = re.compile(r'name="(csrf_token|idempotency_key)" value="[^"]*"')


class TestSignIn:
    def test_a_receptionist_lands_on_the_staff_pages_of_her_only_clinic(self, nobody, cast, session):
        answer = sign_in(nobody, "Amara@Rose-Street.example ")
        assert (answer.status_code, answer.location) == (303, "/")
        assert nobody.open("/").location == "/staff/"
        row = session.scalars(sa.select(UserSession).where(UserSession.user_id == cast.amara.user.id)).one()
        assert row.clinic_id == cast.rose.id
        assert row.token_hash == hash_token(token_of(nobody))

    def test_a_patient_lands_in_the_portal(self, nobody):
        sign_in(nobody, "maya@rose-street.example")
        assert nobody.open("/").location == "/portal/"

    @pytest.mark.parametrize("cause", ["unknown", "wrong", "suspended", "inactive", "deleted", "long", "no password"])
    def test_every_wrong_answer_is_the_same_answer(self, nobody, cast, session, cause):
        wrong = {"unknown": ("who@nowhere.example", PASSWORD), "wrong": ("amara@rose-street.example", "not this one"),
                 "long": ("amara@rose-street.example", "x" * 5000)}  # fmt: skip
        states = {"suspended": {"status": UserStatus.SUSPENDED}, "inactive": {"status": UserStatus.INACTIVE},
                  "deleted": {"deleted_at": datetime.now(UTC)}, "no password": {"password_hash": None}}  # fmt: skip
        if cause in states:
            change(session, cast.amara, **states[cause])
        email, password = wrong.get(cause, ("amara@rose-street.example", PASSWORD))
        expected = sign_in(nobody, "nobody@rose-street.example", "something else entirely")
        answer = sign_in(nobody, email, password)
        assert (answer.status_code, expected.status_code) == (422, 422)
        assert token_of(nobody) is None
        same = expected.text.replace("nobody@rose-street.example", email)
        assert VARYING.sub("", answer.text) == VARYING.sub("", same)

    def test_every_attempt_leaves_an_entry_the_failed_ones_too(self, nobody, cast, session, whole_log):
        sign_in(nobody, password="not this one")
        sign_in(nobody, "who@nowhere.example")
        sign_in(nobody)
        refused = whole_log("sign_ins.prove")
        assert [entry.metadata["cause"] for entry in refused] == ["wrong_password", "unknown"]
        assert {entry.decision for entry in refused} == {Decision.REFUSED}
        assert refused[0].resource_id == cast.amara.user.id
        (opened,) = whole_log("sign_ins.open_session")
        assert (opened.actor_id, opened.clinic_id) == (cast.amara.user.id, cast.rose.id)
        assert "who@nowhere" not in str(refused)

    def test_an_outdated_hash_is_made_again_at_todays_cost(self, nobody, cast, session):
        sign_in(nobody)
        session.expire_all()
        assert "m=47104,t=1,p=1" in session.get(User, cast.amara.user.id).password_hash
        assert sign_in(nobody).status_code == 303

    def test_an_unknown_user_costs_as_much_work_as_a_known_one(self, nobody, monkeypatch):
        from clinic.actions import passwords

        asked = []
        matches = passwords.matches
        monkeypatch.setattr(passwords, "matches", lambda kept, typed: asked.append(kept) or matches(kept, typed))
        sign_in(nobody, "who@nowhere.example")
        assert asked == [None]
        assert passwords.HASHER.check_needs_rehash(passwords.NOBODYS) is False

    def test_the_cookie_is_a_new_one_and_the_old_session_has_ended(self, amara, app):
        before = token_of(amara)
        with amara.client.session_transaction() as cookie:
            cookie["planted"] = "by somebody else"
        assert sign_in(amara).status_code == 303
        with amara.client.session_transaction() as cookie:
            assert set(cookie) == {"token"}
        assert token_of(amara) != before
        assert with_token(app, before).open("staff.home.index").status_code == 302

    def test_without_the_forgery_token_nothing_happens(self, nobody):
        answer = nobody.send("public.accounts.sign_in", {"email": "a@b.c", "password": PASSWORD}, csrf=False)
        assert answer.status_code == 400
        assert "open too long" in answer.text

    def test_an_empty_form_says_what_is_missing(self, nobody):
        answer = nobody.send("public.accounts.sign_in", {})
        assert answer.status_code == 422
        assert "Write your email address." in answer.text


class TestNext:
    def test_one_comes_back_to_the_page_one_wanted(self, nobody, cast):
        wanted = nobody.open("/staff/patients?q=tom")
        assert wanted.status_code == 302
        assert wanted.location == "/sign-in?next=/staff/patients?q%3Dtom"
        assert 'value="/staff/patients?q=tom"' in nobody.open(wanted.location).text
        assert sign_in(nobody, next="/staff/patients?q=tom").location == "/staff/patients?q=tom"

    @pytest.mark.parametrize(
        "address",
        ["https://evil.example/", "//evil.example/", "////evil.example", "/\\evil.example", "\\\\evil.example", "//",
         "/\t/evil.example", "javascript:alert(1)", "/staff/../../evil", "/no/such/page", "http:/staff/", "staff/",
         "/staff//evil.example", " /staff/", "/sign-out", "/%2f%2fevil.example", "/%5cevil.example", "/" + "a" * 5000,
         "https:evil.example", "/\r\nSet-Cookie: a=b", "///staff/", "//staff/", "/static/../staff/", "@evil.example",
         "/static/clinic.css"],
    )  # fmt: skip
    def test_no_address_leads_outside(self, nobody, address):
        assert sign_in(nobody, next=address).location == "/"
        assert sign_in(nobody).location == "/"
        assert (
            'name="next" type="hidden" value=""'
            in Visitor(nobody.app, None).open("public.accounts.sign_in", next=address).text
        )

    def test_a_post_is_not_come_back_to(self, nobody):
        answer = nobody.send("public.accounts.password", {})
        assert (answer.status_code, answer.location) == (303, "/sign-in")

    def test_htmx_takes_the_whole_page_to_the_sign_in(self, nobody):
        headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/staff/patients?q=a"}
        answer = nobody.client.get("/staff/patients", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == "/sign-in?next=/staff/patients?q%3Da"

    def test_a_stream_of_events_hears_401(self, nobody):
        assert nobody.client.get("/staff/live", headers={"Accept": "text/event-stream"}).status_code == 401


class TestSession:
    @pytest.mark.parametrize("what", ["revoked_at", "expires_at", "last_seen_at"])
    def test_a_revoked_expired_or_idle_session_is_dead_at_once(self, amara, cast, session, what):
        assert amara.open("/").location == "/staff/"
        ago = datetime.now(UTC) - (timedelta(hours=2) if what == "last_seen_at" else timedelta(seconds=1))
        session.execute(sa.update(UserSession).values({what: ago}))
        session.commit()
        assert amara.open("staff.home.index").status_code == 302
        assert "Sign in" in amara.open("/").text

    def test_a_suspended_persons_next_request_is_refused(self, amara, cast, session):
        change(session, cast.amara, status=UserStatus.SUSPENDED)
        assert amara.open("staff.home.index").status_code == 302

    def test_whose_role_ended_can_do_nothing_more(self, amara, cast, session):
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        assert amara.open("staff.home.index").status_code == 403
        assert amara.open("/").location == "/choose-clinic"
        assert "You belong to no clinic" in amara.open("/choose-clinic").text


class TestSignOut:
    def test_it_is_over_for_good(self, amara, app, session):
        token = token_of(amara)
        answer = amara.send("public.accounts.sign_out")
        assert (answer.status_code, answer.location) == (303, "/signed-out")
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert token_of(amara) is None
        assert "You are signed out" in amara.open("/signed-out").text
        assert with_token(app, token).open("staff.home.index").status_code == 302
        assert session.scalars(sa.select(UserSession)).one().revoked_at

    def test_pages_behind_the_sign_in_are_never_kept(self, amara):
        assert amara.open("public.accounts.choose").headers["Cache-Control"] == "no-store"

    def test_a_session_that_has_run_out_signs_out_as_quietly(self, nobody):
        assert nobody.send("public.accounts.sign_out").location == "/signed-out"

    def test_a_link_cannot_sign_anybody_out(self, amara):
        assert amara.open("/sign-out").status_code == 405
        assert amara.send("public.accounts.sign_out", csrf=False).status_code == 400


class TestChoose:
    def test_whoever_belongs_to_several_chooses_and_goes_on_with_a_new_token(self, nobody, app, cast, session):
        belongs_also(session, cast.lind, cast.harbour, Role.DOCTOR)
        assert sign_in(nobody, "astrid@rose-street.example", next="/staff/patients").location == (
            "/choose-clinic?next=/staff/patients"
        )
        page = nobody.open("/choose-clinic?next=/staff/patients").text
        assert "Harbour Health" in page
        assert "Rose Street Clinic" in page
        assert nobody.open("/").location == "/choose-clinic"
        before = token_of(nobody)
        answer = nobody.send("public.accounts.enter", {"next": "/staff/patients"}, clinic_id=cast.harbour.id)
        assert answer.location == "/staff/patients"
        assert nobody.open("/").location == "/staff/"
        assert with_token(app, before).open("staff.home.index").status_code == 302
        session.rollback()
        assert session.scalars(sa.select(UserSession)).one().clinic_id == cast.harbour.id

    def test_a_clinic_one_does_not_belong_to_is_not_found(self, amara, cast):
        assert amara.send("public.accounts.enter", clinic_id=cast.harbour.id).status_code == 404
        assert amara.open("/").location == "/staff/"

    def test_a_closed_clinic_is_no_choice(self, amara, cast, session):
        session.execute(sa.update(Clinic).where(Clinic.id == cast.rose.id).values(closed_at=sa.func.now()))
        session.commit()
        assert amara.open("/").location == "/choose-clinic"
        assert amara.send("public.accounts.enter", clinic_id=cast.rose.id).status_code == 404
        assert amara.send("public.accounts.sign_out").location == "/signed-out"
        session.rollback()
        assert session.scalars(sa.select(UserSession)).one().revoked_at


class TestLookingOnly:
    def test_a_head_request_signs_nobody_in(self, nobody):
        assert nobody.client.head("/sign-in").status_code == 200
        assert token_of(nobody) is None
