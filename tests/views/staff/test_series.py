"""A series at the desk: typed, looked at date by date, booked, moved and cancelled together; seen in the portal."""

import re
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.models.series import MOST, Series
from clinic.models.visits import Visit, VisitStatus
from tests.queries_counted import counted

LONDON = ZoneInfo("Europe/London")


def day(cast, days=1):
    return cast.tomorrow_at(10, days=days).astimezone(LONDON).date()


def typed(cast, patient=None, **more):
    """Maya with Dr Osei every week from tomorrow at ten, four times."""
    return {
        "patient_id": (patient or cast.maya_patient).id, "visit_type_id": cast.consultation.id,
        "provider_id": cast.dr_osei.id, "visit_mode": "in_person", "first_on": day(cast).isoformat(),
        "at_time": "10:00", "every": "1", "unit": "week", "times": "4", **more,
    }  # fmt: skip


def picks(cast, count=4, **more):
    """Every date at ten, as the page sends it."""
    found = {f"on-{day(cast, 1 + 7 * n).isoformat()}": cast.tomorrow_at(10, days=1 + 7 * n) for n in range(count)}
    return {name: moment.isoformat() for name, moment in found.items()} | more


def visits(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(Visit).order_by(Visit.starts_at)).all()


@pytest.fixture
def made(amara, cast, session):
    """Maya's series, booked by the desk."""
    assert amara.send("staff.series.create", typed(cast) | picks(cast)).status_code == 303
    return session.scalars(sa.select(Series)).one()


class TestNew:
    def test_from_a_chosen_time_the_rule_is_filled_in(self, amara, cast):
        page = amara.open(
            "staff.series.new", patient_id=cast.tom.id, visit_type_id=cast.consultation.id,
            provider_id=cast.dr_osei.id, starts_at=cast.tomorrow_at(10).isoformat(),
        ).text  # fmt: skip
        assert "Tom Baker" in page and f'value="{day(cast).isoformat()}"' in page and 'value="10:00"' in page

    def test_without_a_patient_the_page_finds_one(self, amara, cast):
        assert "Who is it for?" in amara.open("staff.series.new").text
        found = amara.send("staff.series.find", {"q": "baker"}, htmx=True).text
        assert "Tom Baker" in found and f"/staff/series/new?patient_id={cast.tom.id}" in found

    def test_from_no_time_it_begins_at_a_quarter(self, amara, cast):
        page = amara.open("staff.series.new", patient_id=cast.tom.id).text
        assert re.search(r'name="at_time"[^>]*value="\d\d:(00|15|30|45)"', page)

    def test_every_date_is_shown_with_what_stands_in_its_way(self, amara, cast, session):
        cast.booked(cast.tomorrow_at(10, days=8))
        page = amara.open("staff.series.new", **typed(cast)).text
        assert "1 date cannot be had as it is." in page and "That time is no longer free." in page
        assert "instead" in page and "all the same" in page
        assert len(visits(session)) == 1

    def test_a_rule_that_cannot_be_read_says_what_is_wrong(self, amara, cast):
        for wrong, sentence in (
            ({"times": "", "until_on": ""}, "one of the two"),
            ({"every": "0"}, "from 1 to 52"),
            ({"at_time": "noon"}, "Enter a time"),
            ({"times": "", "until_on": day(cast, -3).isoformat()}, "has to come after"),
            ({"times": "", "until_on": day(cast, 700).isoformat()}, f"At most {MOST} dates"),
            ({"first_on": day(cast, -3).isoformat()}, "from today on"),
        ):
            answer = amara.open("staff.series.new", **(typed(cast) | wrong))
            assert answer.status_code == 422 and sentence in answer.text, sentence

    def test_as_many_statements_for_a_year_as_its_dates_bear(self, app, amara, cast):
        def statements(times):
            with counted(app) as found:
                assert amara.open("staff.series.new", **typed(cast, times=times)).status_code == 200
            return len(found)

        statements(2)
        assert statements(40) - statements(20) < 20 * 16


