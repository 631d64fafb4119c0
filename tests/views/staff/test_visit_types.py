"""The administrator's visit types: adding, changing, ordering, and no longer offering one."""

import pytest
import sqlalchemy as sa

from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.models.audit import AuditEntry
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import BookingRule, VisitType

TYPED = {
    "name": "Vaccination",
    "minutes": "15",
    "buffer_before": "0",
    "buffer_after": "5",
    "step_minutes": "",
    "fee": "25.50",
    "visit_mode": "in_person",
    "capacity": "1",
    "booking": "request",
    "answer_within_hours": "12",
    "minimum_notice_minutes": "120",
    "horizon_days": "90",
    "cancel_cutoff_hours": "6",
    "move_cutoff_hours": "12",
    "has_colour": "y",
    "colour": "#aabbcc",
    "colour_code": "",
    "description": "A quick one.",
}


class TestCreate:
    def test_a_new_type_stands_last_and_the_ticked_doctor_offers_it(self, ines, cast, session):
        answer = ines.send("staff.visit_types.create", {**TYPED, "provider_ids": str(cast.dr_osei.id)})
        assert answer.status_code == 303
        made = session.scalars(sa.select(VisitType).where(VisitType.name == "Vaccination")).one()
        assert (made.minutes, made.buffer_after, made.step_minutes, str(made.fee)) == (15, 5, None, "25.500")
        assert (made.visit_mode, made.booking, made.colour) == (VisitMode.IN_PERSON, BookingRule.REQUEST, "#aabbcc")
        assert made.position == 2
        offers = sa.select(ProviderVisitType.provider_id).where(ProviderVisitType.visit_type_id == made.id)
        assert session.scalars(offers).all() == [cast.dr_osei.id]
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.resource_id == made.id)).one()
        assert entry.action == "visit_types.add" and entry.actor_id == cast.ines.user.id

    def test_a_name_that_is_taken_is_said_at_the_field_and_what_was_typed_stays(self, ines, cast):
        answer = ines.send("staff.visit_types.create", {**TYPED, "name": "Follow-up"})
        assert answer.status_code == 409
        assert "There is already a visit type with this name." in answer.text and 'value="25.50"' in answer.text

    @pytest.mark.parametrize("number", ["", "NaN", "1e309", "9" * 5000, "-1", "0", "1441", "2.5", "٣", "0x10", "\x00"])
    def test_a_length_that_is_no_length_is_a_sentence(self, ines, cast, number):
        answer = ines.send("staff.visit_types.create", {**TYPED, "minutes": number})
        assert answer.status_code == 422 and "Enter a whole number from 1 to 1440." in answer.text

    @pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e309", "9" * 5000, "-1", "1000000000", "five", "1,2,3"])
    def test_a_fee_that_is_no_amount_is_a_sentence(self, ines, cast, amount):
        answer = ines.send("staff.visit_types.create", {**TYPED, "fee": amount})
        assert answer.status_code == 422 and "Enter an amount such as 45.00" in answer.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"booking": "always"},
            {"visit_mode": "by_post"},
            {"provider_ids": "x"},
            {"colour": "red"},
            {"colour_code": "#12345"},
            {"name": " "},
            {"name": "x" * 81},
            {"name": "a\x00b"},
        ],
    )
    def test_what_cannot_be_read_is_asked_again(self, ines, cast, wrong):
        assert ines.send("staff.visit_types.create", {**TYPED, **wrong}).status_code == 422

    def test_a_doctor_of_another_clinic_cannot_be_ticked(self, ines, cast):
        answer = ines.send("staff.visit_types.create", {**TYPED, "provider_ids": str(cast.dr_reyes.id)})
        assert answer.status_code == 422

    def test_only_the_administrator_may(self, amara, osei, nobody):
        assert amara.send("staff.visit_types.create", TYPED).status_code == 403
        assert osei.open("staff.visit_types.index").status_code == 403
        assert nobody.open("staff.visit_types.index").status_code in (302, 303)


