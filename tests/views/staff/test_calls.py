"""The desk's calls: who has to be told by phone, what came of it, taking it back; the ledger of a visit."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from clinic.actions import visits
from clinic.db import now
from clinic.models.audit import AuditEntry
from clinic.models.calls import CallAttempt
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState, Why
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply
from clinic.models.visits import CancelReason
from tests.queries_counted import counted

K, S = NotificationKind, NotificationState
COUNTED = '<span id="calls-count"{}> <span class="view-tabs-count">1</span></span>'


@pytest.fixture
def failed(session, cast):
    """A message about a visit of Tom's that did not reach him."""

    def fail(visit=None, patient=None, **facts):
        patient = patient or cast.tom
        line = Notification(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=patient.id, visit_id=visit and visit.id, kind=K.BOOKED,
            channel=Channel.SMS, state=S.FAILED, why=Why.REFUSED, text="Your visit is booked.", sent_to="+447700900123",
            visit_starts_at=visit and visit.starts_at, desk_since=now(), **facts,
        )  # fmt: skip
        session.add(line)
        session.commit()
        return line

    return fail


@pytest.fixture
def visit(cast):
    """Tom's visit, of which nobody was told yet."""
    return cast.booked(told=False)


def note(who, line, outcome, words="", **more):
    """Note what came of a call."""
    return who.send("staff.calls.record", {"outcome": outcome, "note": words}, notification_id=line.id, **more)


class TestTheList:
    def test_says_whom_to_call_about_what_and_why(self, amara, failed, visit, cast, session):
        cast.tom.phone = "+44 7700 900123"
        failed(visit)
        page = amara.open("staff.calls.index").text
        assert all(words in page for words in ("Tom Baker", "tel:+447700900123", "Your visit is booked.",
                                               "does not take it", "Reached", "No answer"))  # fmt: skip
        assert COUNTED.format("") in amara.open("staff.day.index").text

    def test_is_empty_when_nobody_has_to_be_called(self, amara, visit):
        assert "Nobody has to be called" in amara.open("staff.calls.index").text

    def test_forgets_what_its_visit_has_overtaken(self, amara, failed, visit, session, cast):
        failed(visit)
        visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert "Tom Baker" not in amara.open("staff.calls.index").text

    def test_forgets_who_has_died(self, amara, failed, visit, session, cast):
        failed(visit)
        cast.tom.deceased_at = now()
        session.commit()
        assert "Tom Baker" not in amara.open("staff.calls.index").text

    def test_asks_the_database_as_often_for_many_as_for_one(self, app, amara, failed, session, cast):
        failed()
        with counted(app) as one:
            amara.open("staff.calls.index")
        for _ in range(30):
            failed()
        with counted(app) as many:
            page = amara.open("staff.calls.index")
        assert len(many) == len(one) and "page=2" in page.text

    def test_is_the_desks(self, osei, stranger, maya, nobody, failed, visit):
        line = failed(visit)
        assert osei.open("staff.calls.index").status_code == 403
        assert note(osei, line, "reached").status_code == 403
        assert note(stranger, line, "reached").status_code == 404
        assert "Tom Baker" not in stranger.open("staff.calls.index").text
        assert maya.open("staff.calls.index").status_code == 403


class TestACall:
    @pytest.mark.parametrize("outcome", ["reached", "left_message"])
    def test_that_told_them_ends_it_and_can_be_taken_back(self, amara, failed, visit, session, outcome):
        line = failed(visit)
        assert note(amara, line, outcome, "with her husband").status_code == 303
        assert "Tom Baker" not in amara.open("staff.calls.index", htmx=True).text
        assert amara.send("staff.calls.undo", notification_id=line.id).status_code == 303
        page = amara.open("staff.calls.index").text
        assert "Tom Baker" in page and "with her husband" not in page

    def test_that_nobody_answered_stays_with_the_try_written_down(self, amara, failed, visit, session):
        line = failed(visit)
        note(amara, line, "no_answer", "engaged")
        page = amara.open("staff.calls.index").text
        assert "No answer, engaged" in page and session.scalar(sa.select(sa.func.count()).select_from(CallAttempt)) == 1

    def test_is_answered_with_the_list_alone_where_the_page_stays_with_what_else_is_written(self, amara, failed, visit):
        line = failed(visit)
        done = note(amara, line, "no_answer", "engaged", htmx=True)
        assert done.text.lstrip().startswith('<div id="calls"') and "HX-Redirect" not in done.headers
        assert "No answer, engaged" in done.text and 'hx-swap-oob="true"' in done.text
        assert COUNTED.format(' hx-swap-oob="true" ') in done.text
        said = done.text.partition('id="messages"')[2]
        assert f'hx-post="/staff/calls/{line.id}/undo"' in said and 'hx-target="#calls"' in said
        wrong = note(amara, line, "reached", "x" * 301, htmx=True)
        assert wrong.status_code == 422 and wrong.text.lstrip().startswith('<div id="calls"')
        assert f'href="#note-{line.id}"' in wrong.text and "x" * 301 in wrong.text

    def test_that_was_the_last_of_its_page_leads_to_the_first(self, amara, failed, session):
        lines = [failed() for _ in range(21)]
        (last,) = (line for line in lines if str(line.id) in amara.open("staff.calls.index", page=2).text)
        done = note(amara, last, "reached", page=2, htmx=True)
        assert "Nobody has to be called" not in done.text and done.text.count("<article") == 20

    def test_that_somebody_else_has_made_is_refused(self, amara, failed, visit):
        line = failed(visit)
        note(amara, line, "reached")
        assert note(amara, line, "reached").status_code == 409

    def test_needs_an_outcome_and_nothing_unreadable(self, amara, failed, visit):
        line = failed(visit)
        assert note(amara, line, "").status_code == 422 == note(amara, line, "sang").status_code
        assert note(amara, line, "reached", "x" * 301).status_code == 422

    def test_without_a_call_there_is_nothing_to_take_back(self, amara, failed, visit):
        assert amara.send("staff.calls.undo", notification_id=failed(visit).id).status_code == 409

    def test_is_in_the_audit_log_without_its_words(self, amara, failed, visit, session, cast):
        note(amara, failed(visit), "reached", "a secret")
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "calls.record")).one()
        assert entry.patient_id == cast.tom.id and "a secret" not in str(entry.changes)


