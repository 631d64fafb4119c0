"""Open ends: what nobody has closed, oldest first, of one's own patients only, a page at a time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_orders import Wanted
from clinic.db import now
from clinic.models.lab_orders import LabOrder
from clinic.queries import open_ends
from tests.labs import entered, ordered, sodium
from tests.queries_counted import counted


@pytest.fixture(autouse=True)
def known(cast):
    """Maya has a visit with Dr Osei, so that she is a patient of theirs."""
    return cast.booked(patient=cast.maya_patient)


def test_orders_and_results_stand_there_until_somebody_has_closed_them(cast, session, osei):
    order = ordered(cast, session)
    session.execute(sa.update(LabOrder).values(ordered_at=now() - timedelta(days=20)))
    session.commit()
    lab_results.enter(cast.maya_patient, [sodium("170", flag="very_high")], by=cast.osei.actor)
    session.commit()
    page = osei.open("staff.open_ends.index").text
    assert "20 days" in page and "for long" in page and "Urgent" in page
    assert page.index("Laboratory order</a>") < page.index("Results without an order</a>")
    entered(cast, session, order)
    page = osei.open("staff.open_ends.index", kind="lab_review").text
    assert "Results to look at</a>" in page and "Results without an order</a>" not in page
    lab_orders.review(order, by=cast.osei.actor)
    for result in session.scalars(sa.select(lab_results.LabResult).where(lab_results.LabResult.order_id.is_(None))):
        lab_results.review(result, by=cast.osei.actor)
    session.commit()
    assert "Nothing is open" in osei.open("staff.open_ends.index").text


def test_a_doctor_sees_their_own_and_if_they_ask_those_of_their_patients(cast, session, osei, lind):
    lab_orders.order(session, cast.maya_patient, Wanted(("Ferritin",)), by=cast.lind.actor)
    lab_orders.order(session, cast.tom, Wanted(("Lithium",)), by=cast.lind.actor)
    session.commit()
    assert "Nothing is open" in osei.open("staff.open_ends.index").text
    page = osei.open("staff.open_ends.index", all="yes").text
    assert "Ferritin" in page and "Lithium" not in page
    # Nobody is Dr Lind's patient: neither has a visit there.
    assert "Nothing is open" in lind.open("staff.open_ends.index").text


def test_the_desk_has_no_such_list_and_no_such_kind_is_no_page(amara, osei):
    assert amara.open("staff.open_ends.index").status_code == 403
    assert osei.open("staff.open_ends.index", kind="gossip").status_code == 404


def test_many_open_ends_cost_no_more_questions_than_one_and_come_by_the_page(app, cast, session, osei):
    ordered(cast, session)
    with counted(app) as few:
        osei.open("staff.open_ends.index")
    for _each in range(open_ends.ON_A_PAGE):
        lab_orders.order(session, cast.maya_patient, Wanted(("ALT",)), by=cast.osei.actor)
    session.commit()
    with counted(app) as many:
        page = osei.open("staff.open_ends.index").text
    assert len(many) <= len(few)
    assert page.count("Laboratory order</a>") == open_ends.ON_A_PAGE and "page=2" in page
    assert osei.open("staff.open_ends.index", page=2).text.count("Laboratory order</a>") == 1
