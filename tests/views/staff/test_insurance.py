"""Insurance at the desk: policies in their order, verified by hand or by a service; nobody else comes near."""

import re

import pytest
import sqlalchemy as sa

from clinic.actions import insurance
from clinic.integrations import eligibility
from clinic.models.documents import Document
from clinic.models.insurance import Eligibility, InsurancePolicy, VerifiedHow
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient
from clinic.queries import insurance as known
from clinic.work.handlers import run
from tests.at_once import rush
from tests.documents import Sender, looked_through, picture
from tests.queries_counted import counted
from tests.visitor import seen_on

CARD = {"insurer_name": "Bluebell Mutual", "member_id": "7-44", "plan_name": "Family"}


@pytest.fixture
def policy(cast, session):
    """Tom's policy, which nobody has verified."""
    made = insurance.add(cast.tom, by=cast.amara.actor, **CARD)
    session.commit()
    return made


def policies(session):
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(InsurancePolicy).order_by(InsurancePolicy.priority)).all()


class TestCreate:
    def test_a_policy_is_added_at_its_place_and_the_others_close_ranks(self, amara, cast, session, policy):
        answer = amara.send(
            "staff.insurance.create", {"insurer_name": "Harbour Health", "priority": "1"}, patient_id=cast.tom.id
        )
        assert answer.status_code == 303
        assert [(row.insurer_name, row.priority) for row in policies(session)] == [
            ("Harbour Health", 1), ("Bluebell Mutual", 2),
        ]  # fmt: skip
        page = amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        assert page.index("Harbour Health", page.index("<h2")) < page.index("7-44") and "Not verified" in page

    def test_without_an_insurer_it_is_asked_again(self, amara, cast, session):
        answer = amara.send("staff.insurance.create", {"member_id": "7-45"}, patient_id=cast.tom.id)
        assert answer.status_code == 422 and "7-45" in answer.text and not policies(session)

    def test_nine_are_enough(self, amara, cast, session):
        for number in range(9):
            insurance.add(cast.tom, by=cast.amara.actor, insurer_name=f"No. {number}")
        session.commit()
        answer = amara.send("staff.insurance.create", CARD, patient_id=cast.tom.id)
        assert answer.status_code == 409 and "9 policies" in answer.text and len(policies(session)) == 9

    def test_two_who_add_one_at_once_give_two_places(self, app, cast, session):
        def adding(name):
            def add(own):
                insurance.add(own.get(Patient, (cast.rose.id, cast.tom.id)), by=cast.amara.actor, insurer_name=name)

            return add

        assert rush(app, cast, adding("Bluebell Mutual"), adding("Harbour Health")) == ["done", "done"]
        assert [row.priority for row in policies(session)] == [1, 2]


class TestVerify:
    def test_somebody_notes_what_they_found_out_and_how(self, amara, cast, session, policy):
        which = {"patient_id": cast.tom.id, "policy_id": policy.id}
        assert "7-44" in amara.open("staff.insurance.verifying", **which).text
        answer = amara.send("staff.insurance.verify", {"status": "active", "how": "phone", "words": "Ref 12"}, **which)
        assert answer.status_code == 303
        (row,) = policies(session)
        assert row.eligibility_status == Eligibility.ACTIVE and row.verified_how == VerifiedHow.PHONE
        assert row.last_verified_at and row.last_verified_by_id == cast.amara.user.id
        page = amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        assert "Ref 12" in page and cast.amara.user.name in page

    def test_nothing_is_chosen_for_them(self, amara, cast, session, policy):
        which = {"patient_id": cast.tom.id, "policy_id": policy.id}
        assert amara.send("staff.insurance.verify", {"status": "unknown"}, **which).status_code == 422
        assert policies(session)[0].last_verified_at is None

    def test_another_member_number_has_to_be_verified_again(self, amara, cast, session, policy):
        insurance.verify(policy, Eligibility.ACTIVE, VerifiedHow.CARD, by=cast.amara.actor)
        session.commit()
        which = {"patient_id": cast.tom.id, "policy_id": policy.id}
        amara.send("staff.insurance.update", {**CARD, "plan_name": "Family"}, **which)
        assert policies(session)[0].eligibility_status == Eligibility.ACTIVE
        amara.send("staff.insurance.update", {**CARD, "member_id": "8-1"}, **which)
        assert policies(session)[0].eligibility_status == Eligibility.UNKNOWN

    def test_of_two_who_change_one_policy_the_second_is_told_once_and_may_save_again(
        self, amara, cast, session, policy
    ):
        which = {"patient_id": cast.tom.id, "policy_id": policy.id}
        seen = {"seen": seen_on(amara.open("staff.insurance.edit", **which))}
        assert amara.send("staff.insurance.update", {**CARD, **seen, "plan_name": "Group"}, **which).status_code == 303
        refused = amara.send("staff.insurance.update", {**CARD, **seen, "plan_name": "Solo"}, **which)
        assert refused.status_code == 409 and "A colleague changed this meanwhile." in refused.text
        assert 'value="Solo"' in refused.text and policies(session)[0].plan_name == "Group"
        again = {**CARD, "plan_name": "Solo", "seen": seen_on(refused)}
        assert amara.send("staff.insurance.update", again, **which).status_code == 303


