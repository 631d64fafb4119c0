"""Text messages on the wire: what the service is sent, what its answers mean, and what its signature proves."""

import pytest

from clinic.integrations import sms
from tests.integrations import twilio

URL = "https://clinic.example/webhooks/twilio/status"
FIELDS = {"MessageSid": ["SM1"], "MessageStatus": ["delivered"], "To": ["+15005550006"]}
CALLBACK = "https://clinic.example/texts/x/y/status"


@pytest.fixture
def service():
    """The service, and how to reach it."""
    with twilio.exchange() as (exchange, url):
        yield exchange, sms.service_of(url, twilio.NUMBER)


def send(service, text="Rose Street: see you. ", to="+447700900123"):
    """Hand one message over."""
    return sms.send(service, to, text, CALLBACK)


def test_a_message_goes_out_as_the_service_wants_it_and_is_known_by_its_id(service):
    exchange, at = service
    taken = send(at, "Zoë, see you at 10:00 & bring nothing = easy?")
    assert (taken.id, taken.status) == ("SM" + "0" * 31 + "1", "queued")
    assert exchange.taken == [{
        "To": "+447700900123", "From": twilio.NUMBER, "Body": "Zoë, see you at 10:00 & bring nothing = easy?",
        "StatusCallback": CALLBACK,
    }]  # fmt: skip


@pytest.mark.parametrize(("mood", "code"), [("bad_number", "21211"), ("stopped", "21610")])
def test_what_the_service_refuses_is_refused_with_its_code(service, mood, code):
    exchange, at = service
    exchange.mood = mood
    with pytest.raises(sms.SmsRefused) as refused:
        send(at)
    assert refused.value.code == code and "+44" not in str(refused.value)


@pytest.mark.parametrize("mood", ["busy", "closed"])
def test_what_the_service_cannot_take_now_may_be_tried_again(service, mood):
    exchange, at = service
    exchange.mood = mood
    with pytest.raises(sms.SmsNotSent) as later:
        send(at)
    assert not isinstance(later.value, (sms.SmsRefused, sms.SmsUnclear))


@pytest.mark.parametrize("mood", ["hang_up", "stall", "nonsense", "broken"])
def test_a_message_that_was_handed_over_without_an_answer_is_unclear(service, monkeypatch, mood):
    monkeypatch.setattr(sms, "SECONDS_TO_ANSWER", 0.3)
    exchange, at = service
    exchange.mood = mood
    with pytest.raises(sms.SmsUnclear):
        send(at)


def test_a_service_that_is_not_there_has_certainly_taken_nothing(service):
    nowhere = sms.service_of("http://a:b@127.0.0.1:1", twilio.NUMBER)
    with pytest.raises(sms.SmsNotSent) as away:
        send(nowhere)
    assert not isinstance(away.value, sms.SmsUnclear)


def test_a_wrong_secret_is_refused_and_reaches_no_log(service):
    exchange, at = service
    wrong = sms.service_of(f"http://{twilio.ACCOUNT}:wrong@127.0.0.1:{at.port}", twilio.NUMBER)
    with pytest.raises(sms.SmsRefused):
        send(wrong)
    assert "wrong" not in repr(wrong) and not exchange.taken


def test_an_address_of_the_service_that_cannot_be_read_stops_the_start():
    for url in ("https://api.twilio.com", "ftp://a:b@api.twilio.com", "https://a@api.twilio.com"):
        with pytest.raises(ValueError, match="SMS_URL is"):
            sms.service_of(url, twilio.NUMBER)


class TestSignature:
    @pytest.mark.parametrize(
        ("algorithm", "known"),
        [("sha1", "d8Q5OuJsrkk9vw7B+lQFG4t0geU="), ("sha256", "/bbZf4BRtlVnsc29XXYkBa/o8vKdceWoIsM6us5nhTc=")],
    )
    def test_is_the_one_of_the_published_vector(self, algorithm, known):
        assert sms.signature(twilio.TOKEN, URL, FIELDS, algorithm) == known
        assert sms.is_signed(known, twilio.TOKEN, URL, FIELDS, algorithm)

    def test_holds_with_the_usual_port_or_without(self):
        with_port = sms.signature(twilio.TOKEN, URL.replace(".example/", ".example:443/"), FIELDS)
        assert sms.is_signed(with_port, twilio.TOKEN, URL, FIELDS)

    @pytest.mark.parametrize("change", [
        {"MessageStatus": ["failed"]}, {"Extra": [""]}, {"To": ["+15005550007"]}, {"MessageSid": ["SM1", "SM2"]},
    ])  # fmt: skip
    def test_breaks_with_any_field_changed_added_or_doubled(self, change):
        assert not sms.is_signed(sms.signature(twilio.TOKEN, URL, FIELDS), twilio.TOKEN, URL, {**FIELDS, **change})

    def test_breaks_for_another_address_secret_or_algorithm(self):
        made = sms.signature(twilio.TOKEN, URL, FIELDS)
        assert not sms.is_signed(made, twilio.TOKEN, URL + "?x=1", FIELDS)
        assert not sms.is_signed(made, "other", URL, FIELDS)
        assert not sms.is_signed(made, twilio.TOKEN, URL, FIELDS, "sha256")
        assert not sms.is_signed("", twilio.TOKEN, URL, FIELDS) and not sms.is_signed("é", twilio.TOKEN, URL, FIELDS)


def test_the_trial_keeps_a_message_once_however_often_it_comes(tmp_path):
    sms.keep(tmp_path, "+447700900123", "See you.", "one")
    sms.keep(tmp_path, "+447700900123", "See you.", "one")
    (kept,) = sms.kept(tmp_path, 10)
    assert (kept.to, kept.text) == ("+447700900123", "See you.")
    assert (tmp_path / "one.sms").stat().st_mode & 0o077 == 0
