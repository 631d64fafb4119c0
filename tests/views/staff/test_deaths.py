"""A patient has died: the desk writes it down, nothing goes out to them any more, and it can be taken back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from clinic.actions import deaths, offers, requests
from clinic.actions.notifications import tell
from clinic.actions.requests import Asking
from clinic.models.audit import AuditEntry
from clinic.models.notifications import Notification, NotificationKind
from clinic.models.offers import LIVE, OfferStatus, SlotOffer
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import Patient
from clinic.models.schedule import Slot
from clinic.models.visits import VisitStatus
from clinic.queries.telling import needless
from tests.actions.lining_up import awake_clinic, freed, refill, wait  # noqa: F401 (a fixture: nobody is asleep)
from tests.actions.offering import offered, offering
from tests.at_once import rush
from tests.visitor import check_page

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def there(cast):
    """Where Tom's death is written down."""
    return {"patient_id": cast.tom.id}


@pytest.fixture
def tom(session, cast):
    """Tom as the database has him now."""

    def look():
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.get(Patient, (cast.rose.id, cast.tom.id))

    return look


def died(who, there, on="20/11/2024"):
    return who.send("staff.deaths.record", {"died_on": on}, **there)


class TestRecord:
    def test_a_daughter_calls_and_nothing_goes_out_any_more(self, amara, cast, session, tom, there):
        visit = cast.booked()
        offer = offered(session, cast, cast.tomorrow_at(15), visit)
        told = sa.select(Notification).where(Notification.patient_id == cast.tom.id)
        before = len(session.scalars(told).all())
        assert "The patient has died" in amara.open("staff.patients.show", **there).text
        asked = amara.open("staff.deaths.show", **there)
        assert "Has Tom Baker died?" in asked.text and f"/staff/visits/{visit.id}" in asked.text
        check_page(asked.text)
        answer = died(amara, there)
        assert answer.location == amara.url("staff.deaths.show", **there)
        page = amara.open("staff.deaths.show", **there)
        check_page(page.text)
        assert "Recorded: Tom Baker died on 20 Nov 2024." in page.text and f"/staff/visits/{visit.id}" in page.text
        assert tom().deceased_at == datetime(2024, 11, 20, tzinfo=LONDON)
        # The time that was offered is free, and nobody hears that it was taken back; what was to be sent is not.
        assert (offer.status, offer.slot_id) == (OfferStatus.WITHDRAWN, None)
        at_three = sa.select(Slot).where(Slot.starts_at == offer.starts_at)
        assert not session.scalars(at_three).all() and visit.status == VisitStatus.BOOKED
        lines = session.scalars(told).all()
        assert len(lines) == before and all(needless(session, line, None) for line in lines)
        assert tell(session, NotificationKind.MOVED, visit=visit, by=cast.amara.actor) is None

    def test_the_record_says_so_with_the_day_and_who_wrote_it_down(self, amara, ines, cast, session, tom, there):
        died(amara, there)
        page = amara.open("staff.patients.show", **there).text
        assert "20 Nov 2024" in page and "Deceased" in page and "Book a visit" not in page
        assert "20 Nov 2024" in amara.open("staff.patient_changes.index", **there).text
        assert "Amara Diallo recorded that Tom Baker has died" in ines.open("staff.audit.index", **there).text
        change = session.scalars(sa.select(PatientChange).where(PatientChange.patient_id == cast.tom.id)).one()
        assert (change.field, change.before, change.changed_by_id) == ("deceased_at", None, cast.amara.user.id)
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "deaths.record")).one()
        assert entry.patient_id == cast.tom.id and "2024" not in str(entry.changes)

    def test_a_day_nobody_knows_may_be_said_later_and_is_not_lost_again(self, amara, tom, there):
        died(amara, there, on="")
        patient = tom()
        assert patient.is_deceased and patient.died_at is None
        page = amara.open("staff.deaths.show", **there).text
        assert "Recorded: Tom Baker has died." in page and "Nobody has said on which day." in page
        assert "Undo" not in amara.open("staff.deaths.show", **there).text
        died(amara, there)
        page = amara.open("staff.deaths.show", **there).text
        assert "Died on 20 Nov 2024." in page and 'value="20/11/2024"' in page and "Undo" not in page
        died(amara, there, on="")
        assert tom().died_at == datetime(2024, 11, 20, tzinfo=LONDON)

    def test_a_moment_that_was_imported_stays_while_its_day_does(self, amara, tom, session, there):
        moment = datetime(2024, 11, 20, 14, 5, tzinfo=UTC)
        tom().deceased_at = moment
        session.commit()
        assert died(amara, there).status_code == 303 and tom().deceased_at == moment

    def test_a_day_ahead_no_day_and_one_before_the_birth_stay_on_the_form(self, amara, cast, tom, session, there):
        tom().date_of_birth = date(1955, 12, 1)
        session.commit()
        ahead = (datetime.now(LONDON) + timedelta(days=400)).strftime("%d/%m/%Y")
        for wrong, status in ((ahead, 422), ("last week", 422), ("30/11/1955", 409)):
            answer = died(amara, there, on=wrong)
            assert answer.status_code == status and f'value="{wrong}"' in answer.text
        assert "before the day they were born" in answer.text and not tom().is_deceased

    def test_the_waiting_list_passes_them_over_and_goes_to_the_next(self, amara, cast, session, tom, there):
        entry = wait(session, cast, cast.tom)
        (offer,) = refill(session, cast)
        wait(session, cast)
        died(amara, there)
        session.expire_all()
        assert offer.status == OfferStatus.WITHDRAWN and entry.status == "waiting"
        (another,) = refill(session, cast, freed(cast))
        assert another.patient_id == cast.maya_patient.id

    def test_what_they_asked_for_is_the_desks_again_and_stands_on_the_page(self, amara, cast, session, there):
        asked = requests.ask(session, cast.tom, Asking(reason="My knee is hot"), by=cast.amara.actor)
        session.commit()
        died(amara, there)
        assert f"/staff/requests/{asked.id}" in amara.open("staff.deaths.show", **there).text

    def test_a_record_that_is_erased_or_went_into_another_is_refused(self, amara, cast, session, tom, there):
        tom().erased_at = sa.func.now()
        session.commit()
        answer = died(amara, there)
        assert answer.status_code == 409 and "This record is erased" in answer.text
        assert amara.send("staff.deaths.take_back", **there).status_code == 409
        patient = tom()
        patient.erased_at, patient.merged_into_id = None, cast.maya_patient.id
        session.commit()
        answer = amara.open("staff.deaths.show", **there)
        assert answer.location == amara.url("staff.deaths.show", patient_id=cast.maya_patient.id)

    def test_only_who_may_change_details_of_their_own_clinics_patients(self, osei, stranger, maya, cast, tom, there):
        cast.booked()
        for who, status in ((osei, 403), (stranger, 404), (maya, 403)):
            assert who.open("staff.deaths.show", **there).status_code == status
            assert died(who, there).status_code == status
            assert who.send("staff.deaths.take_back", **there).status_code == status
        assert not tom().is_deceased
        assert "The patient has died" not in osei.open("staff.patients.show", **there).text


