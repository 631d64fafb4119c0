"""What the service for text messages calls: believed with its signature only, once, and in any order."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from itertools import permutations
from threading import Barrier
from uuid import uuid4

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import texts
from clinic.integrations import sms
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.texts import ReplyMeaning, TextNumber, TextReply
from tests.integrations import twilio

HOST, SID, NUMBER = "https://clinic.example", "SM" + "0" * 31 + "1", "+447700900123"


@pytest.fixture(autouse=True)
def service(app, monkeypatch):
    """A service for text messages is configured, and people know us by another address than the test's."""
    monkeypatch.setitem(app.config, "SMS_URL", f"https://{twilio.ACCOUNT}:{twilio.TOKEN}@api.twilio.com")
    monkeypatch.setitem(app.config, "SMS_FROM", twilio.NUMBER)
    monkeypatch.setitem(app.config, "PUBLIC_URL", HOST)


@pytest.fixture
def line(session, cast):
    """A text message to Tom that the service has taken."""
    made = Notification(
        clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.tom.id, kind=NotificationKind.REQUEST_RECEIVED,
        channel=Channel.SMS, state=NotificationState.SENT, sent_to=NUMBER, text="Hello", service_id=SID,
        service_status="queued",
    )  # fmt: skip
    session.add(made)
    session.flush()
    texts.written_to(session, made)
    session.commit()
    return made


@pytest.fixture
def call(app, cast, nobody):
    """Call an address as the service does, signed unless a test spoils it."""

    def called(path, fields, *, token=twilio.TOKEN, signed=None, algorithm="sha1", **headers):
        listed = {name: [value] for name, value in fields.items()}
        made = sms.signature(token, HOST + path, listed, algorithm) if signed is None else signed
        headers = {"X-Twilio-Signature": made, **headers} if made else headers
        return Context().run(nobody.client.post, path, data=fields, headers=headers)

    return called


def status_path(line):
    """Where the service says what became of a message."""
    return f"/texts/{line.clinic_id}/{line.id}/status"


def became(status, sid=SID, **more):
    """The fields of a status, with one that nobody here knows and an empty one."""
    return {
        "MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status, "To": NUMBER,
        "From": twilio.NUMBER, "AccountSid": twilio.ACCOUNT, "ApiVersion": "2010-04-01", "NewField": "", **more,
    }  # fmt: skip


def reply(body, sid="SM9", **more):
    """The fields of an answer."""
    return {"MessageSid": sid, "From": NUMBER, "To": twilio.NUMBER, "Body": body, "NumMedia": "0", **more}


class TestStatus:
    def test_a_signed_one_is_believed(self, call, line, session):
        assert call(status_path(line), became("delivered")).status_code == 204
        session.refresh(line)
        assert line.state == NotificationState.DELIVERED

    @pytest.mark.promise(36, "what became of a message, told twice and in any order, ends the same")
    def test_in_any_order_and_twice_it_ends_the_same(self, call, line, session, figure):
        orders = list(permutations(("sending", "sent", "delivered", "queued")))
        for order in orders:
            for status in (*order, *order):
                assert call(status_path(line), became(status)).status_code == 204
            session.refresh(line)
            assert (line.state, line.service_status) == (NotificationState.DELIVERED, "delivered"), order
            line.state, line.service_status, line.delivered_at = NotificationState.SENT, "accepted", None
            session.commit()
        figure(f"{len(orders)} orders, each told twice: 1 end")

    def test_one_about_a_message_that_is_gone_is_taken_and_forgotten(self, call, cast):
        assert call(f"/texts/{cast.rose.id}/{uuid4()}/status", became("sent")).status_code == 204

    def test_of_another_clinics_message_nothing_is_found_under_this_clinics_name(self, call, line, cast, session):
        assert call(f"/texts/{cast.harbour.id}/{line.id}/status", became("failed")).status_code == 204
        session.refresh(line)
        assert line.state == NotificationState.SENT

    def test_the_algorithm_is_the_one_of_our_settings(self, app, call, line, monkeypatch):
        told = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
        assert call(status_path(line), became("sent"), algorithm="sha256", **told).status_code == 401
        monkeypatch.setitem(app.config, "SMS_SIGNED", "sha256")
        assert call(status_path(line), became("sent"), algorithm="sha256").status_code == 204
        assert call(status_path(line), became("sent")).status_code == 401


FORGERIES = {
    "none": {"signed": ""},
    "empty": {"signed": " "},
    "of nothing": {"signed": "d8Q5OuJsrkk9vw7B+lQFG4t0geU="},
    "another secret": {"token": "tw_token_tesx"},
    "no secret": {"token": ""},
    "other letters": {"signed": "ÄÖ"},
    "much too long": {"signed": "A" * 5000},
    "another algorithm": {"algorithm": "sha256"},
    "another address": {"signed": sms.signature(twilio.TOKEN, HOST + "/texts/elsewhere", {})},
}


