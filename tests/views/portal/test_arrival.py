"""What patients read of their arrival, in the portal and by link: the code before; number, wait and call after."""

from urllib.parse import urlsplit

import pytest

from clinic.actions import queue, visit_links, visits
from clinic.db import now
from clinic.models.patients import Patient
from clinic.models.people import VisitMode
from tests.visit_links import asks_by_itself
from tests.waiting import were_seen


@pytest.fixture
def hers(session, cast):
    """Maya's visit of right now."""
    visit = cast.booked(now(), overbook="Whatever the hour of the test", patient=cast.maya_patient)
    session.refresh(visit)
    return visit


@pytest.fixture
def link(app, session, cast, hers):
    """The path of her link."""
    path = urlsplit(visit_links.address(session, hers, by=cast.amara.actor)).path
    session.commit()
    return path


def test_before_they_come_the_code_for_the_screen_stands_there(maya, nobody, hers, link):
    code = f"{hers.check_in_code[:3]} {hers.check_in_code[3:]}"
    assert code in maya.open("portal.visits.show", visit_id=hers.id).text
    assert code in nobody.open(link).text


def test_when_they_are_here_the_number_and_that_we_cannot_say_yet(session, cast, maya, hers, nobody, link):
    visits.check_in(hers, by=cast.amara.actor)
    session.commit()
    for page in (maya.open("portal.visits.show", visit_id=hers.id).text, nobody.open(link).text):
        assert "Your number is 1." in page and "can’t say yet" in page and hers.check_in_code[:3] + " " not in page


def test_out_of_enough_visits_a_range_and_whom_to_ask_after_it(session, cast, maya, hers, nobody, link):
    were_seen(session, cast, 10)
    visits.check_in(hers, by=cast.amara.actor)
    session.commit()
    for page in (maya.open("portal.visits.show", visit_id=hers.id).text, nobody.open(link).text):
        assert "You will probably be called between" in page and "please ask at the desk" in page


def test_by_video_nobody_is_called_but_the_call_begins(session, cast, maya, hers):
    were_seen(session, cast, 10)
    hers.visit_mode = VisitMode.VIRTUAL
    session.flush()
    visits.check_in(hers, by=cast.amara.actor)
    session.commit()
    page = maya.open("portal.visits.show", visit_id=hers.id).text
    assert "The call will probably begin between" in page and "until Dr Kwame Osei begins the video call" in page
    assert "be called" not in page and "ask at the desk" not in page


def test_called_they_read_where_to_go_and_the_page_notices_by_itself(session, cast, maya, hers):
    visits.check_in(hers, by=cast.amara.actor)
    session.commit()
    asks = asks_by_itself(maya.open("portal.visits.show", visit_id=hers.id))
    assert maya.open(asks, htmx=True).status_code == 204
    queue.call(hers, by=cast.osei.actor, place="Room 2")
    session.commit()
    assert "please go to Room 2" in maya.open(asks, htmx=True).text


@pytest.mark.parametrize(
    ("language", "call", "wait"),
    [
        ("en", "You are being called: please go to Room 2.", "take a seat"),
        ("de", "Sie werden aufgerufen. Bitte gehen Sie hierhin: Room 2.", "nehmen Sie Platz"),
    ],
)
def test_called_they_read_the_call_alone_and_nothing_of_a_seat(
    session, cast, maya, hers, nobody, link, language, call, wait
):
    session.get(Patient, (cast.rose.id, cast.maya_patient.id)).language = language
    visits.check_in(hers, by=cast.amara.actor)
    session.commit()
    assert wait in nobody.open(link).text
    queue.call(hers, by=cast.osei.actor, place="Room 2")
    session.commit()
    pages = [nobody.open(link).text]
    if language == "en":
        pages += [maya.open("portal.home.index").text, maya.open("portal.visits.show", visit_id=hers.id).text]
    for page in pages:
        assert page.count(call) == 1 and wait not in page
    assert f'callout-title">{call}<' in pages[0]


def test_by_their_own_link_they_draw_the_same_numbers_and_hear_the_same(session, cast, nobody, hers, link):
    were_seen(session, cast, 10)
    assert nobody.send(f"{link}/check-in", {}).status_code == 303
    page = nobody.open(link).text
    # Those ten have drawn a number too.
    assert "Your number is 11." in page and "You will probably be called between" in page
