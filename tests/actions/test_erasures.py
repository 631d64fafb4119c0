"""Erasing a record: two people, nothing that must stay, and nothing of the person afterwards."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from clinic.actions import allergies, conditions, erasures, legal_holds, measurements, visits
from clinic.actions.acting import Refused
from clinic.actions.booking import book
from clinic.actions.patients import add_tag
from clinic.db import db
from clinic.models.accounts import Membership, Role
from clinic.models.audit import AuditEntry
from clinic.models.keeping import Erasure
from clinic.models.measurements import Kind
from clinic.models.patients import Patient, PatientAccess, TagKind
from clinic.models.visits import CancelReason, Visit
from clinic.scope import Scope
from clinic.work.handlers import run

WHY = "She asked for it by letter"


@pytest.fixture
def second(session, cast):
    """Astrid Lind administers the clinic too."""
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
    session.commit()
    return cast.lind.actor


@pytest.fixture
def known(session, cast):
    """Maya, of whom much is known: a portal of her own, a visit she cancelled, tags and notes."""
    maya = cast.maya_patient
    maya.notes, maya.email, maya.allergies = "Canary note", "canary@rose.example", "Canary nuts"
    add_tag(maya, TagKind.TAG, "Canary tag", by=cast.amara.actor)
    conditions.record(maya, by=cast.osei.actor, name="Canary illness", notes="Canary detail")
    allergies.record(maya, by=cast.osei.actor, substance="Canary feathers")
    measurements.record(maya, {Kind.HEART_RATE: Decimal(71)}, by=cast.osei.actor)
    wish = cast.wish(cast.tomorrow_at(9), patient=maya, reason="Canary reason")
    visit_id = book(session, wish, by=cast.amara.actor)
    session.flush()
    visit = session.get(Visit, (cast.rose.id, visit_id))
    visits.cancel(visit, CancelReason.PATIENT, by=cast.amara.actor, note="Canary cancels")
    session.commit()
    return maya


@pytest.fixture
def asked(session, cast, known):
    """That Ines asked for Maya's record to be erased."""
    made = erasures.ask(known, WHY, by=cast.ines.actor)
    session.commit()
    return made


def finish(app, session, cast, patient_id):
    session.rollback()
    run(app, "erasures.finish", {"clinic_id": str(cast.rose.id), "patient_id": str(patient_id)})
    session.expire_all()


class TestAsk:
    def test_nothing_happens_to_the_record_yet(self, session, cast, asked):
        assert session.get(Patient, (cast.rose.id, asked.patient_id)).full_name == "Maya Okafor"

    def test_twice_is_refused(self, session, cast, asked, known):
        with pytest.raises(Refused, match="already"):
            erasures.ask(known, WHY, by=cast.ines.actor)

    def test_with_a_visit_to_come_it_is_refused(self, session, cast):
        cast.booked()
        with pytest.raises(Refused, match="visits to come"):
            erasures.ask(cast.tom, WHY, by=cast.ines.actor)

    def test_under_a_legal_hold_it_is_refused(self, session, cast):
        legal_holds.place(cast.tom, "Letter of a court", by=cast.ines.actor)
        with pytest.raises(Refused, match="legal hold"):
            erasures.ask(cast.tom, WHY, by=cast.ines.actor)

    def test_after_it_was_withdrawn_somebody_may_ask_again(self, session, cast, asked, known):
        erasures.withdraw(asked, by=cast.ines.actor)
        session.flush()
        assert erasures.ask(known, WHY, by=cast.ines.actor).id != asked.id