class TestCreate:
    def test_the_picked_dates_are_booked_and_each_visit_says_where_it_stands(self, amara, cast, session, made):
        found = visits(session)
        assert len(found) == 4 and {each.series_id for each in found} == {made.id}
        page = amara.open("staff.visits.show", visit_id=found[2].id).text
        assert "3 of 4" in page and f"/staff/visits/{found[1].id}" in page and f"/staff/visits/{found[3].id}" in page
        assert "Every week" in amara.open("staff.series.show", series_id=made.id).text

    def test_a_date_lost_meanwhile_books_nothing_and_shows_the_dates_again(self, amara, cast, session):
        cast.booked(cast.tomorrow_at(10, days=8))
        answer = amara.send("staff.series.create", typed(cast) | picks(cast) | {"reason": "Knee"})
        assert answer.status_code == 409 and "is no longer free" in answer.text and 'value="Knee"' in answer.text
        assert len(visits(session)) == 1

    def test_one_left_out_and_one_all_the_same_with_a_reason(self, amara, cast, session):
        cast.booked(cast.tomorrow_at(10, days=8))
        forced = cast.tomorrow_at(10, days=8).isoformat() + "!"
        chosen = picks(cast) | {f"on-{day(cast, 8)}": forced, f"on-{day(cast, 15)}": ""}
        answer = amara.send("staff.series.create", typed(cast) | chosen)
        assert answer.status_code == 422 and "Say why" in answer.text
        sent = typed(cast) | chosen | {"overbook_reason": "Cannot come otherwise"}
        assert amara.send("staff.series.create", sent).status_code == 303
        assert len(visits(session)) == 4

    def test_what_was_not_offered_is_not_booked(self, amara, cast, session):
        for value in ("soon", cast.tomorrow_at(10, days=-9).isoformat(), "!"):
            answer = amara.send("staff.series.create", typed(cast) | picks(cast, **{f"on-{day(cast)}": value}))
            assert answer.status_code == 422, value
        nothing = amara.send("staff.series.create", typed(cast))
        assert nothing.status_code == 409 and "Every date is left out" in nothing.text
        assert not visits(session)

    def test_only_the_desk_books_and_only_its_own_patients(self, osei, amara, cast):
        assert osei.send("staff.series.create", typed(cast) | picks(cast)).status_code == 403
        assert amara.send("staff.series.create", typed(cast, patient=cast.sam) | picks(cast)).status_code == 404
        assert amara.open("staff.series.new", **typed(cast, patient=cast.sam)).status_code == 404


class TestChange:
    def test_this_and_later_are_looked_at_and_moved(self, amara, cast, session, made):
        second = visits(session)[1]
        rule = {"scope": "later", "first_on": day(cast, 9).isoformat(), "at_time": "14:00",
                "provider_id": cast.dr_lind.id}  # fmt: skip
        page = amara.open("staff.series_changes.change", series_id=made.id, visit_id=second.id)
        assert "This and all later ones" in page.text
        page = amara.open("staff.series_changes.change", series_id=made.id, visit_id=second.id, **rule)
        assert page.text.count("<select") == 4 and "Take" in page.text
        chosen = {f"visit-{each.id}": cast.tomorrow_at(14, days=2 + 7 * n).isoformat()
                  for n, each in enumerate(visits(session)) if n}  # fmt: skip
        url = amara.url("staff.series_changes.move", series_id=made.id, visit_id=second.id)
        assert amara.send(url, rule | chosen).status_code == 303
        found = visits(session)
        assert found[0].starts_at == cast.tomorrow_at(10)
        assert [each.starts_at for each in found[1:]] == [cast.tomorrow_at(14, days=2 + 7 * n) for n in (1, 2, 3)]
        assert {each.provider_id for each in found[1:]} == {cast.dr_lind.id}

    def test_a_new_time_that_is_taken_moves_nothing_and_says_which(self, amara, cast, session, made):
        cast.booked(cast.tomorrow_at(14, days=8))
        rule = {"scope": "all", "first_on": day(cast).isoformat(), "at_time": "14:00", "provider_id": cast.dr_osei.id}
        own = [each for each in visits(session) if each.series_id]
        chosen = {f"visit-{each.id}": cast.tomorrow_at(14, days=1 + 7 * n).isoformat() for n, each in enumerate(own)}
        answer = amara.send("staff.series_changes.move", rule | chosen, series_id=made.id)
        assert answer.status_code == 409 and "is no longer free" in answer.text
        times = [each.starts_at for each in visits(session) if each.series_id]
        assert times == [cast.tomorrow_at(10, days=1 + 7 * n) for n in range(4)]

    def test_it_is_offered_to_no_doctor_who_is_not_approved_yet(self, amara, cast, session, made):
        page = amara.open("staff.series_changes.change", series_id=made.id).text
        assert "Dr Astrid Lind" in page
        cast.dr_lind.approved_at = None
        session.commit()
        assert "Dr Astrid Lind" not in amara.open("staff.series_changes.change", series_id=made.id).text

    def test_a_doctor_may_look_but_not_change_and_a_stranger_neither(self, osei, lind, stranger, made):
        assert osei.open("staff.series.show", series_id=made.id).status_code == 200
        assert osei.open("staff.series_changes.change", series_id=made.id).status_code == 403
        assert lind.open("staff.series.show", series_id=made.id).status_code == 404
        for endpoint in ("staff.series.show", "staff.series_changes.change", "staff.series_changes.cancel"):
            assert stranger.open(endpoint, series_id=made.id).status_code == 404


