"""The trial's mails: written by the worker, shown on this machine, with links that lead back; never in earnest."""

import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.server.checkout import checkout_named

pytestmark = pytest.mark.machine
HIDDEN = re.compile(r'name="(csrf_token|idempotency_key)" value="([^"]*)"')


def forget(checkout, email):
    """Say, as a person in a browser does, that the password is forgotten."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = browser.open(f"{checkout.address}/password/forgotten", timeout=20).read().decode()
    form = {**dict(HIDDEN.findall(page)), "email": email}
    browser.open(f"{checkout.address}/password/forgotten", urllib.parse.urlencode(form).encode(), timeout=20)


def outbox(checkout):
    """The page's text, or the code where there is none."""
    try:
        with urllib.request.urlopen(f"{checkout.address}/outbox", timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code


def test_what_would_be_mailed_is_kept_and_its_link_leads_back_to_the_trial(started_before):
    with checkout_named("mail") as checkout:
        checkout.begin_with(started_before)
        assert "/outbox" in checkout.run()
        assert "/password/reset/" not in outbox(checkout)
        forget(checkout, "amara@rose-street.example")
        deadline = time.monotonic() + 30
        while not (links := re.findall(r'<a href="([^"]+/password/reset/[^"]+)"', outbox(checkout))):
            assert time.monotonic() < deadline, "no mail came"
            time.sleep(0.2)
        assert links[0].startswith(f"{checkout.address}/password/reset/")
        with urllib.request.urlopen(links[0], timeout=20) as answer:
            assert "Choose a new password" in answer.read().decode()
        # The demo's patients are reminded meanwhile.
        kept = list((checkout.home / "mail").glob("*.eml"))
        assert kept and {each.stat().st_mode & 0o777 for each in kept} == {0o600}
        checkout.send(signal.SIGTERM)

        in_earnest = {"MAIL_URL": "smtp://127.0.0.1:1?starttls=no", "MAIL_FROM": "clinic@clinic.example"}
        assert "/outbox" not in checkout.run(**in_earnest)
        assert outbox(checkout) == 404
        checkout.send(signal.SIGTERM)