class TestForgeries:
    @pytest.mark.promise(36, "a call with a forged signature changes nothing")
    @pytest.mark.parametrize("path", ["status", "reply"])
    @pytest.mark.parametrize("how", FORGERIES)
    def test_change_nothing(self, call, line, session, how, path):
        address, fields = (status_path(line), became("failed")) if path == "status" else ("/texts/reply", reply("STOP"))
        assert call(address, fields, **FORGERIES[how]).status_code == 401
        session.refresh(line)
        assert line.state == NotificationState.SENT
        assert session.scalars(sa.select(TextNumber.stopped_at)).all() == [None]

    def test_with_the_signature_of_another_call_change_nothing(self, call, line, session):
        fields = became("delivered")
        made = sms.signature(twilio.TOKEN, HOST + status_path(line), {name: [value] for name, value in fields.items()})
        assert call(status_path(line), {**fields, "MessageStatus": "failed"}, signed=made).status_code == 401
        assert call(status_path(line) + "?x=1", fields, signed=made).status_code == 401
        assert call(f"/texts/{line.clinic_id}/{uuid4()}/status", fields, signed=made).status_code == 401

    def test_nothing_is_signed_where_no_service_is_configured(self, app, call, line, monkeypatch):
        monkeypatch.setitem(app.config, "SMS_URL", "")
        assert call(status_path(line), became("failed"), token="").status_code == 401

    def test_who_is_signed_in_needs_the_signature_too(self, amara, line):
        assert amara.send(status_path(line), became("failed")).status_code == 401

    def test_a_very_large_one_is_not_read(self, call, line):
        assert call("/texts/reply", reply("x" * 200_000)).status_code in (401, 413)


class TestReplies:
    @pytest.mark.promise(36, "an answer that is brought again is there once")
    def test_one_is_kept_for_the_clinic_that_wrote_and_brought_again_it_is_there_once(self, call, line, session):
        for _ in range(100):
            answer = call("/texts/reply", reply("See you then"))
            assert (answer.status_code, answer.text, answer.mimetype) == (200, "<Response/>", "text/xml")
        (kept,) = session.scalars(sa.select(TextReply)).all()
        assert (kept.sender, kept.text, kept.meaning) == (NUMBER, "See you then", ReplyMeaning.OTHER)

    def test_brought_eight_times_at_once_it_is_there_once(self, app, call, line, session):
        barrier = Barrier(8)

        def bring(_number):
            with app.app_context():
                fields = reply("See you then")
                made = sms.signature(twilio.TOKEN, HOST + "/texts/reply", {name: [fields[name]] for name in fields})
                barrier.wait()
                return app.test_client().post("/texts/reply", data=fields, headers={"X-Twilio-Signature": made})

        with ThreadPoolExecutor(8) as pool:
            assert {answer.status_code for answer in pool.map(bring, range(8))} == {200}
        assert len(session.scalars(sa.select(TextReply)).all()) == 1
        jobs = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'texts.understand'")
        assert session.scalar(jobs) == 1

    def test_of_a_number_nobody_wrote_to_nothing_is_kept(self, call, cast, session):
        assert call("/texts/reply", reply("Yes", From="+447700900999")).status_code == 200
        assert not session.scalars(sa.select(TextReply)).all()

    def test_stop_is_remembered_at_once_and_start_takes_it_back(self, call, line, session):
        stopped = sa.select(TextNumber.stopped_at)
        call("/texts/reply", reply("Stop"))
        assert session.scalar(stopped)
        call("/texts/reply", reply("START", sid="SM10"))
        session.expire_all()
        assert session.scalar(stopped) is None

    def test_a_german_word_does_what_the_english_one_does(self, call, line, session):
        words = {
            "Ja": "confirm", "BESTÄTIGEN": "confirm", "bestaetigen": "confirm", "Nein!": "cancel", "Absagen.": "cancel",
            "STOPP": "stop", "Yes": "confirm", "no": "cancel", "Stop": "stop", "Jawohl, aber später": "other",
        }  # fmt: skip
        for number, said in enumerate(words):
            call("/texts/reply", reply(said, sid=f"SM{number}"))
        kept = session.execute(sa.select(TextReply.text, TextReply.meaning)).all()
        assert {row.text: row.meaning.value for row in kept} == words

    def test_a_stop_that_the_service_read_itself_counts_whatever_the_word(self, call, line, session):
        call("/texts/reply", reply("CANCEL", OptOutType="STOP"))
        assert session.scalar(sa.select(TextNumber.stopped_at))

    @pytest.mark.parametrize("spoilt", [{"From": "'; --"}, {"MessageSid": ""}, {"From": ""}])
    def test_what_is_no_number_and_no_message_is_taken_and_forgotten(self, call, line, session, spoilt):
        assert call("/texts/reply", reply("Yes", **spoilt)).status_code == 200
        assert not session.scalars(sa.select(TextReply)).all()
