"""The trial's outbox: there for whoever tries the product on their own machine, and nowhere else."""

import pytest

from tests.views.public.test_passwords import ask

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


@pytest.fixture
def written(nobody, post):
    """A mail that was written in the trial."""
    ask(nobody)
    post.deliver()


def look(visitor, **environment):
    """Ask for the page as a machine by that name and address would."""
    return visitor.client.get("/outbox", environ_overrides={**LOCAL, **environment})


def test_it_shows_the_mails_with_their_links(nobody, app, written):
    page = look(nobody).text
    assert "Choose a new password" in page and "To amara@rose-street.example" in page
    assert f'<a href="{app.config["PUBLIC_URL"]}/password/reset/' in page


def test_an_empty_one_says_what_to_do(nobody, post):
    assert "No mail has been written yet." in look(nobody).text


@pytest.mark.parametrize(
    ("setting", "value"),
    [("MAIL_URL", "smtp://mail.example"), ("MAIL_FOLDER", ""), ("HTTPS", True), ("PROXIES", 1)],
)
def test_where_the_product_is_in_earnest_it_does_not_exist(nobody, app, written, monkeypatch, setting, value):
    assert look(nobody).status_code == 200
    monkeypatch.setitem(app.config, setting, value)
    answer = look(nobody)
    assert answer.status_code == 404 and "reset" not in answer.text


@pytest.mark.parametrize(
    "environment",
    [{"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "::ffff:203.0.113.9"}, {"REMOTE_ADDR": "10.0.0.1"},
     {"HTTP_HOST": "evil.example:8000"}, {"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "127.0.0.1.evil.example:8000"}],
)  # fmt: skip
def test_another_machine_or_a_page_of_the_web_that_leads_here_sees_nothing(nobody, written, environment):
    assert look(nobody, **environment).status_code == 404


def test_whoever_is_signed_in_from_elsewhere_sees_nothing_either(ines, written):
    assert look(ines, REMOTE_ADDR="203.0.113.9").status_code == 404


def test_the_page_after_asking_leads_there_in_the_trial_only(nobody, app, post, monkeypatch):
    assert 'href="/outbox"' in nobody.client.get("/password/sent", environ_overrides=LOCAL).text
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://mail.example")
    assert 'href="/outbox"' not in nobody.client.get("/password/sent", environ_overrides=LOCAL).text
