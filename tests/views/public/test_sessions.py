"""A person sees where they are signed in, ends what is not theirs, and loses nothing typed when a sign-in ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from clinic.current import hash_token
from clinic.db import db
from clinic.models.accounts import User, UserSession, UserStatus
from clinic.models.audit import AuditEntry
from clinic.models.kept_forms import KeptForm
from clinic.models.organizations import Clinic
from tests.cast import PASSWORD
from tests.visitor import Visitor


def _row(session, visitor):
    with visitor.client.session_transaction() as cookie:
        token = cookie["token"]
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(UserSession).where(UserSession.token_hash == hash_token(token))).one()


def _rested(session, visitor, minutes):
    """As if nobody had touched the browser for so many minutes; returns when it was last used."""
    seen = datetime.now(UTC) - timedelta(minutes=minutes)
    row = _row(session, visitor)
    row.last_seen_at = seen
    session.commit()
    return seen


def test_a_person_sees_every_device_they_are_signed_in_on_and_which_one_this_is(app, amara, cast):
    Visitor(app, cast.amara)
    page = amara.open("public.sessions.index").text
    assert page.count("Sign this device out") == 1
    assert "this device" in page


def test_another_device_is_signed_out_at_once(app, amara, cast, session):
    other = Visitor(app, cast.amara)
    assert other.open("staff.day.index").status_code == 200
    assert amara.send("public.sessions.end", session_id=_row(session, other).id).status_code == 303
    assert other.open("staff.day.index").status_code == 302


def test_this_was_not_me_ends_every_other_sign_in_and_asks_for_a_new_password(app, amara, cast, session):
    thief, own_phone = Visitor(app, cast.amara), Visitor(app, cast.amara)
    answer = amara.send("public.sessions.not_me", session_id=_row(session, thief).id)
    assert answer.headers["Location"].endswith("/password")
    assert thief.open("staff.day.index").status_code == own_phone.open("staff.day.index").status_code == 302
    assert amara.open("staff.day.index").status_code == 200
    assert session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "sign_ins.disown")).one()


def test_everywhere_else_ends_at_one_press(app, amara, cast):
    others = [Visitor(app, cast.amara) for _ in range(3)]
    amara.send("public.sessions.end_others")
    assert {other.open("staff.day.index").status_code for other in others} == {302}
    assert amara.open("staff.day.index").status_code == 200


def test_nobody_ends_another_persons_sign_in_nor_their_own_one_this_way(amara, osei, session):
    for whose in (osei, amara):
        assert amara.send("public.sessions.end", session_id=_row(session, whose).id).status_code == 404
        assert amara.send("public.sessions.not_me", session_id=_row(session, whose).id).status_code == 404
    assert osei.open("staff.my_day.index").status_code == 200


@pytest.mark.promise(18, "replays of a revoked sign-in")
def test_the_cookie_of_a_sign_in_that_ended_is_worth_nothing_however_often_it_is_tried(app, cast, amara, figure):
    with amara.client.session_transaction() as cookie:
        token = cookie["token"]
    amara.send("public.accounts.sign_out")
    thief = Visitor(app, None)
    with thief.client.session_transaction() as cookie:
        cookie["token"] = token
    answers = []
    for _ in range(100):
        with thief.client.session_transaction() as cookie:
            cookie["token"] = token
        answers.append(thief.open("staff.day.index").status_code)
    assert set(answers) == {302}
    figure("100 replays, 0 let in")


def test_thirty_minutes_without_a_sign_of_life_end_it_and_a_touch_before_does_not(amara, session):
    _rested(session, amara, 29)
    assert amara.open("staff.day.index").status_code == 200
    _rested(session, amara, 31)
    assert amara.open("staff.day.index").status_code == 302


def test_a_clinic_sets_its_own_limit_of_at_most_an_hour(amara, session, cast):
    clinic = session.get(Clinic, cast.rose.id)
    for said, rest, status in ((10, 9, 200), (10, 11, 302), (600, 59, 200), (600, 61, 302)):
        clinic.settings = {"idle_minutes": said}
        session.commit()
        visitor = Visitor(amara.app, amara.person)
        _rested(session, visitor, rest)
        assert visitor.open("staff.day.index").status_code == status, (said, rest)


def test_nothing_extends_the_longest_time(amara, session):
    row = _row(session, amara)
    row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()
    assert amara.open("staff.day.index").status_code == 302


@pytest.mark.promise(19, "what a page fetches by itself")
def test_what_a_page_fetches_by_itself_neither_extends_a_sign_in_nor_skips_its_end(amara, session, figure):
    ways = [("staff.day.index", True), ("public.sessions.left", True), ("public.sessions.left", False)]
    for endpoint, says_so in ways:
        seen = _rested(session, amara, 20)
        assert amara.open(endpoint, htmx=True, live=says_so).status_code == 200
        assert _row(session, amara).last_seen_at == seen
    _rested(session, amara, 31)
    late = amara.open("staff.day.index", htmx=True, live=True)
    assert late.status_code == 401
    assert "HX-Redirect" not in late.headers, "the page stays, with what is typed on it"
    figure(f"{len(ways)} ways to fetch, 0 extended, 0 let in after the end")


def test_the_stream_of_bells_does_not_count_as_somebody_being_there(amara, session):
    seen = _rested(session, amara, 20)
    amara.open("staff.live.stream").close()
    assert _row(session, amara).last_seen_at == seen


def test_a_page_asks_how_long_is_left_and_staying_begins_anew(amara, session, cast):
    _rested(session, amara, 25)
    left = amara.open("public.sessions.left").json
    assert 240 < left["idle"] <= 300
    assert left["person"] == str(cast.amara.user.id)
    assert amara.send("public.sessions.stay").json["idle"] > 1700


def test_nobody_learns_nothing_from_asking_how_long_is_left(nobody):
    assert nobody.open("public.sessions.left").json == {"person": None}


def test_a_suspended_person_is_out_at_the_next_request(amara, session, cast):
    session.get(User, cast.amara.user.id).status = UserStatus.SUSPENDED
    session.commit()
    assert amara.open("staff.day.index").status_code == 302


def test_a_form_sent_too_late_waits_for_its_sender_and_is_sent_once_they_are_back(app, amara, cast, session):
    _rested(session, amara, 31)
    typed = {"full_name": "Grace Hopper", "phone": "+44 20 7946 0199", "idempotency_key": "x"}
    sent = amara.send("staff.patients.create", typed)
    assert "/sent-too-late" in sent.headers["Location"]
    kept = session.scalars(sa.select(KeptForm)).one()
    assert b"Hopper" not in kept.fields_encrypted

    back = Visitor(app, cast.amara)
    page = back.open("public.sessions.sent_too_late").text
    assert "Grace Hopper" in page
    assert f'action="{amara.url("staff.patients.create")}"' in page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert back.send("staff.patients.create", fields).status_code == 303


def test_with_htmx_too_the_form_is_kept_and_the_person_led_to_it(amara, session):
    _rested(session, amara, 31)
    sent = amara.send("staff.patients.create", {"full_name": "Grace Hopper"}, htmx=True)
    assert sent.status_code == 401
    assert "sent-too-late" in sent.headers["HX-Redirect"]


def test_what_was_kept_is_shown_to_nobody_else_and_can_be_thrown_away(app, amara, osei, cast, session):
    _rested(session, amara, 31)
    amara.send("staff.patients.create", {"full_name": "Grace Hopper"})
    assert osei.open("public.sessions.sent_too_late").status_code == 303
    back = Visitor(app, cast.amara)
    back.send("public.sessions.forget")
    session.rollback()
    assert not session.scalars(sa.select(KeptForm)).all()


def test_a_sign_in_that_was_ended_on_purpose_keeps_nothing(app, amara, cast, session):
    twin = Visitor(app, None)
    with amara.client.session_transaction() as cookie:
        token = cookie["token"]
    with twin.client.session_transaction() as cookie:
        cookie["token"] = token
    amara.send("public.accounts.sign_out")
    sent = twin.send("staff.patients.create", {"full_name": "Grace Hopper"})
    assert "sent-too-late" not in sent.headers["Location"]
    assert not session.scalars(sa.select(KeptForm)).all()


def test_no_more_than_five_forms_wait_for_one_person(app, cast, session):
    for number in range(7):
        visitor = Visitor(app, cast.amara)
        _rested(session, visitor, 31)
        visitor.send("staff.patients.create", {"full_name": f"Patient {number}"})
    session.rollback()
    assert len(db.session.scalars(sa.select(KeptForm)).all()) == 5


def test_a_form_that_wants_a_fresh_proof_waits_until_it_is_given(ines, session, cast):
    _row(session, ines).proved_at = datetime.now(UTC) - timedelta(minutes=11)
    session.commit()
    sent = ines.send("staff.support.create", {"reason": "They look at a lost booking"})
    assert "/prove" in sent.headers["Location"] and "sent-too-late" in sent.headers["Location"]
    ines.send("public.proving.prove", {"password": PASSWORD})
    assert "They look at a lost booking" in ines.open("public.sessions.sent_too_late").text


def test_a_search_sent_too_late_is_not_kept(amara, session):
    _rested(session, amara, 31)
    amara.send("staff.patients.find", {"q": "Grace"})
    session.rollback()
    assert not session.scalars(sa.select(KeptForm)).all()
