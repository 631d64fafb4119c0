"""The stranded-patients workbench: opened by leave, answered by link or phone, taken back."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, blocks, closures, patients, stranding_offers, strandings
from clinic.db import now
from clinic.models.offers import OfferStatus
from clinic.models.patients import TagKind
from clinic.models.schedule import Slot, SlotKind
from clinic.models.strandings import StrandedStatus, StrandedVisit, Stranding
from clinic.work.handlers import run
from tests.queries_counted import counted
from tests.views.staff.test_blocks import typed, wall


@pytest.fixture
def stranding(app, session, cast):
    """Dr Osei is away tomorrow; a time is proposed to Tom, at ten, and to Maya, at eleven."""
    cast.booked(cast.tomorrow_at(10))
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    blocks.add(cast.dr_osei, cast.tomorrow_at(9), cast.tomorrow_at(17), zone="Europe/London", by=cast.ines.actor)
    stranding_id = strandings.opened(session)
    session.commit()
    work(app, session, cast, stranding_id)
    return session.get(Stranding, (cast.rose.id, stranding_id))


def work(app, session, cast, stranding_id, job="strandings.propose"):
    run(app, job, {"clinic_id": str(cast.rose.id), "stranding_id": str(stranding_id)})
    session.enter(cast.scope)
    session.rollback()
    session.expire_all()


@pytest.fixture
def rows(session, cast, stranding):
    """The stranded visits, soonest first."""

    def look():
        session.rollback()
        session.expire_all()
        return session.scalars(sa.select(StrandedVisit).order_by(StrandedVisit.starts_at)).all()

    return look


class TestOpening:
    def test_saving_leave_over_visits_opens_the_workbench(self, ines, cast, session):
        cast.booked(cast.tomorrow_at(10))
        answer = ines.send("staff.blocks.create", typed(wall(cast, 9), wall(cast, 17)), provider_id=cast.dr_osei.id)
        assert answer.status_code == 303 and "/staff/stranded/" in answer.location
        page = ines.open(answer.location)
        assert (
            "Dr Kwame Osei is away" in page.text
            and "Tom Baker" in page.text
            and "Times are being looked for" in page.text
        )
        assert re.search(r", \d\d:00 – \d\d:00\.", page.text), "the day is said once"

    def test_leave_over_nobody_does_not(self, ines, cast):
        answer = ines.send("staff.blocks.create", typed(wall(cast, 9), wall(cast, 17)), provider_id=cast.dr_osei.id)
        assert "/staff/stranded/" not in answer.location

    def test_a_closure_and_a_doctors_leaving_open_it_too(self, ines, cast):
        cast.booked(cast.tomorrow_at(10))
        answer = ines.send("staff.providers.deactivate", provider_id=cast.dr_osei.id)
        assert "/staff/stranded/" in answer.location


class TestShow:
    def test_it_shows_when_each_was_and_what_is_proposed(self, amara, stranding, rows):
        page = amara.open("staff.stranded.show", stranding_id=stranding.id)
        assert "2 visits are affected" in page.text and "Send all 2 proposals" in page.text
        assert page.text.count("Says yes on the phone") == 2

    def test_the_open_ones_stand_in_a_list_until_each_has_another_time(self, amara, stranding, rows):
        page = amara.open("staff.stranded.index").text
        # Two changes of one doctor’s hours are told apart by when they were made.
        clock = f"{stranding.created_at.astimezone(ZoneInfo('Europe/London')):%H:%M}"
        assert str(stranding.id) in page and re.search(rf"changed [^<]+, {clock}<", page)
        for row in rows():
            amara.send("staff.stranded_visits.accept", stranding_id=stranding.id, stranded_id=row.id)
        assert "Nobody is stranded" in amara.open("staff.stranded.index").text

    def test_a_doctor_sees_their_own_and_no_others(self, osei, lind, stranding):
        assert osei.open("staff.stranded.show", stranding_id=stranding.id).status_code == 200
        assert lind.open("staff.stranded.show", stranding_id=stranding.id).status_code == 404
        assert str(stranding.id) not in lind.open("staff.stranded.index").text

    def test_it_does_not_exist_for_another_clinic_and_opens_to_nobody_else(self, stranger, maya, nobody, stranding):
        assert stranger.open("staff.stranded.show", stranding_id=stranding.id).status_code == 404
        assert maya.open("staff.stranded.show", stranding_id=stranding.id).status_code == 403
        assert nobody.open("staff.stranded.show", stranding_id=stranding.id).status_code in (302, 401)

    def test_only_the_desk_sends(self, ines, osei, stranding):
        assert ines.send("staff.stranded.send", {"hours": "48"}, stranding_id=stranding.id).status_code == 403
        assert osei.send("staff.stranded.send", {"hours": "48"}, stranding_id=stranding.id).status_code == 403

    def test_the_desk_is_told_wherever_it_looks(self, app, amara, osei, session, cast, stranding, rows):
        day = cast.tomorrow_at(12).date().isoformat()
        badge = re.compile(r"Stranded patients.{0,200}?>2<", re.DOTALL)
        page = amara.open("staff.calendar.index", date=day).text
        assert badge.search(page) and page.count("Needs another time") == 2
        assert not badge.search(osei.open("staff.calendar.index", date=day).text)
        for where in ("staff.visits.show", "staff.moving.show"):
            page = amara.open(where, visit_id=rows()[0].visit_id).text
            assert "This visit needs another time" in page and f"/staff/stranded/{stranding.id}" in page
        amara.send("staff.stranded.send", {"hours": "24"}, stranding_id=stranding.id)
        assert "wait for an answer" not in amara.open("staff.stranded.index").text
        work(app, session, cast, stranding.id, "strandings.send")
        assert not badge.search(amara.open("staff.calendar.index", date=day).text)
        assert "2 wait for an answer" in amara.open("staff.stranded.index").text

    def test_whoever_may_make_such_a_change_may_take_it_back(self, ines, amara, cast, session, stranding):
        assert "undo" in amara.open("staff.stranded.show", stranding_id=stranding.id).text
        assert amara.send("staff.stranded.undo", stranding_id=stranding.id).status_code == 303
        hours = {"starts_at": cast.tomorrow_at(9), "ends_at": cast.tomorrow_at(17)}
        closures.add(session, title="Water damage", **hours, by=cast.ines.actor)
        session.commit()
        closed = strandings.opened(session)
        assert amara.send("staff.stranded.undo", stranding_id=closed).status_code == 403
        assert ines.send("staff.stranded.undo", stranding_id=closed).status_code == 303

    def test_as_many_statements_for_fifty_as_for_two(self, app, amara, cast, session, stranding):
        def asked():
            with counted(app) as statements:
                amara.open("staff.stranded.show", stranding_id=stranding.id)
            return len(statements)

        few = asked()
        tom = session.scalars(sa.select(StrandedVisit)).first()
        for minute in range(0, 600, 20):
            visit = cast.booked(cast.tomorrow_at(9, days=20 + minute // 400), overbook="Many")
            session.add(StrandedVisit(clinic_id=cast.rose.id, stranding_id=tom.stranding_id, visit_id=visit.id,
                                      patient_id=visit.patient_id, starts_at=visit.starts_at,
                                      status=StrandedStatus.NOTHING))  # fmt: skip
        for number in range(5):
            allergies.record(cast.tom, by=cast.osei.actor, substance=f"Pollen {number}")
        session.commit()
        assert asked() <= few

    def test_it_says_of_each_what_to_heed_and_tells_no_administrator_of_allergies(
        self, amara, ines, cast, session, stranding, rows
    ):
        maya = session.merge(cast.maya_patient)
        patients.add_tag(maya, TagKind.TAG, "Needs an interpreter", by=cast.amara.actor)
        allergies.record(maya, by=cast.osei.actor, substance="Penicillin", criticality="high")
        allergies.state_none(session.merge(cast.tom), by=cast.osei.actor)
        session.commit()
        page = amara.open("staff.stranded.show", stranding_id=stranding.id).text
        first, second = page.split("Maya", 1)
        assert "No allergy known." in first and "Penicillin" not in first and "Penicillin" in second
        picker = amara.open("staff.stranded_visits.pick", stranding_id=stranding.id, stranded_id=rows()[1].id).text
        assert "Needs an interpreter" in second and "Penicillin" in picker and "Needs an interpreter" in picker
        assert "Penicillin" not in ines.open("staff.stranded.show", stranding_id=stranding.id).text


class TestDesk:
    def test_it_sends_all_and_the_answers_come_in(self, app, amara, nobody, cast, session, stranding, rows):
        sent = amara.send("staff.stranded.send", {"hours": "24"}, htmx=True, stranding_id=stranding.id)
        assert sent.status_code == 200 and 'id="stranded"' in sent.text
        work(app, session, cast, stranding.id, "strandings.send")
        first, second = rows()
        assert first.offer.status == second.offer.status == OfferStatus.SENT
        page = amara.open("staff.stranded.show", stranding_id=stranding.id, stage="asked")
        assert page.text.count("Asked; answer by") == 2

    def test_the_patient_says_yes_or_no_on_the_phone(self, amara, stranding, rows):
        first, second = rows()
        amara.send("staff.stranded_visits.send", stranding_id=stranding.id, stranded_id=second.id)
        new = first.offer.starts_at
        assert amara.send("staff.stranded_visits.accept", htmx=True, stranding_id=stranding.id,
                          stranded_id=first.id).status_code == 200  # fmt: skip
        amara.send("staff.stranded_visits.decline", stranding_id=stranding.id, stranded_id=second.id)
        first, second = rows()
        assert first.visit.starts_at == new and second.offer.status == OfferStatus.DECLINED
        page = amara.open("staff.stranded.show", stranding_id=stranding.id, stage="call")
        assert "The time did not suit" in page.text and "Maya Okafor" in page.text and "Tom Baker" not in page.text
        amara.send("staff.stranded_visits.call", stranding_id=stranding.id, stranded_id=second.id)
        assert "nobody answered" in amara.open("staff.stranded.show", stranding_id=stranding.id).text

    def test_the_picker_proposes_another_time(self, amara, cast, stranding, rows):
        row = rows()[0]
        page = amara.open("staff.stranded_visits.pick", stranding_id=stranding.id, stranded_id=row.id)
        times = re.findall(r'name="pick" value="([^"]+)"', page.text)
        answer = amara.send("staff.stranded_visits.propose", {"pick": times[-1]}, stranding_id=stranding.id,
                            stranded_id=row.id)  # fmt: skip
        assert answer.status_code == 303
        assert rows()[0].offer.starts_at.isoformat() == times[-1].partition(" ")[2]
        for wrong in ("", "x", f"{cast.dr_osei.id} 2026"):
            refused = amara.send("staff.stranded_visits.propose", {"pick": wrong}, stranding_id=stranding.id,
                                 stranded_id=row.id)  # fmt: skip
            assert refused.status_code == 422
        taken = f"{cast.dr_osei.id} {cast.tomorrow_at(12).isoformat()}"
        refused = amara.send("staff.stranded_visits.propose", {"pick": taken}, stranding_id=stranding.id,
                             stranded_id=row.id)  # fmt: skip
        assert refused.status_code == 409 and "is away at that time" in refused.text

    def test_left_to_a_call_and_urgent(self, amara, stranding, rows):
        row = rows()[1]
        amara.send("staff.stranded_visits.urgent", stranding_id=stranding.id, stranded_id=row.id)
        amara.send("staff.stranded_visits.skip", stranding_id=stranding.id, stranded_id=row.id)
        row = rows()[1]
        assert row.is_urgent and row.status == StrandedStatus.SKIPPED and row.offer.status == OfferStatus.WITHDRAWN
        text = amara.open("staff.stranded.show", stranding_id=stranding.id).text
        assert text.index("Maya Okafor") < text.index("Tom Baker")

    def test_a_visit_of_another_change_is_not_found_here(self, amara, cast, session, stranding, rows):
        other = Stranding(clinic_id=cast.rose.id, cause=stranding.cause, provider_id=stranding.provider_id)
        session.add(other)
        session.commit()
        row = rows()[0]
        answer = amara.send("staff.stranded_visits.skip", stranding_id=other.id, stranded_id=row.id)
        assert answer.status_code == 404


class TestUndo:
    def test_the_administrator_takes_the_leave_back(self, ines, session, stranding, rows):
        assert ines.send("staff.stranded.undo", stranding_id=stranding.id).status_code == 303
        assert not any(row.offer.is_live for row in rows())
        assert SlotKind.BLOCKED not in session.scalars(sa.select(Slot.kind)).all()
        assert "was taken back" in ines.open("staff.stranded.show", stranding_id=stranding.id).text

    def test_after_an_answer_the_button_is_gone_and_the_act_refused(self, ines, amara, stranding, rows):
        amara.send("staff.stranded_visits.accept", stranding_id=stranding.id, stranded_id=rows()[0].id)
        assert "Take the change back" not in ines.open("staff.stranded.show", stranding_id=stranding.id).text
        assert ines.send("staff.stranded.undo", stranding_id=stranding.id).status_code == 409


def test_nothing_is_sent_for_a_change_that_was_taken_back(ines, amara, session, cast, stranding):
    ines.send("staff.stranded.undo", stranding_id=stranding.id)
    session.expire_all()
    assert amara.send("staff.stranded.send", {"hours": "48"}, stranding_id=stranding.id).status_code == 409
    with pytest.raises(stranding_offers.Refused):
        stranding_offers.look_again(session.get(Stranding, (cast.rose.id, stranding.id)), by=cast.amara.actor)


class TestNoAnswerYet:
    def test_who_lets_half_of_the_time_go_by_is_to_be_called_and_may_answer_still(
        self, app, amara, cast, session, stranding, rows
    ):
        stranding_offers.send_all(stranding, by=cast.amara.actor)
        session.commit()
        work(app, session, cast, stranding.id, "strandings.send")
        tom = rows()[0]
        # The sending lies as far back as the visit lies ahead.
        tom.offer.sent_at = now() - (tom.starts_at - now()) - timedelta(minutes=1)
        session.commit()
        page = amara.open("staff.stranded.show", stranding_id=stranding.id, stage="call").text
        assert "Tom Baker" in page and "Maya Lopez" not in page
        assert "No answer yet" in page and "An answer may still come by itself until" in page
        assert re.search(r"Stranded patients.{0,200}?>1<", page, re.DOTALL)
        amara.send("staff.stranded_visits.call", stranding_id=stranding.id, stranded_id=tom.id)
        assert "nobody answered" in amara.open("staff.stranded.show", stranding_id=stranding.id, stage="call").text
        amara.send("staff.stranded_visits.accept", stranding_id=stranding.id, stranded_id=tom.id)
        assert rows()[0].offer.status == OfferStatus.ACCEPTED
