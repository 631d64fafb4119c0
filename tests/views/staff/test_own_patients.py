"""Whose record somebody opens: the desk everybody's, a doctor their own patients', support what a window names."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import patients, visits, walk_ins
from clinic.config import HOME
from clinic.models.accounts import Membership, Role
from clinic.models.patients import TagKind
from clinic.models.referrals import Referral, ReferralStatus
from clinic.models.visits import CancelReason, Visit
from tests import noting
from tests.access.things import corners, things_in
from tests.visitor import Visitor

STREAMS = {"staff.live.stream", "staff.audit.export"}
CONDITION, NOTE, ALLERGY, REASON = "Planted-Diabetes", "Planted-Note", "Planted-Penicillin", "Planted-Cough"


@pytest.fixture
def toms(cast, session):
    """A visit of Tom's with Dr Osei tomorrow; his record holds a condition, an allergy, a note and a flag."""
    visit = cast.booked(reason=REASON)
    tom = session.merge(cast.tom)
    patients.update(tom, by=cast.amara.actor, chronic_diseases=CONDITION, allergies=ALLERGY, notes=NOTE)
    patients.add_tag(tom, TagKind.FLAG, "Planted-Flag", by=cast.amara.actor)
    session.commit()
    return visit


def also(session, cast, person, role):
    """Give the person one more role, as it stands in the database."""
    session.add(Membership(clinic_id=cast.rose.id, user_id=person.user.id, role=role))
    session.commit()


class TestADoctor:
    def test_opens_the_record_and_the_visit_of_a_patient_of_theirs(self, osei, cast, toms):
        assert osei.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        assert osei.open("staff.visits.show", visit_id=toms.id).status_code == 200

    def test_gets_for_another_doctors_patient_the_answer_of_one_who_never_existed(self, lind, cast, toms):
        for endpoint, ids in (
            ("staff.patients.show", {"patient_id": cast.tom.id}), ("staff.visits.show", {"visit_id": toms.id}),
            ("staff.visits.undo", {"visit_id": toms.id}),
        ):  # fmt: skip
            assert lind.open(endpoint, **ids).status_code == 404

    @pytest.mark.parametrize("step", ["accept", "confirm", "check_in", "start", "complete", "mark_no_show", "undo",
                                      "write_note", "set_meeting_url"])  # fmt: skip
    def test_takes_no_step_with_another_doctors_patient(self, lind, cast, session, toms, step):
        before = session.scalar(sa.select(Visit.updated_at).where(Visit.id == toms.id))
        answer = lind.send(f"staff.visits.{step}", {"notes": "x", "meeting_url": "https://x.example"}, visit_id=toms.id)
        session.rollback()
        assert answer.status_code == 404
        assert session.scalar(sa.select(Visit.updated_at).where(Visit.id == toms.id)) == before

    def test_reads_the_whole_day_but_a_strangers_line_leads_nowhere(self, lind, osei, cast, toms):
        day = toms.starts_at.date()
        page = lind.open("staff.day.index", date=day).text
        assert "Tom Baker" in page and "Planted-Flag" not in page
        assert str(toms.id) not in page and str(cast.tom.id) not in page
        own = osei.open("staff.day.index", date=day).text
        assert f"/staff/visits/{toms.id}" in own and f"/staff/patients/{cast.tom.id}" in own and "Planted-Flag" in own

    def test_may_take_a_walk_in_whom_nobody_has_taken_and_opens_the_record_only_then(self, lind, cast, session):
        waiting = walk_ins.add(session, session.merge(cast.tom), timezone="Europe/London", by=cast.amara.actor)
        session.commit()
        page = lind.open("staff.my_day.index").text
        assert f"/staff/visits/{waiting.id}" in page and f"/staff/patients/{cast.tom.id}" not in page
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404
        assert lind.open("staff.visits.show", visit_id=waiting.id).status_code == 200
        assert lind.send("staff.visits.start", visit_id=waiting.id).status_code == 303
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200

    def test_no_longer_opens_a_walk_in_who_went_again(self, lind, cast, session):
        gone = walk_ins.add(session, session.merge(cast.tom), timezone="Europe/London", by=cast.amara.actor)
        visits.cancel(gone, CancelReason.PATIENT, by=cast.amara.actor)
        session.commit()
        assert lind.open("staff.visits.show", visit_id=gone.id).status_code == 404

    def test_a_visit_entered_by_mistake_makes_nobody_their_patient(self, osei, cast, session, toms):
        visits.cancel(session.merge(toms), CancelReason.ENTERED_IN_ERROR, by=cast.amara.actor)
        session.commit()
        assert osei.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404
        assert osei.open("staff.visits.show", visit_id=toms.id).status_code == 404

    def test_who_is_on_no_calendar_has_no_patients(self, cast, session, app, toms):
        also(session, cast, cast.maya, Role.DOCTOR)
        maya = Visitor(app, cast.maya)
        assert maya.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404
        assert "Tom Baker" not in maya.open("staff.patients.index").text

    @pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.MEDICAL_ASSISTANT, Role.ADMIN])
    def test_who_is_something_else_too_sees_what_that_shows(self, lind, cast, session, toms, role):
        also(session, cast, cast.lind, role)
        assert lind.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        assert "Tom Baker" in lind.send("staff.patients.find", {"q": "tom"}).text


