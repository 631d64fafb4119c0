"""Whatever shows a patient's data leaves one entry in the audit log, and so does whatever was refused."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.db import db, now
from clinic.models.audit import AuditEntry, AuditSeal, Decision
from clinic.models.patients import Patient
from clinic.models.visits import Visit, VisitStatus
from clinic.scope import Scope
from tests.faults.routes import address, fitting, ids, own_ids, routes, send, strangers_ids
from tests.visitor import Visitor


@pytest.fixture
def entries(session):
    """The entries written since it was asked last, the oldest first."""
    seen = set()

    def new():
        session.rollback()
        found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.created_at, AuditEntry.id)).all()
        fresh = [entry for entry in found if entry.id not in seen]
        seen.update(entry.id for entry in found)
        return fresh

    new()
    return new


class TestOpening:
    @pytest.mark.promise(30, "every page that opens a record leaves one entry: who, as what, whose, decision, request")
    def test_a_record_opened_leaves_one_entry_that_says_who_whose_and_where_and_nothing_of_the_record(
        self, amara, cast, entries
    ):
        answer = amara.open("staff.patients.show", patient_id=cast.tom.id)
        (entry,) = entries()
        assert (entry.action, entry.decision, entry.actor_id) == ("patients.open", "allowed", cast.amara.user.id)
        assert (entry.actor_role, entry.clinic_id, entry.on_behalf_of_id) == ("receptionist", cast.rose.id, None)
        assert (entry.resource_type, entry.resource_id, entry.patient_id) == ("patients", cast.tom.id, cast.tom.id)
        assert entry.request_id == answer.headers["X-Request-Id"] and str(entry.ip_address) == "127.0.0.1"
        assert entry.details == {"page": "staff.patients.show"} and entry.changes == {}

    @pytest.mark.promise(30, "every route that shows one patient or visit, as somebody who may")
    def test_every_page_that_shows_one_patient_or_visit_leaves_one_entry(self, app, cast, session, entries, figure):
        known, own = ids(session, cast), own_ids(cast)
        told = {}
        for rule, method in routes(app):
            need = app.extensions["needs"].get(rule.endpoint)
            name = need and need.shows and {"patients": "patient_id", "visits": "visit_id"}[need.shows]
            if method != "GET" or name not in rule.arguments:
                continue
            here = known | (own if need.face == "portal" else {})
            visitor = Visitor(app, fitting(app, cast, rule.endpoint))
            entries()
            answer = visitor.open(address(visitor, rule, here), htmx=True)
            # Who is led on to another page has been shown nothing here.
            status = 303 if "HX-Redirect" in answer.headers else answer.status_code
            left = [(entry.action, entry.resource_id, bool(entry.patient_id)) for entry in entries()]
            wanted = [(f"{need.shows}.open", here[name], True)] if status in (200, 404) else []
            # A sign-up is shown beside the record it may belong to: that one is opened with it.
            right = left == wanted or (rule.endpoint == "staff.connections.same" and wanted[0] in left)
            told[rule.endpoint] = None if right else (status, left)
        assert len(told) >= 8 and not {endpoint: why for endpoint, why in told.items() if why}
        figure(f"{len(told)} routes, 1 entry each")

    def test_a_visit_says_whose_it_is(self, amara, cast, entries):
        visit = cast.booked()
        entries()
        amara.open("staff.visits.show", visit_id=visit.id)
        (entry,) = entries()
        assert (entry.action, entry.resource_id, entry.patient_id) == ("visits.open", visit.id, cast.tom.id)

    def test_a_list_leaves_one_entry_with_everybody_on_it(self, amara, cast, entries):
        visits = {str(cast.booked(cast.tomorrow_at(hour)).id) for hour in (10, 11)}
        entries()
        day = cast.tomorrow_at(10).date().isoformat()
        amara.open("staff.day.index", date=day)
        (entry,) = entries()
        assert entry.action == "visits.list" and set(entry.details["ids"]) == visits and entry.patient_id is None

    def test_a_list_of_nobody_leaves_nothing(self, amara, cast, entries):
        amara.open("staff.day.index")
        assert entries() == []

    def test_a_search_says_who_was_found(self, amara, cast, entries):
        amara.send("staff.patients.find", {"q": "baker"})
        (entry,) = entries()
        assert entry.action == "patients.list" and entry.details["ids"] == [str(cast.tom.id)]
        assert "baker" not in str(entry.details).lower()

    def test_a_day_that_a_page_fetches_by_itself_is_remembered_once_until_somebody_new_is_on_it(
        self, amara, cast, entries
    ):
        cast.booked()
        day = cast.tomorrow_at(10).date().isoformat()
        entries()
        for _ring in range(3):
            amara.open("staff.day.index", htmx=True, live=True, date=day)
        assert len(entries()) == 1
        cast.booked(cast.tomorrow_at(12))
        entries()
        for _ring in range(2):
            amara.open("staff.day.index", htmx=True, live=True, date=day)
        assert len(entries()) == 1
        amara.open("staff.day.index", htmx=True, date=day)
        assert len(entries()) == 1

    def test_a_patient_who_reads_their_own_record_leaves_an_entry_too(self, maya, cast, entries):
        maya.open("portal.details.edit", patient_id=cast.maya_patient.id)
        (entry,) = entries()
        assert (entry.action, entry.actor_role, entry.patient_id) == ("patients.open", "patient", cast.maya_patient.id)

    def test_a_change_has_its_own_entry_and_no_other(self, amara, cast, entries):
        visit = cast.booked()
        entries()
        assert amara.send("staff.visits.confirm", htmx=True, visit_id=visit.id).status_code == 200
        assert [entry.action for entry in entries()] == ["visits.confirm"]


class TestRefusal:
    def test_what_a_role_does_not_hold_is_noted(self, osei, cast, entries):
        assert osei.open("staff.colleagues.index").status_code == 403
        (entry,) = entries()
        assert (entry.action, entry.decision, entry.actor_id) == ("colleagues.index", "refused", cast.osei.user.id)
        assert entry.details == {"page": "staff.colleagues.index", "status": 403}

    @pytest.mark.promise(8, "another clinic's id and one that never was: one refused entry each, alike")
    def test_another_clinics_patient_and_one_that_never_existed_are_noted_alike(self, amara, cast, entries):
        for patient_id in (cast.sam.id, uuid4()):
            assert amara.open("staff.patients.show", patient_id=patient_id).status_code == 404
            (entry,) = entries()
            assert (entry.action, entry.decision, entry.clinic_id) == ("patients.open", "refused", cast.rose.id)
            assert (entry.resource_type, entry.resource_id) == ("patients", patient_id)
            assert entry.details == {"page": "staff.patients.show", "status": 404}

    @pytest.mark.promise(8, "every route with another clinic's id leaves one refused entry that names it")
    def test_every_route_notes_another_clinics_id_once(self, app, cast, session, entries, figure):
        rose, own, harbour = ids(session, cast), own_ids(cast), strangers_ids(session, cast)
        told, asked = {}, 0
        for rule, method in routes(app):
            need = app.extensions["needs"].get(rule.endpoint)
            for name in sorted(rule.arguments & set(harbour)):
                visitor = Visitor(app, fitting(app, cast, rule.endpoint))
                if visitor.person is None:
                    continue
                here = rose | (own if need.face == "portal" else {})
                place = address(visitor, rule, here | {name: harbour[name]})
                entries()
                status, _text = send(visitor, method, place, {"csrf_token": visitor.csrf} if method == "POST" else {})
                left = [entry for entry in entries() if entry.decision == Decision.REFUSED]
                named = [{str(entry.resource_id), *entry.details.get("ids", {}).values()} for entry in left]
                asked += 1
                if [str(harbour[name]) in each for each in named] != [True]:
                    told[f"{method} {rule.endpoint} {name}"] = status, named
        assert asked > 40 and not told
        figure(f"{asked} requests with another clinic's id, {asked} refused entries")

    def test_another_patients_visit_in_the_portal_is_noted_and_its_patient_known(self, maya, cast, entries):
        visit = cast.booked()
        entries()
        assert maya.open("portal.visits.show", visit_id=visit.id).status_code == 404
        (entry,) = entries()
        assert (entry.action, entry.decision, entry.patient_id) == ("visits.open", "refused", cast.tom.id)

    def test_an_act_refused_by_a_rule_is_noted_and_nothing_else_is_left(self, amara, cast, session, entries):
        visit = cast.booked(now(), overbook="Whatever the hour of the test")
        assert amara.send("staff.visits.check_in", visit_id=visit.id, htmx=True).status_code == 200
        entries()
        assert amara.send("staff.visits.check_in", visit_id=visit.id, htmx=True).status_code == 409
        (entry,) = entries()
        assert (entry.action, entry.decision, entry.resource_id) == ("visits.check_in", "refused", visit.id)
        assert entry.details["status"] == 409 and entry.patient_id == cast.tom.id

    def test_a_form_that_shows_a_record_again_is_noted_too(self, amara, cast, entries):
        there = {"patient_id": cast.tom.id}
        assert amara.send("staff.patients.update", {"full_name": ""}, **there).status_code == 422
        (entry,) = entries()
        assert (entry.action, entry.decision, entry.patient_id) == ("patients.update", "refused", cast.tom.id)
        assert "Tom" not in str((entry.details, entry.changes))

    def test_an_address_that_is_none_of_ours_costs_nothing(self, amara, entries):
        assert amara.open("/staff/nothing-here").status_code == 404
        assert entries() == []

    def test_a_stranger_at_the_door_leaves_nothing(self, nobody, cast, entries):
        assert nobody.open("staff.patients.show", patient_id=cast.tom.id).status_code == 302
        assert entries() == []


@contextmanager
def nobody_may_write_the_log(superuser):
    with superuser.connect() as connection:
        connection.execute(sa.text("REVOKE INSERT ON audit_entries FROM clinic_app"))
        try:
            yield
        finally:
            connection.execute(sa.text("GRANT INSERT ON audit_entries TO clinic_app"))


class TestTheLogCannotBeWritten:
    @pytest.mark.promise(30, "audit log not writable: every page and change 503, nothing changed")
    def test_no_page_shows_a_patient_and_nothing_changes(self, app, amara, maya, cast, session, superuser, figure):
        visit, own = cast.booked(), cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
        day = cast.tomorrow_at(10).date().isoformat()
        patient = {"patient_id": cast.tom.id}
        asked = [
            lambda: amara.open("staff.patients.show", **patient),
            lambda: amara.open("staff.patients.edit", **patient),
            lambda: amara.open("staff.patients.index"),
            lambda: amara.open("staff.day.index", date=day),
            lambda: amara.open("staff.visits.show", visit_id=visit.id, htmx=True),
            lambda: amara.open("staff.booking.new", **patient),
            lambda: amara.send("staff.patients.find", {"q": "baker"}),
            lambda: amara.send("staff.patients.update", {"full_name": "Thomas Baker"}, **patient),
            lambda: amara.send("staff.patients.create", {"full_name": "Somebody New"}),
            lambda: amara.send("staff.visits.confirm", visit_id=visit.id),
            lambda: amara.send("staff.visits.check_in", visit_id=visit.id, htmx=True),
            lambda: amara.send("staff.visits.cancel", {"reason": "clinic"}, visit_id=visit.id),
            lambda: amara.send("staff.booking.create", {
                "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
                "starts_at": cast.tomorrow_at(15).isoformat(), "visit_mode": "in_person"}),
            lambda: amara.open("staff.colleagues.index"),
            lambda: amara.open("staff.patients.show", patient_id=uuid4()),
            lambda: maya.open("portal.home.index"),
            lambda: maya.open("portal.visits.show", visit_id=own.id),
            lambda: maya.send("portal.visits.call_off", {"note": ""}, visit_id=own.id),
        ]  # fmt: skip
        with nobody_may_write_the_log(superuser):
            answers = [ask() for ask in asked]
        assert [answer.status_code for answer in answers] == [503] * len(asked)
        assert not [answer for answer in answers if "Baker" in answer.text or "Okafor" in answer.text]
        session.rollback()
        session.expire_all()
        assert session.get(Patient, (cast.rose.id, cast.tom.id)).full_name == "Tom Baker"
        assert session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 2
        statuses = session.scalars(sa.select(Visit.status)).all()
        assert statuses == [VisitStatus.BOOKED] * 2
        figure(f"{len(asked)} pages and changes, {len(asked)} times 503, 0 changes")

    def test_a_page_without_anybody_on_it_opens_all_the_same(self, ines, superuser):
        with nobody_may_write_the_log(superuser):
            assert ines.open("staff.visit_types.index").status_code == 200


class TestWhoReadsTheLog:
    def test_a_patient_reads_what_was_done_about_their_own_record_and_nothing_else(self, amara, cast, session):
        for patient in (cast.tom, cast.maya_patient):
            amara.open("staff.patients.show", patient_id=patient.id)
        amara.open("staff.patients.edit", patient_id=uuid4())
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        own = session.execute(sa.select(AuditEntry.patient_id, AuditEntry.decision)).all()
        assert set(own) == {(cast.maya_patient.id, Decision.ALLOWED)}
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditSeal)) == 0

    def test_plain_sql_shows_a_portal_no_more(self, amara, cast, session):
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        session.enter(Scope.portal(cast.rose.id, cast.maya.user.id, {cast.maya_patient.id}))
        seen = db.session().execute(sa.text("SELECT DISTINCT patient_id FROM audit_entries")).scalars().all()
        assert seen == [cast.maya_patient.id]
