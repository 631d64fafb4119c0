"""Laboratory orders on screen: the doctor orders, follows and releases; the desk knows that there is one."""

import re

import pytest
import sqlalchemy as sa

from clinic.models.lab_orders import LabOrder, LabOrderStatus
from clinic.models.releasing import ReleaseRule
from tests.labs import entered, ordered, sodium


@pytest.fixture
def known(cast):
    """Maya has a visit with Dr Osei, so that she is a patient of theirs."""
    return cast.booked(patient=cast.maya_patient)


def address(cast, order=None):
    """What the addresses of Maya's orders are made of."""
    return {"patient_id": cast.maya_patient.id} | ({"order_id": order.id} if order else {})


def test_a_doctor_orders_tests_at_a_visit_and_finds_them_there(cast, session, osei, known):
    form = {"tests": "Sodium\nPotassium\n\nSodium", "notes": "Fasting", "release_rule": "after_days",
            "release_after_days": "3", "visit_id": known.id}  # fmt: skip
    page = osei.open("staff.lab_orders.new", **address(cast), visit_id=known.id).text
    assert str(known.id) in page and "Haemoglobin A1c" in page
    answer = osei.send("staff.lab_orders.order", form, **address(cast))
    assert answer.status_code == 303
    session.rollback()
    order = session.scalars(sa.select(LabOrder)).one()
    assert (order.tests, order.visit_id, order.release_after_days) == (["Sodium", "Potassium"], known.id, 3)
    page = osei.open("staff.lab_orders.show", **address(cast, order)).text
    assert "Fasting" in page and "3 days after they are here" in page
    assert "Sodium, Potassium" in osei.open("staff.lab_orders.index", **address(cast)).text
    assert "Sodium, Potassium" in osei.open("staff.charts.timeline", **address(cast)).text
    page = osei.open("staff.consultations.show", visit_id=known.id).text
    assert "Sodium, Potassium" in page and f"labs/order?visit_id={known.id}" in page


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"tests": " ", "release_rule": "now"}, "Name at least one test."),
        ({"tests": "ALT"}, "Say when the patient sees them."),
        ({"tests": "ALT", "release_rule": "after_days"}, "Say after how many days."),
        ({"tests": "ALT", "release_rule": "soon"}, "Choose from what is offered."),
        ({"tests": "x" * 201, "release_rule": "now"}, "at most 200 characters"),
        ({"tests": "\n".join(map(str, range(51))), "release_rule": "now"}, "at most 50 tests"),
    ],
)
def test_an_order_that_lacks_something_is_told_what(cast, osei, known, form, sentence):
    answer = osei.send("staff.lab_orders.order", form, **address(cast))
    assert answer.status_code == 422 and sentence in answer.text


def test_an_order_is_followed_step_by_step_to_its_release_and_back(cast, session, osei, known):
    order = ordered(cast, session)
    entered(cast, session, order, sodium("151"), whole=False)
    page = osei.open("staff.lab_orders.show", **address(cast, order)).text
    assert "badge-warn" in page and "High" in page and "135 to 145 mmol/L" in page
    for step, form in (("complete", {}), ("review", {"comment": "Drink more."}), ("revoke", {})):
        assert osei.send(f"staff.lab_orders.{step}", form, **address(cast, order)).status_code == 303
    page = osei.open("staff.lab_orders.show", **address(cast, order)).text
    assert "Held back from the patient" in page and "Drink more." in page
    assert len(re.findall(r"\((GMT|BST)\), Kwame Osei", page)) == 2
    assert osei.send("staff.lab_orders.release", {}, **address(cast, order)).status_code == 409
    assert osei.send("staff.lab_orders.release", {"over_hold": "yes"}, **address(cast, order)).status_code == 303
    session.rollback()
    session.refresh(order)
    assert order.is_released and order.comment == "Drink more."


def test_an_order_nothing_came_of_is_cancelled_with_its_reason(cast, session, osei, known):
    order = ordered(cast, session)
    assert osei.send("staff.lab_orders.start", {}, **address(cast, order)).status_code == 303
    assert "Cancel this order?" in osei.open("staff.lab_orders.cancel", **address(cast, order)).text
    osei.send("staff.lab_orders.cancel", {"reason": "Sample lost"}, **address(cast, order))
    session.rollback()
    session.refresh(order)
    assert (order.status, order.cancel_reason) == (LabOrderStatus.CANCELLED, "Sample lost")


def test_results_are_printed_with_their_ranges(cast, session, osei, known):
    order = entered(cast, session, ordered(cast, session), sodium("151"))
    page = osei.open("staff.lab_orders.paper", **address(cast, order)).text
    assert "Rose Street Clinic" in page and "135 to 145 mmol/L" in page and "<strong>High</strong>" in page
    assert "No result is here yet." in osei.open("staff.lab_orders.paper", **address(cast, ordered(cast, session))).text


def test_the_desk_sees_that_an_order_exists_and_nothing_in_it(cast, session, amara, known):
    order = entered(cast, session, ordered(cast, session), sodium("151"))
    page = amara.open("staff.charts.existing", **address(cast)).text
    assert "Laboratory order" in page and "Results are here" in page
    assert "Sodium" not in page and "mmol" not in page and str(order.id) not in page
    for endpoint in ("index", "show", "paper", "new"):
        ids = address(cast, order) if endpoint in ("show", "paper") else address(cast)
        assert amara.open(f"staff.lab_orders.{endpoint}", **ids).status_code == 403
    assert amara.open("staff.lab_results.index", **address(cast)).status_code == 403


def test_nobody_opens_an_order_of_a_patient_who_is_not_theirs_or_through_another_patient(
    cast, session, osei, lind, ines, stranger, known
):
    order = ordered(cast, session, ReleaseRule.NOW)
    assert lind.open("staff.lab_orders.show", **address(cast, order)).status_code == 404
    assert ines.open("staff.lab_orders.show", **address(cast, order)).status_code == 403
    assert stranger.open("staff.lab_orders.show", **address(cast, order)).status_code in (403, 404)
    cast.booked(starts_at=cast.tomorrow_at(12))
    elsewhere = {"patient_id": cast.tom.id, "order_id": order.id}
    assert osei.open("staff.lab_orders.show", **elsewhere).status_code == 404
    assert osei.send("staff.lab_orders.start", {}, **elsewhere).status_code == 404