class TestAnAnswer:
    @pytest.fixture
    def reply(self, session, cast):
        """An answer in somebody's own words."""
        made = TextReply(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.tom.id, service_id="SM1", sender="+447700900123",
            text="May I bring <b>my dog</b>?", meaning=ReplyMeaning.OTHER, result=ReplyResult.TO_READ, desk_since=now(),
        )  # fmt: skip
        session.add(made)
        session.commit()
        return made

    def test_is_read_and_put_back(self, amara, reply):
        page = amara.open("staff.calls.index").text
        assert "my dog" in page and "<b>my dog" not in page
        assert amara.send("staff.calls.read", reply_id=reply.id).status_code == 303
        assert "my dog" not in amara.open("staff.calls.index").text
        assert amara.send("staff.calls.read", reply_id=reply.id).status_code == 409
        assert amara.send("staff.calls.put_back", reply_id=reply.id).status_code == 303
        assert "my dog" in amara.open("staff.calls.index").text
        assert amara.send("staff.calls.put_back", reply_id=reply.id).status_code == 409

    def test_says_which_message_it_may_answer(self, amara, reply, failed, visit, session):
        for kind, about, words in ((K.OFFER, None, "A time is offered: "), (K.REMINDER, visit, "Reminder: <a")):
            line = failed(visit)
            line.kind, line.visit_id, line.offset_hours = kind, about and about.id, 48 if about else None
            reply.notification_id = line.id
            session.commit()
            assert words in amara.open("staff.calls.index").text

    def test_to_a_message_about_no_time_says_which_it_was(self, amara, reply, failed, session):
        line = failed()
        line.kind, reply.notification_id = K.REQUEST_RECEIVED, line.id
        session.commit()
        page = amara.open("staff.calls.index")
        assert page.status_code == 200 and "The request has arrived" in page.text

    def test_is_no_other_clinics(self, stranger, osei, reply):
        assert stranger.send("staff.calls.read", reply_id=reply.id).status_code == 404
        assert osei.send("staff.calls.read", reply_id=reply.id).status_code == 403


class TestTheLedgerOfAVisit:
    def test_says_what_was_told_when_how_and_what_happens_next(self, amara, failed, visit, session):
        line = failed(visit)
        line.state, line.why, line.desk_since, line.sent_at = S.SENT, None, None, now()
        session.commit()
        page = amara.open("staff.visits.show", visit_id=visit.id).text
        assert all(words in page for words in ("What the patient was told", "The visit is booked",
                                               "Sent · text message", "+447700900123", "Your visit is booked.",
                                               "Next: a reminder"))  # fmt: skip

    def test_says_when_the_next_reminder_goes_out_by_the_clinics_clock_and_by_the_patients(self, amara, session, cast):
        cast.tom.timezone = "America/New_York"
        visit = cast.booked(cast.tomorrow_at(10, days=5), told=False)
        page = amara.open("staff.visits.show", visit_id=visit.id).text
        # Due at five in the morning over there, it waits for the end of the patient's night.
        told = re.search(r"Next: a reminder, ([^<]+)", page)[1]
        ours, _words, theirs = told.partition("For the patient: ")
        assert ", 08:00 (Eastern" in theirs and re.search(r", 1[23]:00 \(", ours)

    def test_lets_the_desk_note_the_call_there_and_take_it_back(self, amara, osei, failed, visit):
        line = failed(visit)
        assert "The desk calls the patient." in amara.open("staff.visits.show", visit_id=visit.id).text
        done = note(amara, line, "reached", "all clear", on="visit")
        assert done.location == amara.url("staff.visits.show", visit_id=visit.id)
        assert "all clear" in amara.open("staff.visits.show", visit_id=visit.id).text
        assert "Reached" not in osei.open("staff.visits.show", visit_id=visit.id).text.partition("call-outcome")[2]

    def test_says_of_a_waiting_message_when_it_goes_out(self, amara, failed, visit, session):
        line = failed(visit)
        line.state, line.why, line.desk_since, line.send_at = S.WAITING, None, None, now() + timedelta(hours=3)
        session.commit()
        assert "It goes out from" in amara.open("staff.visits.show", visit_id=visit.id).text


def test_patients_see_what_they_were_told_of_a_visit_and_nothing_of_calls(maya, failed, session, cast):
    visit = cast.booked(patient=cast.maya_patient, told=False)
    line = failed(visit, cast.maya_patient)
    assert "What we told you" not in maya.open("portal.visits.show", visit_id=visit.id).text
    line.state, line.sent_at = S.DELIVERED, now()
    session.commit()
    page = maya.open("portal.visits.show", visit_id=visit.id).text
    assert "What we told you" in page and "The visit is booked" in page and "text message" in page
