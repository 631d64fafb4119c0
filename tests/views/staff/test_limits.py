"""At the desk: what a type's limits and cut-offs look like, and how a reason goes past them."""

from clinic.models.visits import Visit


def facts(cast, starts_at, **more):
    """What the page sends to book Tom with Dr Osei."""
    return {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
        "starts_at": starts_at.isoformat(), "visit_mode": "in_person", **more,
    }  # fmt: skip


def test_a_full_day_is_said_before_the_button_and_a_reason_books_it(amara, cast, session):
    cast.consultation.limit_per_day = 1
    session.commit()
    cast.booked(cast.tomorrow_at(9))
    sent = facts(cast, cast.tomorrow_at(11))
    page = amara.open("staff.booking.new", **sent).text
    assert "as many visits of this type that day" in page and "Book all the same" in page
    answer = amara.send("staff.booking.create", sent)
    assert answer.status_code == 409 and "no more visits of this type that day" in answer.text
    assert amara.send("staff.booking.create", {**sent, "overbook_reason": "Sent by the hospital"}).status_code == 303
    visit = session.query(Visit).filter_by(starts_at=cast.tomorrow_at(11)).one()
    assert "Sent by the hospital" in amara.open("staff.visits.show", visit_id=visit.id).text


def test_a_patient_with_enough_visits_to_come_gets_another_with_a_reason(amara, cast, session):
    cast.consultation.limit_per_patient = 1
    session.commit()
    cast.booked(cast.tomorrow_at(9))
    sent = facts(cast, cast.tomorrow_at(11))
    assert "as many visits of this type to come" in amara.open("staff.booking.new", **sent).text
    assert amara.send("staff.booking.create", sent).status_code == 409
    assert amara.send("staff.booking.create", {**sent, "overbook_reason": "A course of six"}).status_code == 303


def test_past_the_cut_off_the_page_asks_why_it_is_moved(amara, cast, session):
    cast.consultation.move_cutoff_hours = 100
    session.commit()
    visit, sent = cast.booked(), facts(cast, cast.tomorrow_at(12))
    page = amara.open("staff.booking.move", visit_id=visit.id, starts_at=cast.tomorrow_at(12).isoformat()).text
    assert 'name="overbook_reason"' in page and "cannot move this visit any more" in page
    answer = amara.send("staff.booking.move_to", sent, visit_id=visit.id)
    assert answer.status_code == 409 and "Say why it is moved" in answer.text
    moved = amara.send("staff.booking.move_to", {**sent, "overbook_reason": "The bus broke down"}, visit_id=visit.id)
    assert moved.status_code == 303
    assert "The bus broke down" in amara.open("staff.visits.show", visit_id=visit.id).text


def test_the_administrator_sets_the_limits(ines, cast, session):
    page = ines.open("staff.visit_types.edit", visit_type_id=cast.consultation.id).text
    assert 'name="limit_per_day"' in page and 'name="limit_per_patient"' in page
    typed = {
        "name": "Consultation", "minutes": "20", "buffer_before": "0", "buffer_after": "0", "capacity": "1",
        "booking": "instant", "answer_within_hours": "24", "minimum_notice_minutes": "0", "horizon_days": "60",
        "cancel_cutoff_hours": "24", "move_cutoff_hours": "24", "limit_per_day": "8", "limit_per_patient": "",
        "provider_ids": str(cast.dr_osei.id),
    }  # fmt: skip
    assert ines.send("staff.visit_types.update", typed, visit_type_id=cast.consultation.id).status_code == 303
    session.refresh(cast.consultation)
    assert (cast.consultation.limit_per_day, cast.consultation.limit_per_patient) == (8, None)
    bad = {**typed, "limit_per_day": "0"}
    assert ines.send("staff.visit_types.update", bad, visit_type_id=cast.consultation.id).status_code == 422
