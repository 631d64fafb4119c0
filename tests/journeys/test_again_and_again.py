"""What comes again and again: a group is published and filled, a series is looked at, booked, moved and called off."""

from zoneinfo import ZoneInfo

import pytest

from tests.journeys.browser import PHONE

LONDON = ZoneInfo("Europe/London")


def day(cast, days=1):
    return cast.tomorrow_at(10, days=days).astimezone(LONDON).date().isoformat()


def test_a_group_is_published_filled_and_called_off(window, cast, size):
    desk = window(cast.amara, size=size).go("/staff/groups")
    desk.sees("No group is planned")
    desk.press("Publish a time", role="link")
    page = desk.page
    page.get_by_label("Doctor").select_option(label="Dr Kwame Osei")
    page.get_by_label("Type of visit").select_option(label="Consultation")
    page.get_by_label("How many places").fill("8")
    page.get_by_label("Title").fill("Back care")
    page.get_by_label("First day").fill(day(cast))
    page.get_by_label("Time", exact=True).fill("18:00")
    page.get_by_label("Repeat").select_option(label="Every so many weeks")
    page.get_by_label("How many times").fill("3")
    desk.press("Publish, or show the dates")
    desk.sees("Which dates?")
    desk.check()
    page.get_by_role("checkbox").nth(1).uncheck()
    desk.press("Publish the ticked dates")
    desk.sees("2 times are published")
    desk.check().picture(f"groups-{size['width']}")
    page.get_by_role("link", name="Back care").first.click()
    cast.booked(cast.tomorrow_at(18), patient=cast.maya_patient)
    page.reload()
    desk.sees("1 of 8 places taken")
    desk.check().picture(f"group-{size['width']}")
    desk.press("Call off", role="link")
    desk.check()
    page.get_by_label("Why is it cancelled?").select_option(label="The doctor is away")
    desk.press("Call off")
    desk.sees("1 visit was cancelled")
    desk.press("Undo")
    desk.sees("1 of 8 places taken")


def test_a_series_is_looked_at_booked_moved_and_called_off(window, cast, size):
    cast.booked(cast.tomorrow_at(10, days=8))
    desk = window(cast.amara, size=size)
    desk.go(
        f"/staff/booking/new?patient_id={cast.maya_patient.id}&provider_id={cast.dr_osei.id}"
        f"&visit_type_id={cast.consultation.id}&date={day(cast)}&time=10:00"
    )
    desk.press("Repeat it, such as every week", role="link")
    desk.press("Show the dates")
    desk.sees("1 date cannot be had as it is.")
    desk.check().picture(f"series-dates-{size['width']}")
    desk.press("Book these visits")
    desk.sees("8 visits are booked")
    desk.check().picture(f"series-{size['width']}")
    desk.page.get_by_role("link", name="Move from here").nth(4).click()
    desk.page.get_by_label("Time", exact=True).fill("14:00")
    desk.press("Show the new dates")
    desk.check().picture(f"series-move-{size['width']}")
    desk.press("Move these visits")
    desk.sees("4 visits are moved")
    desk.press("Cancel several", role="link")
    desk.check()
    desk.page.get_by_label("This visit alone").check()
    desk.page.get_by_label("Why is it cancelled?").select_option(label="The patient cancelled")
    desk.press("Cancel the visits")
    desk.sees("1 visit is cancelled")
    patient = window(cast.maya, size=size).go("/portal")
    patient.page.get_by_role("link", name="Show the visit").click()
    patient.sees("All visits of this series")
    patient.check().picture(f"series-portal-{size['width']}")


@pytest.mark.parametrize("size", [PHONE], ids=["360"], indirect=True)
def test_without_script_the_same_forms_do_it(window, cast, size):
    desk = window(cast.amara, size=size, javascript=False)
    desk.go(
        f"/staff/series/new?patient_id={cast.tom.id}&provider_id={cast.dr_osei.id}"
        f"&visit_type_id={cast.consultation.id}&starts_at={cast.tomorrow_at(10).isoformat().replace('+', '%2B')}"
    )
    desk.page.get_by_label("How many times").fill("3")
    desk.press("Show the dates")
    desk.press("Book these visits")
    desk.sees("3 visits are booked")
