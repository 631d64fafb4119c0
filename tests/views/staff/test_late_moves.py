"""A move after the patients’ cut-off to a time that is taken: why is asked first, whichever time is taken instead."""

import re

import pytest


@pytest.fixture
def late(session, cast):
    """Tom's visit, which patients could not move any more, and Maya's at eleven."""
    cast.consultation.move_cutoff_hours = 200
    session.commit()
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    return cast.booked()


def comes_first(page):
    return page.count('name="overbook_reason"') == 1 and page.index('name="overbook_reason"') < page.index(
        "The nearest"
    )


def test_in_the_drawer(amara, cast, session, late):
    where = {"provider_id": cast.dr_osei.id, "starts_at": cast.tomorrow_at(11).isoformat()}
    page = amara.send("staff.moving.move", where, htmx=True, visit_id=late.id).text
    assert comes_first(page)
    instead = re.search(r'name="pick" value="([^"]+)"', page).group(1)
    sent = {"pick": instead, "overbook_reason": "Bus"}
    assert amara.send("staff.moving.move", sent, htmx=True, visit_id=late.id).status_code == 200


def test_on_the_page_that_moves(amara, cast, late):
    taken = cast.tomorrow_at(11).isoformat()
    page = amara.open("staff.booking.move_chosen", htmx=True, visit_id=late.id, starts_at=taken).text
    assert comes_first(page) and "Overbook" in page
