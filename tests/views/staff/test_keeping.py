"""An administrator holds a record, takes a copy of it, and has it erased; nobody else comes near."""

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from clinic.actions import patients as patient_verbs
from clinic.models.accounts import Membership, Role, UserSession
from clinic.models.audit import AuditEntry
from clinic.models.keeping import Erasure, LegalHold
from clinic.models.patients import Patient, TagKind
from tests.visitor import Visitor

WHY = "She asked for it by letter of 3 May"
PAGES = ("staff.keeping.show", "staff.legal_holds.place", "staff.erasures.ask", "staff.exports.create")


@pytest.fixture
def astrid(app, session, cast):
    """Astrid Lind, who administers the clinic too."""
    session.add(Membership(clinic_id=cast.rose.id, user_id=cast.lind.user.id, role=Role.ADMIN))
    session.commit()
    return Visitor(app, cast.lind)


def seen(session, model):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(model)).all()


def unzipped(answer):
    with answer, zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        return {name: json.loads(file.read(name)) for name in file.namelist()}


class TestLegalHold:
    def test_it_is_placed_with_a_reason_shown_and_ended(self, ines, cast, session):
        answer = ines.send("staff.legal_holds.place", {"hold-reason": WHY}, patient_id=cast.tom.id)
        assert answer.status_code == 303
        (hold,) = seen(session, LegalHold)
        assert WHY in ines.open("staff.keeping.show", patient_id=cast.tom.id).text
        assert WHY in ines.open("staff.keeping.index").text
        ines.send("staff.legal_holds.end", patient_id=cast.tom.id, hold_id=hold.id)
        assert seen(session, LegalHold)[0].ended_at

    def test_without_a_reason_it_is_not_placed(self, ines, cast, session):
        answer = ines.send("staff.legal_holds.place", {"hold-reason": "court"}, patient_id=cast.tom.id)
        assert answer.status_code == 422 and "court</textarea>" in answer.text and not seen(session, LegalHold)

    def test_a_hold_of_another_patients_is_a_404(self, ines, cast, session):
        ines.send("staff.legal_holds.place", {"hold-reason": WHY}, patient_id=cast.tom.id)
        (hold,) = seen(session, LegalHold)
        answer = ines.send("staff.legal_holds.end", patient_id=cast.maya_patient.id, hold_id=hold.id)
        assert answer.status_code == 404 and not seen(session, LegalHold)[0].ended_at