class TestConfirm:
    def test_who_asked_cannot_confirm_while_another_administrator_could(self, session, cast, asked, second):
        asked.created_at -= timedelta(days=7, minutes=1)
        session.commit()
        with pytest.raises(Refused, match="Another administrator"):
            erasures.confirm(asked, by=cast.ines.actor)

    def test_who_is_alone_waits_a_week(self, session, cast, asked):
        with pytest.raises(Refused, match="a week"):
            erasures.confirm(asked, by=cast.ines.actor)
        session.rollback()
        asked.created_at -= timedelta(days=7, minutes=1)
        session.commit()
        assert erasures.confirm(asked, by=cast.ines.actor).confirmed_at

    def test_nobody_sees_it_in_the_portal_any_more(self, session, cast, asked, second):
        erasures.confirm(asked, by=second)
        session.commit()
        ends = session.scalars(sa.select(PatientAccess.until).where(PatientAccess.patient_id == asked.patient_id)).all()
        assert ends and all(ends)

    def test_nothing_of_the_person_is_left_anywhere_in_the_database(
        self, app, session, cast, asked, known, second, superuser
    ):
        number = known.mrn
        erasures.confirm(asked, by=second)
        session.commit()
        finish(app, session, cast, known.id)
        with superuser.connect() as connection:
            tables = connection.execute(
                sa.text(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                    " AND NOT relispartition AND relname <> 'users'"
                )
            ).scalars()
            for table in tables.all():
                rows = str(connection.exec_driver_sql(f'SELECT t::text FROM "{table}" AS t').scalars().all()).lower()
                for word in ("canary", "okafor", "7946 0123", "1990-04-12", f"'{number}'"):
                    assert word not in rows, (table, word)

    def test_the_visit_its_history_and_the_audit_log_stay(self, app, session, cast, asked, known, second):
        before = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        erasures.confirm(asked, by=second)
        session.commit()
        finish(app, session, cast, known.id)
        visit = session.scalars(sa.select(Visit)).one()
        assert visit.patient.full_name == "Erased patient" and visit.provider_id and visit.visit_type_id
        assert len(visit.events) == 2
        entries = session.scalars(sa.select(AuditEntry)).all()
        assert len(entries) > before and {"erasures.confirm", "erasures.finish"} <= {each.action for each in entries}

    def test_the_portal_shows_the_person_nothing_any_more(self, session, cast, asked, second, maya):
        assert "Maya Okafor" in maya.open("portal.details.index").text
        erasures.confirm(asked, by=second)
        session.commit()
        assert maya.open("portal.details.index").status_code == 403

    def test_a_hold_placed_after_somebody_asked_still_stops_it(self, session, cast, asked, known, second):
        legal_holds.place(known, "Letter of a court", by=cast.ines.actor)
        session.flush()
        with pytest.raises(Refused, match="legal hold"):
            erasures.confirm(asked, by=second)

    def test_an_erased_patient_cannot_be_booked_held_or_erased_once_more(self, session, cast, asked, known, second):
        erasures.confirm(asked, by=second)
        session.commit()
        with pytest.raises(Refused, match="cannot be booked"):
            book(session, cast.wish(cast.tomorrow_at(15), patient=known), by=cast.amara.actor)
        with pytest.raises(Refused, match="erased already"):
            legal_holds.place(known, "Letter of a court", by=cast.ines.actor)
        with pytest.raises(Refused, match="erased already"):
            erasures.ask(known, WHY, by=cast.ines.actor)
        with pytest.raises(Refused, match="answered already"):
            erasures.confirm(asked, by=second)

    def test_checked_afterwards_nothing_is_broken(self, app, session, cast, asked, known, second):
        erasures.confirm(asked, by=second)
        session.commit()
        finish(app, session, cast, known.id)
        finish(app, session, cast, known.id)
        result = app.test_cli_runner().invoke(args=["check"])
        assert result.exit_code == 0, result.output

    def test_a_booking_and_the_confirmation_at_one_moment_never_both_happen(self, app, session, cast, asked, second):
        start, told = threading.Barrier(2), []

        def act(work):
            with app.app_context():
                own = db.session()
                own.enter(Scope.staff(cast.rose.id))
                start.wait()
                try:
                    work(own)
                    own.commit()
                    told.append(work.__name__)
                except Refused:
                    own.rollback()

        def booked(own):
            book(own, cast.wish(cast.tomorrow_at(16), patient=cast.maya_patient), by=cast.amara.actor)

        def erased(own):
            erasures.confirm(own.get(Erasure, (cast.rose.id, asked.id)), by=second)

        session.rollback()
        people = [threading.Thread(target=act, args=(work,)) for work in (booked, erased)]
        for each in people:
            each.start()
        for each in people:
            each.join()
        assert len(told) == 1, told


class TestFinish:
    def test_for_a_record_that_is_not_erased_it_does_nothing(self, app, session, cast, known):
        finish(app, session, cast, known.id)
        notes = session.execute(sa.text("SELECT count(*) FROM visit_events WHERE notes IS NOT NULL")).scalar()
        assert notes == 1