class TestTakeBack:
    def test_a_mistake_is_taken_back_and_everything_works_again(self, amara, cast, session, tom, there):
        visit = cast.booked()
        died(amara, there, on="")
        page = amara.open("staff.deaths.show", **there).text
        assert "This was a mistake" in page and page.count(amara.url("staff.deaths.take_back", **there)) == 2
        answer = amara.send("staff.deaths.take_back", **there)
        assert answer.location == amara.url("staff.patients.show", **there)
        assert "Tom Baker has not died" in amara.open("staff.patients.show", **there).text
        patient = tom()
        assert not patient.is_deceased and patient.demographics == {}
        assert tell(session, NotificationKind.MOVED, visit=visit, by=cast.amara.actor)
        assert offered(session, cast, cast.tomorrow_at(15), visit).status == OfferStatus.SENT

    def test_twice_is_refused(self, amara, there):
        assert amara.send("staff.deaths.take_back", **there).status_code == 409


@pytest.mark.parametrize("several", [1, 2])
def test_of_an_offer_made_at_the_same_moment_nothing_stands(app, cast, session, tom, several):
    doctors = (cast.dr_osei, cast.dr_lind)[:several]
    visits = [cast.booked(provider=doctor) for doctor in doctors]
    wanted = [offering(cast, cast.tomorrow_at(15), visit, provider_id=visit.provider_id) for visit in visits]

    def offer(what):
        def act(session):
            offers.send(offers.prepare(session, what, by=cast.amara.actor), by=cast.amara.actor)

        return act

    def record(session):
        deaths.record(session.get(Patient, (cast.rose.id, cast.tom.id)), by=cast.amara.actor)

    rush(app, cast, record, *(offer(what) for what in wanted))
    assert tom().is_deceased
    assert not session.scalars(sa.select(SlotOffer).where(SlotOffer.status.in_(LIVE))).all()
