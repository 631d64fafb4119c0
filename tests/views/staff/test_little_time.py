"""A gap between two visits that is shorter than the visit: the desk reads how much of it is free."""


def test_of_a_gap_that_is_too_short_it_says_how_many_minutes_are_free(amara, cast):
    cast.booked(patient=cast.maya_patient)
    facts = {"visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id, "patient_id": cast.tom.id}
    for minute, words in ((50, "Only 10 minutes are free then."), (0, "This time is taken.")):
        at = cast.tomorrow_at(9 if minute else 10, minute).isoformat()
        page = amara.open("staff.booking.chosen", htmx=True, starts_at=at, **facts).text
        assert words in page and "Overbook" in page