class TestWhatAPageShows:
    """The desk sees allergies and flags, not conditions; administrators and support no clinical word."""

    def _pages(self, visitor, app, cast, visit):
        """The text of every staff page this visitor can open."""
        ids = {"patient_id": cast.tom.id, "visit_id": visit.id, "provider_id": cast.dr_osei.id,
               "user_id": cast.lind.user.id, "visit_type_id": cast.consultation.id}  # fmt: skip
        told = {}
        for rule in app.url_map.iter_rules():
            needs = app.extensions["needs"].get(rule.endpoint)
            if not needs or needs.face != "staff" or "GET" not in rule.methods or rule.endpoint in STREAMS:
                continue
            if rule.arguments <= set(ids):
                answer = visitor.open(rule.endpoint, **{name: ids[name] for name in rule.arguments})
                told[rule.endpoint] = answer.text if answer.status_code == 200 else ""
        for endpoint in ("staff.booking.new", "staff.walk_ins.new"):
            told[endpoint + " for him"] = visitor.open(endpoint, patient_id=cast.tom.id).text
        told["found"] = visitor.send("staff.patients.find", {"q": "tom"}).text
        told["day"] = visitor.open("staff.day.index", date=visit.starts_at.date()).text
        assert sum(bool(text) for text in told.values()) > 5
        return told

    def _where(self, told, word):
        return {page for page, text in told.items() if word in text}

    @pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.MEDICAL_ASSISTANT])
    def test_the_desk_reads_allergies_and_flags_and_no_condition_anywhere(self, app, amara, cast, session, toms, role):
        session.execute(sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(role=role))
        session.commit()
        told = self._pages(amara, app, cast, toms)
        assert not self._where(told, CONDITION)
        assert "staff.patients.show" in self._where(told, ALLERGY)
        assert {"staff.patients.show", "found", "day"} <= self._where(told, "Planted-Flag")
        assert self._where(told, REASON) and self._where(told, NOTE)

    def test_a_doctor_reads_the_conditions_of_their_own_patient(self, app, osei, cast, toms):
        assert "staff.patients.show" in self._where(self._pages(osei, app, cast, toms), CONDITION)

    def test_another_doctor_reads_nothing_of_him(self, app, lind, cast, toms):
        told = self._pages(lind, app, cast, toms)
        for word in (CONDITION, ALLERGY, NOTE, REASON, "Planted-Flag"):
            assert not self._where(told, word), word

    def test_an_administrator_reads_no_clinical_word(self, app, ines, cast, toms):
        told = self._pages(ines, app, cast, toms)
        for word in (CONDITION, ALLERGY, REASON):
            assert not self._where(told, word), word
        assert "staff.patients.show" in self._where(told, NOTE)

    def test_the_forms_of_the_desk_neither_show_nor_take_a_condition(self, amara, cast, session, toms):
        form = amara.open("staff.patients.edit", patient_id=cast.tom.id).text
        assert CONDITION not in form and 'name="chronic_diseases"' not in form
        amara.send("staff.patients.update", {"full_name": "Tom Baker", "chronic_diseases": "", "blood_group": "A"},
                   patient_id=cast.tom.id)  # fmt: skip
        session.rollback()
        session.expire_all()
        tom = session.merge(cast.tom)
        assert (tom.chronic_diseases, tom.blood_group) == (CONDITION, None)


