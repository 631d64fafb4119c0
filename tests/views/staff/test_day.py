"""The day board: everything of a date at a glance, with exactly the steps that are possible now."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

import clinic.queries.day
import clinic.views.staff.visit_lines
from clinic.actions import visits, walk_ins
from clinic.db import db
from clinic.models.patients import PatientTag, TagKind
from clinic.models.schedule import Slot, SlotKind, SlotStatus
from clinic.models.visits import CancelReason, Visit, VisitSource, VisitStatus
from tests.queries_counted import counted
from tests.waiting import walked_in


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The screens believe that it is noon of today, so that no test changes its mind around midnight."""
    moment = datetime.now(ZoneInfo("Europe/London")).replace(hour=12, minute=0, second=0, microsecond=0)
    for module in (clinic.queries.day, clinic.views.staff.visit_lines):
        monkeypatch.setattr(module, "now", lambda: moment.astimezone(UTC))
    return moment


def _booked_now(cast, minutes, **more):
    """A visit that begins some minutes from noon (or before it)."""
    moment = cast.tomorrow_at(12, days=0) + timedelta(minutes=minutes)
    return cast.booked(moment, overbook="Whatever the hour of the test", **more)


def _many(cast, session, count, day=date(2031, 3, 5)):
    """So many visits on one day, as they arrive from another system; for looking at, not for acting."""
    begin = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    session.execute(sa.insert(Visit.__table__), [
        {"clinic_id": cast.rose.id, "id": uuid7(), "patient_id": cast.tom.id, "provider_id": cast.dr_osei.id,
         "visit_type_id": cast.consultation.id, "kind": "scheduled", "visit_mode": "in_person",
         "status": list(VisitStatus)[1:5][n % 4], "starts_at": begin + timedelta(minutes=n % 400), "timezone": "UTC",
         "source": VisitSource.IMPORT}
        for n in range(count)
    ])  # fmt: skip
    session.commit()
    return day


