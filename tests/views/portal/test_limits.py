"""In the portal: limits are said before anything is chosen, cut-offs before anything is booked."""

import sqlalchemy as sa

from clinic.models.providers import ProviderVisitType
from clinic.models.visits import Visit


def way(cast, starts_at, **more):
    """An address on the way to a visit, everything chosen."""
    return {
        "visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id, "provider_id": cast.dr_osei.id,
        "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "visit_mode": "in_person", **more,
    }  # fmt: skip


def test_the_last_look_says_until_when_the_visit_can_be_moved_and_cancelled(maya, cast, session):
    cast.consultation.move_cutoff_hours, cast.consultation.cancel_cutoff_hours = 1, 0
    session.commit()
    page = maya.open("portal.booking.check", **way(cast, cast.tomorrow_at(10))).text
    assert "move the visit yourself until 1 hour before" in page and "cancel it until it begins" in page


def test_the_last_look_promises_nothing_that_is_over(maya, cast, session):
    cast.consultation.move_cutoff_hours = cast.consultation.cancel_cutoff_hours = 200
    session.commit()
    page = maya.open("portal.booking.check", **way(cast, cast.tomorrow_at(10))).text
    assert "To move or cancel a visit at this time, please call us." in page and "hours before" not in page


def test_so_does_the_page_of_the_visit(maya, cast):
    visit = cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)
    page = maya.open("portal.visits.show", visit_id=visit.id).text
    assert "You can move it here until" in page and "You can cancel here until" in page


def test_with_enough_visits_to_come_the_type_is_not_booked_here(maya, cast, session):
    cast.consultation.limit_per_patient = 1
    session.commit()
    visit = cast.booked(cast.tomorrow_at(10, days=3), patient=cast.maya_patient)
    answer = maya.open("portal.booking.doctor", visit_type_id=cast.consultation.id)
    assert answer.status_code == 409 and "as many visits of this type to come" in answer.text
    sent = {name: value for name, value in way(cast, cast.tomorrow_at(10)).items() if name != "doctor"}
    answer = maya.send("portal.booking.create", sent)
    assert answer.status_code == 409 and "Please call us" in answer.text
    assert session.query(Visit).count() == 1
    assert maya.open("portal.visits.move", visit_id=visit.id).status_code == 200


def test_a_full_day_is_not_offered_and_refused_with_the_nearest(maya, cast, session):
    cast.consultation.limit_per_day = 1
    session.commit()
    cast.booked(cast.tomorrow_at(9))
    day = cast.tomorrow_at(9).date()
    page = maya.open("portal.booking.time", visit_type_id=cast.consultation.id, doctor=cast.dr_osei.id, day=day)
    assert "11:00" not in page.text
    answer = maya.send("portal.booking.create", way(cast, cast.tomorrow_at(11)))
    assert answer.status_code == 409 and "no more visits of this type that day" in answer.text


def test_the_price_is_the_doctors_own_on_every_page_that_says_one(maya, nobody, cast, session):
    offers = sa.update(ProviderVisitType).where(ProviderVisitType.visit_type_id == cast.consultation.id)
    cast.consultation.fee, cast.dr_lind.consultation_fee = 60, 90
    session.execute(offers.where(ProviderVisitType.provider_id == cast.dr_osei.id).values(fee=0))
    session.commit()
    assert "from £0.00" in maya.open("portal.booking.new").text
    assert "20 minutes · from £0.00" in nobody.open("public.clinics.show", slug="rose-street").text
    doctors = maya.open("portal.booking.doctor", visit_type_id=cast.consultation.id).text
    assert "£0.00" in doctors and "£90.00" in doctors and "£60.00" not in doctors
    for doctor, price in ((cast.dr_osei, "£0.00"), (cast.dr_lind, "£90.00")):
        chosen = {"doctor": doctor.id, "provider_id": doctor.id}
        assert price in maya.open("portal.booking.check", **way(cast, cast.tomorrow_at(10), **chosen)).text


def test_one_price_is_said_plainly_and_none_where_none_is_known(maya, cast, session):
    assert "£" not in maya.open("portal.booking.new").text
    cast.consultation.fee = 60
    session.commit()
    page = maya.open("portal.booking.new").text
    assert "· £60.00" in page and "from £" not in page