class TestUpdate:
    def test_a_code_wins_over_the_picker_and_a_doctor_keeps_their_own_minutes(self, ines, cast, session):
        offer = sa.select(ProviderVisitType).where(
            ProviderVisitType.provider_id == cast.dr_osei.id, ProviderVisitType.visit_type_id == cast.consultation.id
        )
        session.scalars(offer).one().minutes = 45
        session.commit()
        typed = {**TYPED, "colour_code": "#112233", "provider_ids": [str(cast.dr_osei.id)]}
        answer = ines.send("staff.visit_types.update", typed, visit_type_id=cast.consultation.id)
        assert answer.status_code == 303
        session.expire_all()
        assert cast.consultation.name == "Vaccination" and cast.consultation.colour == "#112233"
        left = session.scalars(
            sa.select(ProviderVisitType).where(ProviderVisitType.visit_type_id == cast.consultation.id)
        ).all()
        assert [(each.provider_id, each.minutes) for each in left] == [(cast.dr_osei.id, 45)]

    def test_the_form_shows_what_is_stored(self, ines, cast):
        page = ines.open("staff.visit_types.edit", visit_type_id=cast.consultation.id)
        assert page.status_code == 200 and 'value="Consultation"' in page.text and 'value="20"' in page.text

    def test_another_clinics_type_is_not_here(self, ines, cast):
        assert ines.open("staff.visit_types.edit", visit_type_id=cast.checkup.id).status_code == 404
        assert ines.send("staff.visit_types.update", TYPED, visit_type_id=cast.checkup.id).status_code == 404
        assert ines.send("staff.visit_types.deactivate", visit_type_id=cast.checkup.id).status_code == 404


class TestOrder:
    def test_down_and_up_change_places_with_the_neighbour_and_the_ends_stay(self, ines, cast, session):
        def order():
            session.expire_all()
            return session.scalars(sa.select(VisitType.name).order_by(VisitType.position)).all()

        ines.send("staff.visit_types.move_down", visit_type_id=cast.consultation.id)
        assert order() == ["Follow-up", "Consultation"]
        ines.send("staff.visit_types.move_down", visit_type_id=cast.consultation.id)
        assert order() == ["Follow-up", "Consultation"]
        part = ines.send("staff.visit_types.move_up", htmx=True, visit_type_id=cast.consultation.id)
        assert order() == ["Consultation", "Follow-up"] and part.text.lstrip().startswith('<div id="visit-types">')


class TestIndex:
    def test_a_type_that_no_doctor_offers_says_so_and_where_that_is_mended(self, ines, cast, session):
        assert "No doctor offers it" not in ines.open("staff.visit_types.index").text
        session.execute(sa.delete(ProviderVisitType).where(ProviderVisitType.visit_type_id == cast.follow_up.id))
        session.commit()
        page = ines.open("staff.visit_types.index").text
        assert page.count("No doctor offers it") == 1
        assert f'href="/staff/visit-types/{cast.follow_up.id}#provider_ids"' in page
        assert 'id="provider_ids' in ines.open("staff.visit_types.edit", visit_type_id=cast.follow_up.id).text

    def test_one_whose_doctors_cannot_be_booked_says_that(self, ines, cast, session):
        session.execute(sa.update(Provider).values(approved_at=None))
        session.commit()
        page = ines.open("staff.visit_types.index").text
        assert page.count("No doctor of it can be booked") == 2 and "No doctor offers it" not in page
        ines.send("staff.visit_types.deactivate", visit_type_id=cast.follow_up.id)
        assert ines.open("staff.visit_types.index").text.count("No doctor of it can be booked") == 1


class TestDeactivate:
    def test_an_inactive_type_cannot_be_booked_and_an_active_one_can_again(self, ines, cast, session):
        ines.send("staff.visit_types.deactivate", visit_type_id=cast.consultation.id)
        session.expire_all()
        with pytest.raises(Refused):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        session.rollback()
        ines.send("staff.visit_types.activate", visit_type_id=cast.consultation.id)
        session.expire_all()
        assert book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
