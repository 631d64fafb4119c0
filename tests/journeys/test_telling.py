"""A patient is told by mail and confirms by its link; another is not reached, so the desk calls her."""

from contextvars import Context

import pytest
import sqlalchemy as sa

from clinic.db import db
from clinic.models.organizations import Clinic
from clinic.models.people import ContactMethod
from clinic.work.handlers import run
from tests.letters import Post


@pytest.fixture
def post(app, clean, cast, session, live, superuser, tmp_path, monkeypatch):
    """The messages of the running product, and the worker that writes them; by day, whatever the hour."""
    monkeypatch.setitem(app.config, "MAIL_FOLDER", str(tmp_path / "mail"))
    monkeypatch.setitem(app.config, "PUBLIC_URL", live.url)
    quiet = {"telling": {"quiet_from": "00:00", "quiet_until": "00:00"}}
    session.execute(sa.update(Clinic).values(settings=quiet), execution_options={"all_clinics": True})
    session.commit()
    engine = sa.create_engine(superuser.url.set(database=db.engine.url.database))
    yield Post(app, engine, tmp_path / "mail")
    engine.dispose()


def test_a_booking_is_mailed_and_confirmed_by_its_link(window, cast, session, post, size):
    cast.tom.email = "tom@baker.example"
    session.commit()
    visit = cast.booked(cast.tomorrow_at(10, days=2))
    at = window(size=size).go(post.link("tom@baker.example")).check().picture(f"mailed-{size['width']}")
    at.sees("10:00")
    desk = window(cast.amara, size=size).go(f"/staff/visits/{visit.id}").check().picture(f"ledger-{size['width']}")
    desk.sees("What the patient was told")
    desk.page.get_by_text("The exact text").first.click()
    desk.sees("your visit at Rose Street Clinic is booked")
    desk.check()


def test_whom_a_message_does_not_reach_the_desk_calls(window, app, cast, session, post, size):
    cast.tom.phone, cast.tom.preferred_contact_method = "+44 7700 900123", ContactMethod.SMS
    session.commit()
    visit = cast.booked(cast.tomorrow_at(10, days=2))
    # The worker that had the message in its hands died, so nobody knows whether it went out.
    session.execute(sa.text("UPDATE notifications SET state = 'sending', channel = 'sms', sent_to = '+447700900123',"
                            " text = 'Your visit is booked.', send_at = now() - interval '5 minutes'"))  # fmt: skip
    session.commit()
    for _number, name, arguments in post.waiting():
        Context().run(run, app, name, arguments)
    desk = window(cast.amara, size=size).go("/staff/").check()
    desk.go("/staff/calls").check().picture(f"calls-{size['width']}")
    desk.sees("Tom Baker")
    desk.page.get_by_label("Note about the call to Tom Baker").fill("He knew already")
    desk.press("Reached")
    desk.sees("Nobody has to be called")
    desk.press("Undo")
    desk.sees("Taken back: the call is on the list as before.")
    desk.press("Reached")
    desk.go(f"/staff/visits/{visit.id}").check()
    desk.sees("Not known whether it arrived")


def test_an_administrator_reads_every_text_and_says_when_it_is_night(window, cast, size):
    at = window(cast.ines, size=size).go("/staff/telling").check().picture(f"telling-{size['width']}")
    at.press("Read every text", role="link")
    at.check().picture(f"texts-{size['width']}").sees("Answer YES to confirm or NO to cancel.")
    at.press("German", role="link").sees("Antworten Sie JA zum Bestätigen oder NEIN zum Absagen.")
    at.check().picture(f"texts-german-{size['width']}")
    at.go("/staff/telling").page.get_by_label("and before").fill("07:00")
    at.press("Save")
    at.sees("Saved. It counts for the next message.")