PLANTED = {
    "role": "admin", "status": "completed", "fee": "0", "is_approved": "1", "approved_at": "2020-01-01", "id": "1",
    "created_by_id": "1", "mrn": "1", "deleted_at": "2020-01-01", "merged_into_id": "1", "cancelled_at": "2020-01-01",
    "chronic_diseases": "none", "allergies": "none", "is_active": "", "closed_at": "2020-01-01", "slug": "other",
    "settings": "{}", "user_id": "1", "granted_by_id": "1", "reviewed_at": "2020-01-01", "until": "2099-01-01",
    "password_hash": "x", "kind": "walk_in", "source": "import", "slot_id": "1", "rating": "5",
}  # fmt: skip


def _forms(cast, visit):
    """For one form of each kind: who sends it, where, about which row, what is typed, and which columns it is for."""
    tom, osei, maya = cast.tom.id, cast.dr_osei.id, cast.maya_patient.id
    details = {"phone", "email", "notes", "gender", "preferred_contact_method", "address_line", "city", "state",
               "postal_code", "country", "language", "timezone", "emergency_contact_name", "emergency_contact_phone",
               "date_of_birth"}  # fmt: skip
    profile = {"display_name", "specialties", "languages", "telemed_enabled", "colour", "consultation_fee", "title",
               "license_number", "years_experience", "qualifications", "bio", "location_id", "user_id"}  # fmt: skip
    kind = {"name", "minutes", "description", "position", "fee", "visit_mode", "price", "colour", "capacity",
            "buffer_before_minutes", "buffer_after_minutes", "minimum_notice_minutes", "maximum_notice_days",
            "cancel_cutoff_hours", "needs_approval", "is_public", "is_active"}  # fmt: skip
    return [
        ("amara", "staff.patients.update", {"patient_id": tom}, "patients", tom, {"full_name": "Tom Baker"}, details),
        ("amara", "staff.visits.write_note", {"visit_id": visit}, "visits", visit, {"notes": "By bus"}, {"notes"}),
        ("amara", "staff.visits.confirm", {"visit_id": visit}, "visits", visit, {}, {"status", "confirmed_at"}),
        ("maya", "portal.details.update", {"patient_id": maya}, "patients", maya, {"phone": "+44 20 7946 0123"},
         details - {"date_of_birth", "notes"}),
        ("ines", "staff.providers.update", {"provider_id": osei}, "providers", osei, {"display_name": "Dr Osei"},
         profile),
        ("ines", "staff.visit_types.update", {"visit_type_id": cast.consultation.id}, "visit_types",
         cast.consultation.id, {"name": "Consultation", "minutes": "20", "move_cutoff_hours": "2"}, kind),
    ]  # fmt: skip


