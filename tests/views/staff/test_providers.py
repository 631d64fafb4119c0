"""The administrator's doctors: profile, approval, what they offer, leaving."""

import re
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.models.accounts import Membership, Role
from clinic.models.organizations import Clinic
from clinic.models.people import VisitMode
from clinic.models.providers import Provider, ProviderVisitType
from clinic.models.schedule import Availability
from clinic.models.strandings import Stranding
from clinic.models.visits import Visit, VisitStatus
from tests.actions.stranding import work
from tests.rooms import a_place

TYPED = {
    "display_name": "Dr Ada Brandt",
    "title": "Cardiologist",
    "specialties": "Cardiology,  Sports medicine, Cardiology",
    "languages": "German, English",
    "license_number": "GMC 1234567",
    "years_experience": "12",
    "bio": "Kind.",
    "qualifications": "MD",
    "consultation_fee": "80",
    "telemed_enabled": "y",
    "location_id": "",
    "user_id": "",
    "colour": "#223344",
    "colour_code": "",
}


def ada(session):
    session.expire_all()
    return session.scalars(sa.select(Provider).where(Provider.display_name == "Dr Ada Brandt")).one()


class TestCreate:
    def test_a_new_doctor_is_not_approved_and_cannot_be_booked(self, ines, cast, session):
        assert ines.send("staff.providers.create", TYPED).status_code == 303
        made = ada(session)
        assert made.specialties == ["Cardiology", "Sports medicine"] and made.languages == ["German", "English"]
        assert (str(made.consultation_fee), made.years_experience, made.colour) == ("80.000", 12, None)
        assert made.approved_at is None and not made.is_bookable
        ines.send("staff.providers.offer", {f"offers_{cast.consultation.id.hex}": "y"}, provider_id=made.id)
        with pytest.raises(Refused):
            book(session, cast.wish(cast.tomorrow_at(10), provider=made), by=cast.amara.actor)

    def test_a_licence_number_that_another_doctor_has_is_said_with_their_name(self, ines, cast, session):
        cast.dr_osei.license_number = "GMC 1234567"
        session.commit()
        answer = ines.send("staff.providers.create", TYPED)
        assert answer.status_code == 409 and "Dr Kwame Osei already has this licence number." in answer.text
        assert 'value="Dr Ada Brandt"' in answer.text

    def test_an_account_is_one_doctor_only(self, ines, cast):
        answer = ines.send("staff.providers.create", {**TYPED, "user_id": str(cast.osei.user.id)})
        assert answer.status_code == 409 and "already here as Dr Kwame Osei" in answer.text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"display_name": ""},
            {"years_experience": "-1"},
            {"years_experience": "9" * 5000},
            {"consultation_fee": "NaN"},
            {"consultation_fee": "1e309"},
            {"consultation_fee": "-5"},
            {"location_id": "x"},
            {"user_id": "0"},
            {"specialties": ",".join(str(n) for n in range(21))},
            {"bio": "x" * 2001},
            {"bio": "\x00"},
            {"has_colour": "y", "colour_code": "#zzzzzz"},
        ],
    )
    def test_what_cannot_be_read_is_asked_again(self, ines, cast, wrong):
        assert ines.send("staff.providers.create", {**TYPED, **wrong}).status_code == 422

    def test_somebody_who_is_no_doctor_here_cannot_be_linked(self, ines, cast):
        for user in (cast.amara.user, cast.reyes.user):
            assert ines.send("staff.providers.create", {**TYPED, "user_id": str(user.id)}).status_code == 422

    def test_only_the_administrator_may(self, amara, osei):
        assert amara.send("staff.providers.create", TYPED).status_code == 403
        assert osei.open("staff.providers.new").status_code == 403

    def test_a_fee_is_read_as_the_clinic_writes_numbers(self, ines, cast, session):
        session.execute(sa.update(Clinic).values(locale="de_DE", currency="EUR").where(Clinic.id == cast.rose.id))
        session.commit()
        assert ines.send("staff.providers.create", {**TYPED, "consultation_fee": "1.080,50"}).status_code == 303
        assert ada(session).consultation_fee == 1080.5
        assert 'value="1080,50"' in ines.open("staff.providers.edit", provider_id=ada(session).id).text


