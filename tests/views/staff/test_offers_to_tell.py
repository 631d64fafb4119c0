"""Whoever has a patient on the line by chance reads on their page which offer waits to be told by phone."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.queries.calls import ON_A_PAGE
from tests.calling import line_of, proposed, to_call

WAITS = "An offer waits to be told by phone"


@pytest.fixture
def call(session, cast):
    """A time is offered to Maya, whom the desk has to call."""
    return to_call(session, line_of(session, proposed(session, cast)))


def test_the_time_and_until_when_it_is_kept_with_the_way_to_its_card(amara, cast, call):
    page = amara.open("staff.patients.show", patient_id=cast.maya_patient.id).text
    assert WAITS in page and f'href="/staff/calls#call-{call.id}"' in page
    assert f'id="call-{call.id}"' in amara.open("staff.calls.index").text


def test_nothing_where_nothing_is_offered_or_it_is_answered(amara, cast, call):
    assert WAITS not in amara.open("staff.patients.show", patient_id=cast.tom.id).text
    assert amara.send("staff.calls.decline", {"note": ""}, notification_id=call.id).status_code == 303
    assert WAITS not in amara.open("staff.patients.show", patient_id=cast.maya_patient.id).text


def test_the_page_of_the_list_that_its_card_is_on(session, amara, cast, call):
    soon = now() + timedelta(minutes=30)
    for _ in range(ON_A_PAGE):
        session.add(Notification(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.tom.id, kind=NotificationKind.BOOKED, text="Booked.",
            channel=Channel.PHONE, state=NotificationState.CALL, desk_since=now(), visit_starts_at=soon,
        ))  # fmt: skip
    session.commit()
    page = amara.open("staff.patients.show", patient_id=cast.maya_patient.id).text
    assert f'href="/staff/calls?page=2#call-{call.id}"' in page
    assert f'id="call-{call.id}"' in amara.open("staff.calls.index", page=2).text


def test_only_whoever_makes_the_calls_reads_it(session, osei, cast, call):
    cast.booked(patient=cast.maya_patient)
    page = osei.open("staff.patients.show", patient_id=cast.maya_patient.id)
    assert page.status_code == 200 and WAITS not in page.text
