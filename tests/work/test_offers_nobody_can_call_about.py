"""What becomes free while nobody is at the desk: who likes calls is written to, or keeps their turn for the morning."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import groups
from clinic.actions.groups import Group
from clinic.db import now
from clinic.models.notifications import Channel, NotificationKind, NotificationState
from clinic.models.offers import SlotOffer
from clinic.models.people import ContactMethod
from clinic.models.waitlist import WaitStatus
from clinic.queries.desk import is_there, there_from
from tests.actions.lining_up import ada_byron, do_jobs, freed, refill, wait  # noqa: F401 (fixture)
from tests.desk import attended, left

W = WaitStatus
WHEN = sa.text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'waitlist.offer' AND status = 'todo'")


@pytest.fixture
def tom_by_phone(session, tom):
    """Tom likes to be called."""
    tom.preferred_contact_method = ContactMethod.PHONE
    session.commit()
    return tom


@pytest.fixture
def only_called(session, tom_by_phone):
    """He has no email address, and a number that takes no text messages."""
    tom_by_phone.email, tom_by_phone.phone = None, "+44 20 7946 0101"
    session.commit()
    return tom_by_phone


def sent(telling):
    """The way in which the offer to Tom went."""
    telling.work()
    return telling.line(kind=NotificationKind.OFFER)


class TestWhoLikesCalls:
    def test_is_called_while_somebody_is_there(self, telling, session, cast, tom_by_phone):
        wait(session, cast, tom_by_phone)
        refill(session, cast)
        assert sent(telling).channel == Channel.PHONE

    def test_is_written_to_while_nobody_is(self, telling, session, cast, tom_by_phone):
        wait(session, cast, tom_by_phone)
        left(session, cast)
        refill(session, cast)
        line = sent(telling)
        assert (line.channel, line.state) == (Channel.EMAIL, NotificationState.SENT) and line.desk_since is None

    def test_and_can_only_be_called_keeps_their_turn_and_the_next_in_line_has_the_time(
        self, telling, session, cast, only_called
    ):
        first, second = wait(session, cast, only_called), wait(session, cast)
        cast.maya_patient.email = "maya@example.org"
        session.commit()
        left(session, cast)
        (offer,) = refill(session, cast)
        assert (first.status, offer.patient_id, second.status) == (W.WAITING, cast.maya_patient.id, W.OFFERED)

    def test_has_the_time_when_the_desk_opens_if_it_is_free_still(self, telling, app, session, cast, only_called):
        entry = wait(session, cast, only_called)
        ends = left(session, cast)
        assert not refill(session, cast) and entry.status == W.WAITING
        assert abs(session.scalar(WHEN) - ends) < timedelta(seconds=30)
        session.execute(sa.text("UPDATE closures SET removed_at = now()"))
        do_jobs(app, session)
        offer = session.scalars(sa.select(SlotOffer)).one()
        assert offer.patient_id == only_called.id and sent(telling).channel == Channel.PHONE


class TestTheDesk:
    def test_is_attended_while_a_doctor_has_hours(self, session, cast):
        attended(session, cast)
        assert is_there(session, cast.rose)

    def test_is_not_while_the_clinic_is_closed(self, session, cast):
        attended(session, cast)
        ends = left(session, cast, hours=30)
        assert not is_there(session, cast.rose) and there_from(session, cast.rose) == ends

    def test_is_not_where_no_doctor_ever_has_hours(self, session, cast):
        session.execute(sa.text("UPDATE availabilities SET status = 'paused'"))
        session.commit()
        assert there_from(session, cast.rose) is None and not is_there(session, cast.rose)

    def test_is_attended_in_a_published_time_as_well(self, session, cast):
        session.execute(sa.text("UPDATE availabilities SET status = 'paused'"))
        evening = cast.tomorrow_at(18)
        groups.publish(session, Group(cast.dr_osei.id, 5, cast.consultation.id), evening, by=cast.amara.actor)
        session.commit()
        assert there_from(session, cast.rose) == evening

    def test_opens_with_the_first_doctors_hours(self, session, cast):
        since = there_from(session, cast.rose)
        assert since <= now() or since == cast.tomorrow_at(9, days=0) or since == cast.tomorrow_at(9)