class TestUpdate:
    def test_the_form_shows_what_is_stored_and_saves_what_is_typed(self, ines, cast, session):
        assert 'value="Dr Kwame Osei"' in ines.open("staff.providers.edit", provider_id=cast.dr_osei.id).text
        typed = {**TYPED, "user_id": str(cast.osei.user.id)}
        assert ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id).status_code == 303
        assert ada(session).id == cast.dr_osei.id

    def test_a_doctor_whose_role_has_ended_keeps_the_link(self, ines, cast, session):
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.osei.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        typed = {**TYPED, "user_id": str(cast.osei.user.id)}
        assert ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id).status_code == 303

    def test_another_usual_place_is_saved_once_it_was_seen_which_visits_would_be_there(self, ines, cast, session):
        north, south = a_place(session, cast, "North"), a_place(session, cast, "South")
        cast.dr_osei.location_id = north.id
        session.commit()
        at = {days: cast.tomorrow_at(10, days=days) for days in (1, 2, 3)}
        for days in at:
            cast.booked(at[days], visit_mode=VisitMode.VIRTUAL if days == 2 else VisitMode.IN_PERSON)
        # The hours of the third day name their place themselves.
        (row,) = session.scalars(
            sa.select(Availability).where(
                Availability.provider_id == cast.dr_osei.id, Availability.weekday == (at[3].weekday() + 1) % 7
            )
        ).all()
        row.location_id = north.id
        session.commit()
        typed = {**TYPED, "user_id": str(cast.osei.user.id), "location_id": str(north.id)}
        assert ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id).status_code == 303
        typed["location_id"] = str(south.id)
        page = ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id)
        assert page.status_code == 422 and "1 visit that is booked would be at another place" in page.text
        linked = re.findall(r"/staff/day\?date=([0-9-]+)", page.text)
        assert str(at[1].date()) in linked and not {str(at[2].date()), str(at[3].date())} & set(linked)
        assert f'<option selected value="{south.id}">' in page.text and 'name="place_seen"' in page.text
        session.expire_all()
        assert cast.dr_osei.location_id == north.id
        elsewhere = typed | {"location_id": str(uuid4())}
        assert ines.send("staff.providers.update", elsewhere, provider_id=cast.dr_osei.id).status_code == 422
        typed["place_seen"] = "y"
        assert ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id).status_code == 303
        assert "place_seen" not in ines.open("staff.providers.edit", provider_id=cast.dr_osei.id).text
        session.expire_all()
        assert cast.dr_osei.location_id == south.id

    def test_in_a_clinic_of_one_place_no_visit_moves_with_it(self, ines, cast, session):
        north = a_place(session, cast, "North")
        cast.booked()
        typed = {**TYPED, "user_id": str(cast.osei.user.id), "location_id": str(north.id)}
        assert ines.send("staff.providers.update", typed, provider_id=cast.dr_osei.id).status_code == 303

    def test_another_clinics_doctor_is_not_here(self, ines, cast):
        for endpoint in ("edit", "leaving"):
            assert ines.open(f"staff.providers.{endpoint}", provider_id=cast.dr_reyes.id).status_code == 404
        for verb in ("update", "offer", "approve", "withdraw_approval", "deactivate", "activate"):
            assert ines.send(f"staff.providers.{verb}", TYPED, provider_id=cast.dr_reyes.id).status_code == 404


class TestApproval:
    def test_without_an_approval_nothing_can_be_booked_and_with_it_again(self, ines, cast, session):
        ines.send("staff.providers.withdraw_approval", provider_id=cast.dr_osei.id)
        session.expire_all()
        with pytest.raises(Refused):
            book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)
        session.rollback()
        ines.send("staff.providers.approve", provider_id=cast.dr_osei.id)
        session.expire_all()
        assert book(session, cast.wish(cast.tomorrow_at(10)), by=cast.amara.actor)

    def test_nobody_decides_about_themselves(self, ines, cast, session):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=Role.DOCTOR))
        cast.dr_lind.user_id, cast.dr_lind.approved_at = cast.ines.user.id, None
        session.commit()
        answer = ines.send("staff.providers.approve", provider_id=cast.dr_lind.id)
        assert answer.status_code == 409 and "Another administrator has to decide" in answer.text
        session.expire_all()
        assert cast.dr_lind.approved_at is None

    def test_nobody_takes_over_a_profile_that_they_have_approved(self, ines, cast, session):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=Role.DOCTOR))
        cast.dr_lind.user_id = None
        session.commit()
        assert ines.send("staff.providers.approve", provider_id=cast.dr_lind.id).status_code == 303
        typed = {**TYPED, "user_id": cast.ines.user.id}
        answer = ines.send("staff.providers.update", typed, provider_id=cast.dr_lind.id)
        assert answer.status_code == 409 and "Another administrator has to decide" in answer.text
        session.rollback()
        session.expire_all()
        assert cast.dr_lind.user_id is None


