"""The desk's waiting list: who waits, what is offered, what they answer on the phone, what was saved."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions import offers, waitlist, waitlist_offers
from clinic.actions.acting import Actor
from clinic.actions.waitlist import Wanting
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationState
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.models.telling import SETTING
from clinic.models.waitlist import WaitStatus
from clinic.queries.waitlist import Freed
from tests.actions.offering import run_out
from tests.desk import attended
from tests.queries_counted import counted

W = WaitStatus


@pytest.fixture
def entry(session, cast):
    """Tom waits for a consultation with anybody."""
    rose = session.get(Clinic, cast.rose.id)
    rose.settings = {**rose.settings, SETTING: {"quiet_from": "03:00", "quiet_until": "03:00"}}
    session.get(Patient, (cast.rose.id, cast.tom.id)).phone = "+44 20 7946 0177"
    session.flush()
    day = cast.tomorrow_at(10).date()
    wanting = Wanting(cast.consultation.id, day, day + timedelta(days=9), weekdays=None)
    made = waitlist.join(session, cast.tom, wanting, by=cast.amara.actor)
    attended(session, cast)
    session.commit()
    return made


@pytest.fixture
def offered(session, cast, entry):
    """The same, and ten o'clock the day after tomorrow is offered to Tom."""
    starts_at = cast.tomorrow_at(10, days=2)
    freed = Freed(cast.rose.id, cast.dr_osei.id, starts_at, starts_at + timedelta(minutes=20))
    (offer,) = waitlist_offers.refill(session, freed, by=Actor.job(cast.rose.id, "waitlist.offer"))
    session.commit()
    return offer


def again(session, row):
    session.rollback()
    session.expire_all()
    return row


class TestIndex:
    def test_it_shows_who_waits_for_what(self, amara, entry):
        page = amara.open("staff.waitlist.index").text
        assert "Tom Baker" in page and "Consultation" in page and "at any hour" in page

    def test_it_says_whom_no_later_time_is_offered_and_why(self, session, cast, amara, entry):
        visit = cast.booked(cast.tomorrow_at(10, days=4), patient=cast.tom)
        session.commit()
        part = amara.open("staff.waitlist.index", htmx=True).text
        assert f'href="/staff/visits/{visit.id}">has a time at' in part and "only an earlier one is offered" in part

    def test_what_is_offered_stands_there_with_the_time_that_is_left(self, amara, offered):
        part = amara.open("staff.waitlist.index", htmx=True).text
        assert part.startswith('<div id="waitlist"') and "data-until" in part and "They say yes" in part

    def test_it_says_who_was_not_reached_in_time_as_long_as_the_time_is_to_come(self, session, cast, amara, offered):
        line = session.scalars(sa.select(Notification).where(Notification.offer_id == offered.id)).one()
        line.channel, line.state, line.desk_since = Channel.PHONE, NotificationState.CALL, now()
        session.commit()
        assert "Not reached in time" not in amara.open("staff.waitlist.index").text
        run_out(session, offered)
        offers.lapse(offered, by=Actor.job(cast.rose.id, "offers.lapse"))
        session.commit()
        page = amara.open("staff.waitlist.index").text
        assert "Not reached in time" in page and "was kept for them" in page
        line.desk_done_at = now()
        session.commit()
        assert "Not reached in time" not in amara.open("staff.waitlist.index").text

    def test_it_is_the_desks_alone(self, ines, osei, stranger, maya, entry):
        assert ines.open("staff.waitlist.index").status_code == 403
        assert osei.send("staff.waitlist.leave", entry_id=entry.id).status_code == 403
        assert stranger.send("staff.waitlist.leave", entry_id=entry.id).status_code == 404

    def test_a_long_list_takes_no_more_questions(self, app, session, cast, amara, entry):
        amara.open("staff.waitlist.index")
        with counted(app) as few:
            amara.open("staff.waitlist.index")
        kept = {name: getattr(entry, name) for name in ("earliest_on", "latest_on")}
        for kind, doctors in ((cast.follow_up, (cast.dr_osei.id,)), (cast.consultation, (cast.dr_lind.id,))):
            wanting = Wanting(kind.id, provider_ids=doctors, **kept)
            waitlist.join(session, cast.maya_patient, wanting, by=cast.amara.actor)
        session.commit()
        with counted(app) as many:
            amara.open("staff.waitlist.index")
        assert len(many) == len(few)


class TestCreate:
    def test_a_caller_is_put_on_the_list(self, cast, amara):
        assert "Type of visit" in amara.open("staff.waitlist.new", patient_id=cast.tom.id).text
        day = cast.tomorrow_at(10).date()
        data = {"visit_type_id": cast.consultation.id, "earliest_on": day, "latest_on": day + timedelta(days=7),
                "weekdays": ["1", "3"], "provider_id": cast.dr_osei.id, "priority": "2"}  # fmt: skip
        assert amara.send("staff.waitlist.create", data, patient_id=cast.tom.id).status_code == 303
        page = amara.open("staff.waitlist.index").text
        assert "Monday, Wednesday" in page and "Dr Kwame Osei" in page and 'value="2" selected' in page
        twice = amara.send("staff.waitlist.create", data, patient_id=cast.tom.id)
        assert twice.status_code == 409 and "waiting list for this already" in twice.text

    def test_an_address_that_names_a_doctor_means_that_doctor_or_nobody(self, session, cast, amara):
        asked = {"patient_id": cast.tom.id, "visit_type_id": cast.consultation.id}
        page = amara.open("staff.waitlist.new", provider_id=cast.dr_lind.id, **asked).text
        assert f'<option selected value="{cast.dr_lind.id}">' in page
        for unknown in (uuid4(), cast.dr_reyes.id):
            assert amara.open("staff.waitlist.new", provider_id=unknown, **asked).status_code == 404
        session.merge(cast.dr_lind).is_active = False
        session.commit()
        page = amara.open("staff.waitlist.new", provider_id=cast.dr_lind.id, **asked)
        assert page.status_code == 422 and "Choose from what is offered." in page.text

    def test_what_is_missing_is_said_beside_it(self, cast, amara):
        page = amara.send("staff.waitlist.create", {"priority": "0"}, patient_id=cast.tom.id)
        assert page.status_code == 422 and "Say until which day." in page.text


class TestSteps:
    def test_the_order_changes_and_somebody_leaves_and_comes_back(self, session, amara, entry):
        part = amara.send("staff.waitlist.set_priority", {"priority": "1"}, htmx=True, entry_id=entry.id)
        assert part.status_code == 200 and again(session, entry).priority == 1
        assert amara.send("staff.waitlist.set_priority", {"priority": "9"}, entry_id=entry.id).status_code == 400
        assert "Undo" in amara.send("staff.waitlist.leave", htmx=True, entry_id=entry.id).text
        assert again(session, entry).status == W.LEFT
        assert amara.send("staff.waitlist.come_back", entry_id=entry.id).status_code == 303
        assert again(session, entry).status == W.WAITING

    def test_yes_on_the_phone_books_it(self, session, amara, offered, entry):
        assert amara.send("staff.waitlist.accept", entry_id=entry.id).status_code == 303
        assert again(session, entry).status == W.FULFILLED
        assert "1</strong> <span>time refilled this week" in amara.open("staff.waitlist.index").text
        assert amara.send("staff.waitlist.accept", entry_id=entry.id).status_code == 409

    def test_no_on_the_phone_leaves_them_in_the_line(self, session, amara, offered, entry):
        assert amara.send("staff.waitlist.decline", htmx=True, entry_id=entry.id).status_code == 200
        assert again(session, entry).status == W.WAITING
