"""Open times for a request: those with the doctor and on the days wished for, and others where they are chosen."""

import re

import pytest

from clinic.actions import requests
from clinic.actions.requests import Asking

SELECTED = re.compile(r'<option value="([^"]*)" selected>')
OTHER_DAY = "not one of the days asked for"


@pytest.fixture
def wished(session, cast):
    """Tom wants Dr Osei, tomorrow and on no other day."""
    return ask(session, cast, provider_id=cast.dr_osei.id, visit_type_id=cast.consultation.id)


def ask(session, cast, **facts):
    day = cast.tomorrow_at(10).date()
    asking = Asking(**{"reason": "Back pain", "requested_on": day, "until_on": day, **facts})
    made = requests.ask(session, cast.tom, asking, severity="green", by=cast.amara.actor)
    session.commit()
    return made


def offered(page):
    """The doctors whose times can be chosen on the page, by id."""
    return set(re.findall(r'name="chosen" id="[^"]+" value="(\S+) ', page))


class TestDoctor:
    def test_whom_they_want_is_named_and_chosen_to_begin_with(self, cast, amara, wished):
        page = amara.open("staff.request_times.index", request_id=wished.id).text
        assert "Wants Dr Kwame Osei" in page and str(cast.dr_osei.id) in SELECTED.findall(page)
        assert offered(page) == {str(cast.dr_osei.id)}

    def test_another_is_shown_where_the_desk_chooses_one(self, cast, amara, wished):
        page = amara.open("staff.request_times.index", request_id=wished.id, provider_id=cast.dr_lind.id).text
        assert offered(page) == {str(cast.dr_lind.id)} and "Wants Dr Kwame Osei" in page

    def test_an_empty_choice_is_whoever_is_first_and_stays_so_later_on(self, cast, amara, wished):
        page = amara.open("staff.request_times.index", request_id=wished.id, provider_id="").text
        assert str(cast.dr_lind.id) in offered(page)
        later = re.search(r'href="([^"]+)">Later<', page)[1].replace("&amp;", "&")
        assert str(cast.dr_lind.id) in offered(amara.open(later).text)

    def test_who_does_not_offer_the_type_is_said_to(self, session, cast, amara):
        made = ask(session, cast, provider_id=cast.dr_lind.id, visit_type_id=cast.follow_up.id)
        page = amara.open("staff.request_times.index", request_id=made.id).text
        assert "Dr Astrid Lind cannot be booked for this type of visit." in page
        assert offered(page) == {str(cast.dr_osei.id)}

    def test_a_refused_time_leaves_the_choice_as_it_was(self, cast, amara, wished):
        page = amara.open("staff.request_times.index", request_id=wished.id, provider_id="").text
        address = re.search(r'method="post" action="([^"]+/propose[^"]*)"', page)[1].replace("&amp;", "&")
        taken = cast.tomorrow_at(15)
        for patient, doctor in ((cast.maya_patient, cast.dr_lind), (cast.maya_patient, cast.dr_osei)):
            cast.booked(taken, patient=patient, provider=doctor)
        form = {"visit_type_id": cast.consultation.id, "chosen": f"{cast.dr_lind.id} {taken.isoformat()}"}
        answer = amara.send(address, form)
        assert answer.status_code == 409 and str(cast.dr_lind.id) in offered(answer.text)


class TestDays:
    def test_other_days_than_those_asked_for_say_so(self, cast, amara, wished):
        page = amara.open("staff.request_times.index", request_id=wished.id).text
        first, *others = re.findall(r'<h2 class="times-part">(.*?)</h2>', page)
        assert OTHER_DAY not in first and others and all(OTHER_DAY in each for each in others)

    def test_so_do_earlier_ones(self, session, cast, amara):
        made = ask(session, cast, requested_on=cast.tomorrow_at(10, days=3).date(), until_on=None)
        page = amara.open("staff.request_times.index", request_id=made.id, date=cast.tomorrow_at(10).date()).text
        first, *_others, last = re.findall(r'<h2 class="times-part">(.*?)</h2>', page)
        assert OTHER_DAY in first and OTHER_DAY not in last

    def test_where_any_day_will_do_none_does(self, session, cast, amara):
        made = ask(session, cast, requested_on=None, until_on=None)
        assert OTHER_DAY not in amara.open("staff.request_times.index", request_id=made.id).text