class TestAsk:
    def test_without_a_service_there_is_nothing_to_ask(self, amara, cast, policy):
        assert "Verify now" in amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        answer = amara.send("staff.insurance.ask", patient_id=cast.tom.id, policy_id=policy.id)
        assert answer.status_code == 404

    def test_a_service_is_asked_by_a_job_and_its_answer_kept(self, app, amara, cast, session, policy, service):
        answer = amara.send("staff.insurance.ask", patient_id=cast.tom.id, policy_id=policy.id)
        assert answer.status_code == 303 and policies(session)[0].asked_at
        asked(app, session, policy)
        (row,) = policies(session)
        assert (row.eligibility_status, row.verified_how) == (Eligibility.ACTIVE, VerifiedHow.SERVICE)
        assert row.asked_at is None and row.verified_note == "271-A" and row.last_verified_by_id is None
        assert [question.member_id for question in service.asked] == ["7-44"]
        asked(app, session, policy)
        assert len(service.asked) == 1

    def test_one_that_cannot_be_had_leaves_everything_as_it_was(self, app, amara, cast, session, policy, service):
        amara.send("staff.insurance.ask", patient_id=cast.tom.id, policy_id=policy.id)
        service.is_away = True
        with pytest.raises(eligibility.NotAnswered):
            asked(app, session, policy)
        (row,) = policies(session)
        assert row.eligibility_status == Eligibility.UNKNOWN and row.asked_at
        assert "has not answered yet" in amara.open("staff.insurance.index", patient_id=cast.tom.id).text

    def test_what_it_said_of_another_number_is_not_kept(self, app, amara, cast, session, policy, service):
        amara.send("staff.insurance.ask", patient_id=cast.tom.id, policy_id=policy.id)
        service.meanwhile = lambda: amara.send(
            "staff.insurance.update", {**CARD, "member_id": "9-9"}, patient_id=cast.tom.id, policy_id=policy.id
        )
        asked(app, session, policy)
        assert policies(session)[0].eligibility_status == Eligibility.UNKNOWN


class TestEnd:
    def test_one_that_ended_is_kept_and_can_be_in_force_again(self, amara, cast, session, policy):
        which = {"patient_id": cast.tom.id, "policy_id": policy.id}
        amara.send("staff.insurance.end", **which)
        assert known.live(session, cast.tom.id) == [] and policies(session)[0].ended_at
        assert "No longer in force" in amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        assert amara.send("staff.insurance.end", **which).status_code == 409
        amara.send("staff.insurance.restore", **which)
        assert policies(session)[0].ended_at is None