def _forms_of_the_record(cast, session):
    """The same for the record: insurance, laboratory, note, prescription, document and referral of Tom's."""
    written = {"complaints", "diagnosis", "diagnosis_codes", "treatment", "notes", "version", "edited_at",
               "edited_by_id", "saved_page", "saved_number"}  # fmt: skip
    policy = {"insurer_name", "plan_name", "member_id", "group_id", "policy_holder_name", "policy_holder_phone",
              "priority"}  # fmt: skip
    begun = noting.begun(cast, starts_at=cast.tomorrow_at(15))
    note = noting.written(begun, by=cast.osei)
    found = things_in(cast, corners(cast, cast.osei, "doctor")["own"], 1)
    session.enter(cast.scope)
    # Not given to anybody yet: only then may it still be written.
    pending = {"status": ReferralStatus.PENDING, "sent_at": None, "sent_to": None}
    session.execute(sa.update(Referral).where(Referral.id == found["referral_id"]).values(pending))
    session.commit()

    def form(endpoint, table, row, typed, own, who="osei"):
        return who, f"staff.{endpoint}", {"patient_id": cast.tom.id, row: found[row]}, table, found[row], typed, own

    note_own = "osei", "staff.consultations.save", {"visit_id": begun.id}, "consultations", note.id
    return [
        form("insurance.update", "insurance_policies", "policy_id", {"insurer_name": "Bluebell"}, policy, "amara"),
        form("lab_orders.review", "lab_orders", "order_id", {"comment": "All is well"},
             {"reviewed_at", "reviewed_by_id", "comment"}),
        (*note_own, {"complaints": "A cough", "version": str(note.version)}, written),
        form("prescriptions.stop", "prescriptions", "prescription_id", {"reason": "A rash"}, {"reason"}),
        ("osei", "staff.documents.update", {"document_id": found["document_id"]}, "documents", found["document_id"],
         {"category": "consent_form", "title": "Consent"}, {"category", "title", "description", "recorded_at"}),
        form("referrals.update", "referrals", "referral_id",
             {"referred_to": "Dr Heart", "priority": "routine", "reason": "A murmur"},
             {"referred_to", "specialty", "priority", "reason", "notes"}),
    ]  # fmt: skip


@pytest.mark.promise(13, "fields nobody asked for change nothing")
def test_fields_that_no_form_has_change_nothing(request, cast, session, toms, figure):
    foreign = {"clinic_id": cast.harbour.id, "patient_id": cast.sam.id, "provider_id": cast.dr_lind.id}
    # The doctor's profile last: afterwards it is nobody's who signs in.
    changed, forms = {}, _forms_of_the_record(cast, session) + _forms(cast, toms.id)
    for who, endpoint, ids, table, row_id, typed, own in forms:
        look = sa.text(f"SELECT to_jsonb(t) FROM {table} AS t WHERE id = :id")
        before = session.execute(look, {"id": row_id}).scalar()
        session.rollback()
        planted = {name: value for name, value in {**PLANTED, **foreign}.items() if name not in own}
        answer = request.getfixturevalue(who).send(endpoint, {**planted, **typed}, **ids)
        assert answer.status_code == 303, (endpoint, answer.status_code, answer.text)
        after = session.execute(look, {"id": row_id}).scalar()
        session.rollback()
        changed[endpoint] = {name for name in after if after[name] != before[name]} - own - {"updated_at"}
    assert not {endpoint: names for endpoint, names in changed.items() if names}
    figure(f"{len(PLANTED) + len(foreign)} planted fields in {len(forms)} kinds of forms, 0 columns changed")


def test_no_view_hands_on_a_form_as_it_was_sent():
    """What reaches an action is what a form declares, or one named field; never whatever somebody sent."""
    whole = re.compile(r"\*\*request\.(form|values)|request\.form\.to_dict|populate_obj")
    views = (HOME / "clinic" / "views").rglob("*.py")
    assert [path.name for path in views if whole.search(path.read_text())] == []


def test_every_staff_page_about_one_patient_or_visit_asks_the_one_place(app):
    """No view loads a patient or a visit by an id from outside other than through own_patients."""
    direct = re.compile(r"\.get\((Patient|Visit),")
    views = (HOME / "clinic" / "views" / "staff").glob("*.py")
    assert [path.name for path in views if direct.search(path.read_text())] == ["own_patients.py"]