class TestErasure:
    def test_one_administrator_asks_and_another_confirms(self, ines, astrid, cast, session):
        assert ines.send("staff.erasures.ask", {"erasure-reason": WHY}, patient_id=cast.tom.id).status_code == 303
        (asked,) = seen(session, Erasure)
        which = {"patient_id": cast.tom.id, "erasure_id": asked.id}
        page = ines.open("staff.keeping.show", patient_id=cast.tom.id).text
        assert "another administrator confirms it" in page and "for good</button>" not in page
        assert ines.send("staff.erasures.confirm", **which).status_code == 409
        assert WHY in astrid.open("staff.keeping.index").text
        assert astrid.send("staff.erasures.confirm", **which).status_code == 303
        page = astrid.open("staff.keeping.show", patient_id=cast.tom.id).text
        assert "Erased patient" in page and "Tom Baker" not in page
        assert "Tom Baker" not in astrid.open("staff.patients.index").text

    def test_who_is_alone_gets_the_button_a_week_after_asking(self, ines, cast, session):
        ines.send("staff.erasures.ask", {"erasure-reason": WHY}, patient_id=cast.tom.id)
        page = ines.open("staff.keeping.show", patient_id=cast.tom.id).text
        assert "only administrator" in page and "for good</button>" not in page
        session.execute(sa.text("UPDATE erasures SET created_at = now() - interval '8 days'"))
        session.commit()
        assert "for good</button>" in ines.open("staff.keeping.show", patient_id=cast.tom.id).text

    def test_a_held_record_offers_no_erasure(self, ines, cast):
        ines.send("staff.legal_holds.place", {"hold-reason": WHY}, patient_id=cast.tom.id)
        page = ines.open("staff.keeping.show", patient_id=cast.tom.id).text
        assert "cannot be erased" in page and "Ask to erase" not in page

    def test_under_a_hold_it_is_refused_with_what_was_typed_still_there(self, ines, cast, session):
        ines.send("staff.legal_holds.place", {"hold-reason": WHY}, patient_id=cast.tom.id)
        answer = ines.send("staff.erasures.ask", {"erasure-reason": WHY + "!"}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "under a legal hold" in answer.text and WHY + "!" in answer.text
        assert not seen(session, Erasure)

    def test_with_a_visit_to_come_it_is_refused(self, ines, cast, session):
        cast.booked()
        answer = ines.send("staff.erasures.ask", {"erasure-reason": WHY}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "visits to come" in answer.text

    def test_it_can_be_withdrawn_and_then_not_be_confirmed(self, ines, astrid, cast, session):
        ines.send("staff.erasures.ask", {"erasure-reason": WHY}, patient_id=cast.tom.id)
        (asked,) = seen(session, Erasure)
        which = {"patient_id": cast.tom.id, "erasure_id": asked.id}
        assert astrid.send("staff.erasures.withdraw", **which).status_code == 303
        for who in (ines, astrid):
            assert who.send("staff.erasures.confirm", **which).status_code == 409
        assert session.get(Patient, (cast.rose.id, cast.tom.id)).full_name == "Tom Baker"

    def test_the_desk_cannot_change_an_erased_record(self, ines, astrid, amara, cast, session):
        ines.send("staff.erasures.ask", {"erasure-reason": WHY}, patient_id=cast.tom.id)
        astrid.send("staff.erasures.confirm", patient_id=cast.tom.id, erasure_id=seen(session, Erasure)[0].id)
        answer = amara.send("staff.patients.update", {"full_name": "Tom Baker"}, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "is erased" in answer.text
        page = amara.open("staff.patients.show", patient_id=cast.tom.id).text
        assert "Book a visit" not in page and "Change details" not in page


class TestExport:
    def test_the_copy_holds_everything_about_the_patient_and_nothing_of_anybody_elses(self, ines, cast, session):
        cast.booked(reason="Canary reason")
        cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient, reason="Maya reason")
        patient_verbs.add_tag(cast.tom, TagKind.TAG, "Canary tag", by=cast.amara.actor)
        session.commit()
        answer = ines.send("staff.exports.create", patient_id=cast.tom.id)
        assert answer.status_code == 200 and answer.mimetype == "application/zip"
        assert "attachment" in answer.headers["Content-Disposition"] and "no-store" in answer.headers["Cache-Control"]
        files = unzipped(answer)
        assert [row["full_name"] for row in files["patients.json"]] == ["Tom Baker"]
        (visit,) = files["visits.json"]
        assert (visit["reason"], visit["doctor"], visit["visit_type"]) == (
            "Canary reason", "Dr Kwame Osei", "Consultation"
        )  # fmt: skip
        assert [row["tag"] for row in files["patient_tags.json"]] == ["Canary tag"]
        assert files["visit_events.json"] and files["audit_entries.json"]
        assert "Maya" not in json.dumps(files) and files["contents.json"]["files"]["visits.json"]["fhir"] == "Encounter"

    def test_it_is_remembered_who_took_it(self, ines, cast, session):
        ines.send("staff.exports.create", patient_id=cast.tom.id).close()
        (entry,) = [each for each in seen(session, AuditEntry) if each.action == "exports.create"]
        assert (entry.actor_id, entry.resource_id) == (cast.ines.user.id, cast.tom.id) and entry.details["rows"] > 0


class TestWhoMay:
    @pytest.mark.parametrize("endpoint", PAGES)
    def test_only_an_administrator(self, amara, osei, nobody, maya, cast, endpoint):
        for visitor in (amara, osei, maya):
            act = visitor.open if endpoint == "staff.keeping.show" else visitor.send
            assert act(endpoint, patient_id=cast.tom.id).status_code == 403
        act = nobody.open if endpoint == "staff.keeping.show" else nobody.send
        assert act(endpoint, patient_id=cast.tom.id).status_code in (302, 303, 401)

    @pytest.mark.parametrize("endpoint", PAGES)
    def test_another_clinics_patient_is_a_404(self, ines, cast, endpoint):
        act = ines.open if endpoint == "staff.keeping.show" else ines.send
        assert act(endpoint, patient_id=cast.sam.id).status_code == 404

    @pytest.mark.parametrize("endpoint", PAGES)
    def test_who_has_not_proved_lately_who_they_are_does_so_first(self, ines, cast, session, endpoint):
        session.execute(sa.update(UserSession).values(proved_at=sa.func.now() - sa.text("interval '11 minutes'")))
        session.commit()
        act = ines.open if endpoint == "staff.keeping.show" else ines.send
        answer = act(endpoint, patient_id=cast.tom.id)
        assert answer.status_code in (302, 303) and "/prove" in answer.headers["Location"]