class TestCard:
    @pytest.fixture
    def card(self, app, amara, cast, session, policy):
        """Pictures of the card as the desk took them, looked through: the earlier one blurred."""
        for day in ("01/02/2026", "01/03/2026"):
            Sender(amara, cast.tom.id).form(
                ("card.png", picture()), category="insurance_card", recorded_on=day, insurance_policy_id=policy.id
            )
        looked_through(app, session, cast.rose.id)
        return session.scalars(sa.select(Document).order_by(Document.recorded_at.desc())).first()

    def test_the_newest_picture_of_it_stands_with_the_policy_for_who_opens_documents(
        self, amara, ines, osei, cast, card
    ):
        page = amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        (address,) = re.findall(r'<img src="(/staff/documents/[^"]+)" alt="Card of Bluebell Mutual', page)
        assert f"/{card.id}/page/1?seen=" in address and "no picture of the card" not in page
        assert amara.open(address).mimetype == "image/webp"
        # The link is the reader's own session's.
        cast.booked()
        assert osei.open(address).status_code == 404
        told = ines.open("staff.insurance.index", patient_id=cast.tom.id).text
        assert "Bluebell Mutual" in told and "<img" not in told and "card" not in told.partition("<article")[2].lower()

    def test_where_there_is_none_it_says_so_and_how_to_add_it(self, amara, cast, policy):
        page = amara.open("staff.insurance.index", patient_id=cast.tom.id).text
        adding = amara.url("staff.documents.index", patient_id=cast.tom.id, insurance_policy_id=policy.id)
        assert "There is no picture of the card yet." in page and f'href="{adding}">Add the card' in page

    def test_many_policies_ask_no_more_of_the_database(self, app, amara, cast, session, card):
        def statements():
            with counted(app) as sent:
                amara.open("staff.insurance.index", patient_id=cast.tom.id)
            return len(sent)

        statements()
        before = statements()
        for number in range(5):
            insurance.add(session.merge(cast.tom), by=cast.amara.actor, insurer_name=f"No. {number}")
        session.commit()
        assert statements() == before


class TestWho:
    def test_a_doctor_reads_those_of_their_own_patients_and_changes_none(self, osei, lind, cast, session, policy):
        cast.booked()
        session.commit()
        page = osei.open("staff.insurance.index", patient_id=cast.tom.id)
        assert "Bluebell Mutual" in page.text and "Verify now" not in page.text
        assert osei.send("staff.insurance.create", CARD, patient_id=cast.tom.id).status_code == 403
        assert lind.open("staff.insurance.index", patient_id=cast.tom.id).status_code == 404

    def test_another_clinic_and_another_patient_are_a_404(self, amara, stranger, cast, policy):
        assert stranger.open("staff.insurance.index", patient_id=cast.tom.id).status_code == 404
        which = {"patient_id": cast.maya_patient.id, "policy_id": policy.id}
        assert amara.open("staff.insurance.edit", **which).status_code == 404
        assert amara.send("staff.insurance.end", **which).status_code == 404


class TestPortal:
    def test_a_patient_sees_theirs_and_adds_one(self, maya, amara, cast, session, policy):
        assert "Bluebell" not in maya.open("portal.insurance.index").text
        answer = maya.send("portal.insurance.create", CARD, patient_id=cast.maya_patient.id)
        assert answer.status_code == 303
        page = maya.open("portal.insurance.index").text
        assert "Bluebell Mutual" in page and "not checked yet" in page
        assert (
            "Written down by the patient" in amara.open("staff.insurance.index", patient_id=cast.maya_patient.id).text
        )
        assert "Bluebell" in maya.open("portal.insurance.index", patient_id=cast.maya_patient.id).text
        assert maya.open("portal.insurance.index", patient_id=cast.tom.id).status_code == 404
        assert maya.send("portal.insurance.create", {}, patient_id=cast.maya_patient.id).status_code == 422
        assert maya.send("portal.insurance.create", CARD, patient_id=cast.tom.id).status_code == 404
        assert len(policies(session)) == 2


class Service:
    """An insurer's service that says yes."""

    name = "Clearing house"

    def __init__(self):
        self.asked, self.is_away, self.meanwhile = [], False, lambda: None

    def ask(self, question):
        if self.is_away:
            raise eligibility.NotAnswered
        self.asked.append(question)
        self.meanwhile()
        return eligibility.Answer(Eligibility.ACTIVE, "271-A")


@pytest.fixture
def service(cast, session, monkeypatch):
    """A service that Rose Street asks."""
    made = Service()
    monkeypatch.setitem(eligibility.SERVICES, "clearing", lambda: made)
    clinic = session.get(Clinic, cast.rose.id)
    clinic.settings = {**clinic.settings, eligibility.SETTING: "clearing"}
    session.commit()
    return made


def asked(app, session, policy):
    session.rollback()
    run(app, "insurance.ask", {"clinic_id": str(policy.clinic_id), "policy_id": str(policy.id)})