class TestOffer:
    def test_ticked_types_are_offered_with_own_minutes_and_fee_and_the_others_no_more(self, ines, cast, session):
        typed = {
            f"offers_{cast.follow_up.id.hex}": "y",
            f"minutes_{cast.follow_up.id.hex}": "25",
            f"fee_{cast.follow_up.id.hex}": "12.5",
        }
        assert ines.send("staff.providers.offer", typed, provider_id=cast.dr_osei.id).status_code == 303
        session.expire_all()
        left = session.scalars(
            sa.select(ProviderVisitType).where(ProviderVisitType.provider_id == cast.dr_osei.id)
        ).all()
        assert [(each.visit_type_id, each.minutes, float(each.fee)) for each in left] == [(cast.follow_up.id, 25, 12.5)]
        session.rollback()
        visit_id = book(session, cast.wish(cast.tomorrow_at(10), visit_type=cast.follow_up), by=cast.amara.actor)
        visit = session.get(Visit, (cast.rose.id, visit_id))
        assert (visit.ends_at - visit.starts_at).total_seconds() == 25 * 60

    def test_minutes_that_are_none_are_a_sentence_and_nothing_changes(self, ines, cast, session):
        typed = {f"offers_{cast.follow_up.id.hex}": "y", f"minutes_{cast.follow_up.id.hex}": "0"}
        answer = ines.send("staff.providers.offer", typed, provider_id=cast.dr_osei.id)
        assert answer.status_code == 422 and "Enter a whole number from 1 to 1440." in answer.text
        count = sa.select(sa.func.count()).where(ProviderVisitType.provider_id == cast.dr_osei.id)
        assert session.scalar(count) == 2


class TestLeaving:
    def test_it_is_said_beforehand_what_happens_to_them(self, app, ines, cast, session):
        cast.booked(cast.tomorrow_at(10))
        before = ines.open("staff.providers.leaving", provider_id=cast.dr_osei.id).text
        assert "listed as needing another time" in before and "come for nothing" not in before
        assert "when the desk sends these proposals" in before
        list_of_them = ines.send("staff.providers.deactivate", provider_id=cast.dr_osei.id).location
        stranding = session.scalars(sa.select(Stranding)).one()
        assert list_of_them.endswith(f"/staff/stranded/{stranding.id}")
        (row,) = work(app, session, stranding)
        assert row.offer.provider_id == cast.dr_lind.id and not stranding.sent_at

    def test_the_visits_still_to_come_are_counted_and_stay_booked(self, ines, cast, session):
        visit = cast.booked()
        page = ines.open("staff.providers.leaving", provider_id=cast.dr_osei.id)
        assert "1 visit is still to come" in page.text and "/staff/day?date=" in page.text
        ines.send("staff.providers.deactivate", provider_id=cast.dr_osei.id)
        session.expire_all()
        assert not cast.dr_osei.is_active and visit.status == VisitStatus.BOOKED
        with pytest.raises(Refused):
            book(session, cast.wish(cast.tomorrow_at(11)), by=cast.amara.actor)
        session.rollback()
        ines.send("staff.providers.activate", provider_id=cast.dr_osei.id)
        session.expire_all()
        assert cast.dr_osei.is_bookable


class TestList:
    def test_the_desk_sees_all_doctors_and_a_doctor_themselves(self, ines, amara, osei, cast):
        assert "Dr Astrid Lind" in ines.open("staff.providers.index").text
        assert "Dr Astrid Lind" in amara.open("staff.providers.index").text
        page = osei.open("staff.providers.index").text
        assert "Dr Kwame Osei" in page and "Dr Astrid Lind" not in page

    def test_what_keeps_a_doctor_from_being_booked_is_said(self, ines, cast, session):
        session.execute(sa.delete(ProviderVisitType))
        cast.dr_lind.approved_at = None
        session.commit()
        page = ines.open("staff.providers.index").text
        assert "Not approved" in page and "No visit types" in page
