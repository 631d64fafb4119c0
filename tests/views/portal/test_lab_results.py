"""A patient's results: in plain words with the usual range, only once they are released, and only their own."""

import io

import pypdf

from clinic.actions import lab_orders, lab_results
from clinic.actions.lab_results import Rule
from clinic.models.releasing import ReleaseRule
from tests.labs import entered, ordered, sodium


def test_results_are_there_once_released_and_not_before_and_not_after_they_were_held_back(cast, session, maya):
    order = entered(cast, session, ordered(cast, session), sodium("151"), sodium())
    assert "No results yet" in maya.open("portal.lab_results.index").text
    assert maya.open("portal.lab_results.show", order_id=order.id).status_code == 404
    lab_orders.review(order, "Drink more water.", by=cast.osei.actor)
    session.commit()
    assert "Sodium, Potassium" in maya.open("portal.lab_results.index").text
    page = maya.open("portal.lab_results.show", order_id=order.id).text
    assert "Higher than the usual range." in page and "Usual: 135 to 145 mmol/L." in page
    assert "In the usual range." in page and "Drink more water." in page
    lab_orders.revoke(order, by=cast.osei.actor)
    session.commit()
    assert maya.open("portal.lab_results.show", order_id=order.id).status_code == 404
    assert maya.open("portal.lab_results.paper", order_id=order.id).status_code == 404
    assert maya.open("portal.lab_results.pdf", order_id=order.id).status_code == 404


def test_what_is_far_from_usual_says_whom_to_call(cast, session, maya):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW), sodium("170", flag="very_high"))
    page = maya.open("portal.lab_results.show", order_id=order.id).text
    assert "Much higher than the usual range." in page and "tel:+442079460000" in page


def test_results_without_an_order_stand_below_and_an_earlier_one_is_told_only_if_it_was_released(cast, session, maya):
    lab_results.enter(cast.maya_patient, [sodium("137.5")], by=cast.osei.actor)
    lab_results.enter(cast.maya_patient, [sodium("139")], rule=Rule(ReleaseRule.NOW), by=cast.osei.actor)
    session.commit()
    page = maya.open("portal.lab_results.index").text
    assert "139 mmol/L" in page and "137.5" not in page


def test_a_patient_prints_their_results_in_plain_words(cast, session, maya):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW), sodium("151"))
    page = maya.open("portal.lab_results.paper", order_id=order.id).text
    assert "Rose Street Clinic" in page and "Higher than the usual range." in page


def test_a_patient_keeps_what_is_released_as_a_tagged_pdf(cast, session, maya):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW), sodium("151"))
    assert maya.url("portal.lab_results.pdf", order_id=order.id) in maya.open(
        "portal.lab_results.show", order_id=order.id
    ).text  # fmt: skip
    file = pypdf.PdfReader(io.BytesIO(maya.open("portal.lab_results.pdf", order_id=order.id).data))
    words = " ".join(" ".join(each.extract_text() for each in file.pages).split())
    assert file.trailer["/Root"]["/MarkInfo"]["/Marked"] and "Rose Street Clinic" in words
    assert "151 mmol/L" in words and "Higher than the usual range." in words and "Maya Okafor" in words


def test_nobody_elses_results_are_theirs_to_see(cast, session, maya):
    order = entered(cast, session, ordered(cast, session, ReleaseRule.NOW, patient=cast.tom), sodium("151"))
    for way in ("show", "paper", "pdf"):
        assert maya.open(f"portal.lab_results.{way}", order_id=order.id).status_code == 404
    assert maya.open("portal.lab_results.index", patient_id=cast.tom.id).status_code == 404
    assert "No results yet" in maya.open("portal.lab_results.index").text