class TestCancel:
    def test_later_ones_are_cancelled_with_a_reason_and_taken_back(self, amara, session, made):
        second = visits(session)[1]
        url = amara.url("staff.series_changes.cancel", series_id=made.id, visit_id=second.id)
        assert amara.open(url).status_code == 200
        assert amara.send(url, {"scope": "later", "reason": ""}).status_code == 422
        assert amara.send(url, {"scope": "later", "reason": "patient"}).status_code == 303
        assert [each.status for each in visits(session)] == [VisitStatus.BOOKED] + [VisitStatus.CANCELLED] * 3
        off = visits(session)[1].cancelled_at.isoformat()
        assert amara.send("staff.series_changes.restore", series_id=made.id, called_off_at=off).status_code == 303
        assert {each.status for each in visits(session)} == {VisitStatus.BOOKED}

    def test_the_undo_is_of_this_calling_off_and_of_no_later_one(self, amara, session, made):
        third = visits(session)[2]
        url = amara.url("staff.series_changes.cancel", series_id=made.id, visit_id=third.id)
        amara.send(url, {"scope": "later", "reason": "clinic"})
        page = amara.open("staff.series.show", series_id=made.id).text
        undo = re.search(r'action="(/staff/series/[^"]*restore[^"]*)"', page)[1].replace("&amp;", "&")
        first = visits(session)[0]
        amara.send("staff.visits.cancel", {"reason": "patient"}, visit_id=first.id)
        assert amara.send(undo).status_code == 303
        assert [each.status for each in visits(session)] == [VisitStatus.CANCELLED] + [VisitStatus.BOOKED] * 3

    def test_an_unreadable_moment_is_the_page_of_nothing(self, amara, made):
        url = amara.url("staff.series_changes.restore", series_id=made.id, called_off_at="yesterday")
        assert amara.open(url).status_code == 404

    def test_once_nothing_is_to_come_there_is_nothing_to_change(self, amara, made):
        amara.send("staff.series_changes.cancel", {"scope": "all", "reason": "patient"}, series_id=made.id)
        for endpoint in ("change", "cancel"):
            assert amara.open(f"staff.series_changes.{endpoint}", series_id=made.id).status_code == 404
        assert "Move several" not in amara.open("staff.series.show", series_id=made.id).text


def test_the_patient_sees_where_a_visit_stands_and_the_others(maya, session, made):
    found = visits(session)
    page = maya.open("portal.visits.show", visit_id=found[1].id).text
    assert "Visit 2 of 4" in page and f"/portal/visits/{found[3].id}" in page