class TestTheDay:
    def test_a_day_without_visits_says_so_and_still_shows_the_doctors(self, amara):
        page = amara.open("staff.day.index", date="2031-03-04")
        assert page.status_code == 200
        assert "Dr Kwame Osei" in page.text and "4 March 2031" in page.text and "No visits" in page.text

    def test_visits_stand_under_their_doctor_with_patient_type_and_status(self, cast, amara):
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        lane = page.partition("Dr Kwame Osei</h2>")[2].partition("</section>")[0]
        assert "Tom Baker" in lane and "Consultation" in lane and ">Booked<" in lane and "10:00" in lane
        assert f"/staff/patients/{cast.tom.id}" in lane

    def test_one_list_shows_the_same_visits_as_the_board(self, cast, amara):
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date(), view="list").text
        assert f'id="visit-{visit.id}"' in page and 'class="board"' not in page

    def test_somebody_who_is_past_their_time_is_late_by_so_many_minutes(self, cast, amara):
        _booked_now(cast, -12)
        page = amara.open("staff.day.index").text
        assert "Late 12 min" in page

    def test_a_visit_entered_by_mistake_is_not_shown(self, cast, session, amara):
        visit = cast.booked()
        visits.cancel(visit, CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "Tom Baker" not in page

    def test_walk_ins_wait_in_a_lane_of_their_own_with_their_number_and_since_when(self, cast, session, amara):
        walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index").text
        lane = page.partition("Walk-ins waiting")[2].partition("</section>")[0]
        assert "Tom Baker" in lane and "No. 1" in lane and "Waiting since" in lane and "Any doctor" in lane

    def test_walk_ins_stand_in_the_order_of_the_queue_with_their_colour(self, cast, session, amara):
        walked_in(session, cast, "In Green", 20, severity="green")
        walked_in(session, cast, "In Red", 1, severity="red")
        lane = amara.open("staff.day.index").text.partition("Walk-ins waiting")[2].partition("</section>")[0]
        assert lane.index("In Red") < lane.index("In Green")
        assert "visit-checked_in is-red" in lane and 'severity-red">Red<' in lane and 'severity-green">Green<' in lane

    def test_the_reason_of_an_overbooking_and_the_patients_flags_are_on_the_line(self, cast, session, amara):
        session.add(PatientTag(clinic_id=cast.rose.id, patient_id=cast.tom.id, kind=TagKind.FLAG, tag="HIGH_RISK"))
        cast.tom.deceased_at = datetime.now(UTC)
        visit = cast.booked(cast.tomorrow_at(20), patient=cast.maya_patient, overbook="Must be seen")
        session.execute(db.update(Visit).where(Visit.id == visit.id).values(patient_id=cast.tom.id))
        session.commit()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "Overbooked: Must be seen" in page and "HIGH_RISK" in page and "Deceased" in page

    def test_a_name_with_markup_in_it_is_shown_as_it_was_typed(self, cast, session, amara):
        cast.tom.full_name = "<b>Tom</b> ~id~ & Söhne"
        session.commit()
        visit = cast.booked()
        page = amara.open("staff.day.index", date=visit.starts_at.date()).text
        assert "&lt;b&gt;Tom&lt;/b&gt; ~id~ &amp; Söhne" in page and "<b>Tom" not in page


class TestFilters:
    def test_a_tile_counts_a_status_and_shows_only_its_visits(self, cast, session, amara):
        first, second = cast.booked(), cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
        visits.check_in(second, by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index", date=first.starts_at.date(), status="checked_in").text
        assert f'id="visit-{second.id}"' in page and f'id="visit-{first.id}"' not in page
        assert "<strong>2</strong> <span>All</span>" in page and "<strong>1</strong> <span>Checked in</span>" in page

    def test_late_is_a_filter_too(self, cast, amara):
        late, coming = _booked_now(cast, -20), _booked_now(cast, 1, patient=cast.maya_patient)
        page = amara.open("staff.day.index", status="late", view="list").text
        assert f'id="visit-{late.id}"' in page and f'id="visit-{coming.id}"' not in page

    def test_one_doctors_day_also_shows_the_walk_ins_that_wait_for_anybody(self, cast, session, amara):
        theirs = _booked_now(cast, 1, provider=cast.dr_lind, patient=cast.maya_patient)
        waiting = walk_ins.add(session, cast.tom, timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = amara.open("staff.day.index", provider=cast.dr_osei.id).text
        assert f'id="visit-{waiting.id}"' in page and f'id="visit-{theirs.id}"' not in page
        assert "Dr Astrid Lind</h2>" not in page

    def test_a_part_that_refreshes_itself_keeps_the_filters(self, cast, amara):
        part = amara.open("staff.day.index", htmx=True, date="2031-03-04", view="list", provider=cast.dr_osei.id)
        assert part.text.startswith('<div id="day" hx-get="/staff/day?date=2031-03-04&amp;view=list&amp;provider=')

    def test_nothing_found_says_so(self, cast, amara):
        day = cast.booked().starts_at.date()
        assert "No visits like that" in amara.open("staff.day.index", date=day, status="completed").text

    def test_the_day_before_and_after_are_one_click_away(self, amara):
        page = amara.open("staff.day.index", date="2031-03-01").text
        assert "date=2031-02-28" in page and "date=2031-03-02" in page

    @pytest.mark.parametrize("asked", [
        {"date": "yesterday"}, {"date": "2031-02-30"}, {"date": "0001-01-01"}, {"date": "9999-12-31"},
        {"status": "gone"}, {"view": "map"}, {"page": "0"}, {"page": "two"}, {"page": "99999999999999999999"},
        {"date": "\x00"},
    ])  # fmt: skip
    def test_what_cannot_be_read_is_a_400(self, amara, asked):
        assert amara.open("staff.day.index", **asked).status_code == 400

    @pytest.mark.parametrize("provider", ["x", "0195f0f0-0000-7000-8000-000000000000", None])
    def test_an_unknown_doctor_and_another_clinics_are_the_same_404(self, cast, amara, provider):
        assert amara.open("staff.day.index", provider=provider or cast.dr_reyes.id).status_code == 404


class TestAbsence:
    def test_blocks_stand_on_the_board_and_in_the_list(self, cast, session, amara):
        noon = cast.tomorrow_at(12)
        session.add(Slot(clinic_id=cast.rose.id, provider_id=cast.dr_lind.id, kind=SlotKind.BLOCKED,
                         status=SlotStatus.BLOCKED, starts_at=noon, ends_at=noon + timedelta(hours=1), busy_from=noon,
                         busy_until=noon + timedelta(hours=1), reason="Lunch"))  # fmt: skip
        session.commit()
        for view in ("board", "list"):
            cast.booked(cast.tomorrow_at(10 if view == "board" else 11))
            page = amara.open("staff.day.index", date=noon.date(), view=view).text
            assert "Away 12:00 to 13:00" in page and "Lunch" in page


class TestSize:
    def test_the_board_of_a_full_day_asks_as_few_questions_as_an_almost_empty_one(self, app, cast, session, amara):
        few, many = _many(cast, session, 8), _many(cast, session, 800, date(2031, 3, 6))
        asked = []
        for day in (few, many):
            with counted(app) as sent:
                page = amara.open("staff.day.index", date=day).text
            asked.append(len(sent))
            assert page.count("<article") == (8 if day == few else 800)
        # One of them is for the red requests that are pinned on every page.
        assert asked[0] == asked[1] <= 6

    def test_the_list_comes_in_pages_of_a_hundred(self, cast, session, amara):
        day = _many(cast, session, 250)
        first = amara.open("staff.day.index", date=day, view="list").text
        last = amara.open("staff.day.index", date=day, view="list", page=3).text
        assert first.count("<article") == 100 and last.count("<article") == 50
        assert "page=2" in first and "<strong>250</strong> <span>All</span>" in last


class TestSteps:
    def test_each_line_offers_exactly_what_is_possible_now_to_this_person(self, cast, session, amara, osei, lind, ines):
        assert _offered(_line(amara, cast.booked())) == {"confirm", "cancel", "move"}
        visit = _booked_now(cast, 20)
        assert _offered(_line(amara, visit)) == {"check-in", "confirm", "cancel", "move"}
        visits.check_in(visit, by=cast.amara.actor)
        session.commit()
        assert _offered(_line(amara, visit)) == {"cancel", "undo"}
        assert _offered(_line(osei, visit)) == {"start", "undo"}
        assert (
            _line(lind, visit) == "" and "Tom Baker" in lind.open("staff.day.index", date=visit.starts_at.date()).text
        )
        assert _offered(_line(ines, visit)) == set()

    def test_no_show_is_offered_once_the_visit_has_begun(self, cast, amara):
        assert "mark-no-show" in _offered(_line(amara, _booked_now(cast, -5)))

    def test_a_request_is_answered_on_the_line(self, cast, session, amara):
        visit = cast.booked()
        session.execute(sa.update(Visit).where(Visit.id == visit.id).values(status="requested"))
        session.commit()
        line = _line(amara, visit)
        assert {"accept", "cancel"} <= _offered(line) and "Decline" in line and "To be answered" in amara.open(
            "staff.day.index", date=visit.starts_at.date()).text  # fmt: skip


def _line(who, visit):
    page = who.open("staff.day.index", date=visit.starts_at.date()).text
    return page.partition(f'<li id="visit-{visit.id}">')[2].partition("</li>")[0]


def _offered(line):
    verbs = {"accept", "confirm", "check-in", "start", "complete", "mark-no-show", "cancel", "undo", "move"}
    return {verb for verb in verbs if f'/{verb}"' in line.replace('action="/staff/visits', "", 1)}
