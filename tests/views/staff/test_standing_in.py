"""An administrator stands in for a colleague: half an hour, with a reason, both names on everything, nothing gained."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from clinic.access import AS_ONESELF, Permission, may_be_stood_in_for, permissions_of
from clinic.actions.acting import Refused
from clinic.actions.grants import stand_in
from clinic.db import now
from clinic.models.accounts import Membership, Role, User, UserSession, UserStatus
from clinic.models.audit import AuditEntry
from clinic.models.grants import AccessGrant, GrantKind
from clinic.models.visits import Visit
from tests.views.staff.standing_in import ONES_OWN, WHY, begun, row, token_hash
from tests.visitor import Visitor

__all__ = ["begun", "row"]


class TestBeginning:
    def test_is_offered_on_the_colleagues_page_and_asks_why(self, ines, cast):
        assert "Stand in for them" in ines.open("staff.colleagues.edit", user_id=cast.amara.user.id).text
        assert "Stand in for Amara Diallo" in ines.open("staff.standing_in.new", user_id=cast.amara.user.id).text
        assert "Stand in for them" not in ines.open("staff.colleagues.edit", user_id=cast.ines.user.id).text

    def test_gives_the_session_a_new_token_and_half_an_hour(self, begun, row, cast):
        before = token_hash(row, cast.ines)
        assert begun(cast.amara).status_code == 303
        kept = row(UserSession, UserSession.user_id == cast.ines.user.id)
        assert kept.impersonates_id == cast.amara.user.id and kept.token_hash != before
        grant = row(AccessGrant)
        assert (grant.kind, grant.user_id, grant.subject_id) == (
            GrantKind.IMPERSONATION, cast.ines.user.id, cast.amara.user.id
        )  # fmt: skip
        assert grant.reason == WHY and grant.until - grant.created_at == timedelta(minutes=30)

    def test_the_former_token_is_worth_nothing(self, app, ines, begun, cast):
        with ines.client.session_transaction() as cookie:
            former = cookie["token"]
        begun(cast.amara)
        thief = Visitor(app, None)
        with thief.client.session_transaction() as cookie:
            cookie["token"] = former
        assert thief.open("staff.day.index").status_code == 302

    @pytest.mark.parametrize("reason", ["", "curious", " " * 20])
    def test_without_a_reason_nothing_begins(self, begun, row, cast, reason):
        assert begun(cast.amara, reason).status_code == 422
        assert row(AccessGrant) is None

    @pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMIN, Role.SUPPORT, Role.MEDICAL_ASSISTANT])
    def test_never_for_a_patient_an_administrator_or_support(self, begun, row, cast, session, role):
        session.execute(sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(role=role))
        session.commit()
        assert begun(cast.amara).status_code == 404
        assert row(AccessGrant) is None

    def test_a_receptionist_who_administers_too_is_never_stood_in_for(self, begun, cast, session):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.ADMIN))
        session.commit()
        assert begun(cast.amara).status_code == 404

    @pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR, Role.REFERRER])
    def test_for_a_receptionist_a_doctor_or_a_referrer(self, begun, cast, session, role):
        session.execute(sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(role=role))
        session.commit()
        assert begun(cast.amara).status_code == 303

    def test_never_for_oneself_for_another_clinic_nor_for_one_who_has_left(self, begun, cast, session):
        assert begun(cast.ines).status_code == 404
        assert begun(cast.stranger).status_code == 404
        session.execute(
            sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(ended_at=sa.func.now())
        )
        session.commit()
        assert begun(cast.amara).status_code == 404

    def test_never_nested(self, ines, begun, cast, row):
        begun(cast.amara)
        assert begun(cast.osei).status_code == 403
        assert row(UserSession, UserSession.user_id == cast.ines.user.id).impersonates_id == cast.amara.user.id

    def test_the_action_refuses_all_of_it_too(self, session, cast, ines):
        signed_in = session.scalars(sa.select(UserSession).where(UserSession.user_id == cast.ines.user.id)).one()
        amara, osei, maya = (session.get(User, each.user.id) for each in (cast.amara, cast.osei, cast.maya))
        as_amara = replace(cast.ines.actor, on_behalf_of_id=amara.id)
        with pytest.raises(Refused, match="for themselves"):
            stand_in(session.get(User, cast.ines.user.id), signed_in, WHY, b"x", by=cast.ines.actor,
                     allowed=may_be_stood_in_for)  # fmt: skip
        with pytest.raises(Refused, match="already"):
            stand_in(osei, signed_in, WHY, b"x", by=cast.amara.actor, allowed=may_be_stood_in_for)
        with pytest.raises(Refused, match="already"):
            stand_in(osei, signed_in, WHY, b"x", by=as_amara, allowed=may_be_stood_in_for)
        with pytest.raises(Refused, match="Nobody stands in"):
            stand_in(maya, signed_in, WHY, b"x", by=cast.ines.actor, allowed=may_be_stood_in_for)
        amara.status = UserStatus.SUSPENDED
        with pytest.raises(Refused, match="Nobody stands in"):
            stand_in(amara, signed_in, WHY, b"x", by=cast.ines.actor, allowed=may_be_stood_in_for)

    @pytest.mark.parametrize("who", ["amara", "osei", "maya", "stranger"])
    def test_only_administrators_may(self, request, who, cast):
        visitor = request.getfixturevalue(who)
        assert visitor.open("staff.standing_in.new", user_id=cast.lind.user.id).status_code == 403
        assert visitor.send("staff.standing_in.create", {"reason": WHY}, user_id=cast.lind.user.id).status_code == 403

    def test_who_has_not_just_proved_who_they_are_does_so_first(self, ines, begun, cast, session, row):
        session.execute(
            sa.update(UserSession).where(UserSession.user_id == cast.ines.user.id)
            .values(proved_at=sa.func.now() - timedelta(minutes=11))
        )  # fmt: skip
        session.commit()
        assert "/prove" in ines.open("staff.standing_in.new", user_id=cast.amara.user.id).location
        assert "/prove" in begun(cast.amara).location and row(AccessGrant) is None


class TestMeanwhile:
    def test_every_page_says_so_with_the_name_the_time_and_the_way_back(self, ines, begun, cast):
        begun(cast.amara)
        for page in (
            ines.open("staff.day.index"), ines.open("staff.patients.index"), ines.open("staff.colleagues.index"),
            ines.open("public.home.clinics"), ines.open("public.accounts.password"),
        ):  # fmt: skip
            assert "You stand in for Amara Diallo" in page.text and "/staff/standing-in/end" in page.text
            assert "min left" in page.text

    def test_one_may_only_what_both_may(self, ines, begun, cast):
        begun(cast.amara)
        assert ines.open("staff.day.index").status_code == 200
        assert ines.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200
        # The administrator alone may, the receptionist alone may: neither may now.
        assert ines.open("staff.colleagues.index").status_code == 403
        assert ines.open("staff.booking.new").status_code == 403
        assert ines.open("staff.patients.edit", patient_id=cast.tom.id).status_code == 403

    def test_for_a_doctor_only_the_doctors_own_patients_are_there(self, ines, begun, cast):
        visit = cast.booked()
        begun(cast.lind)
        assert ines.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404
        assert ines.open("staff.visits.show", visit_id=visit.id).status_code == 404
        ines.send("staff.standing_in.end")
        begun(cast.osei)
        assert ines.open("staff.patients.show", patient_id=cast.tom.id).status_code == 200

    def test_a_doctors_emergency_is_not_handed_on(self, ines, lind, begun, cast):
        reason = "Unconscious in the waiting room"
        assert lind.send("staff.break_glass.create", {"mrn": cast.tom.mrn, "reason": reason}).status_code == 303
        begun(cast.lind)
        assert ines.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404

    def test_nor_does_one_take_ones_own_emergency_along(self, ines, begun, cast, session):
        session.add(
            AccessGrant(
                clinic_id=cast.rose.id, kind=GrantKind.BREAK_GLASS, user_id=cast.ines.user.id, patient_id=cast.tom.id,
                granted_by_id=cast.ines.user.id, reason="Brought in unconscious", created_at=sa.func.now(),
                until=sa.func.now() + timedelta(minutes=50),
            )
        )  # fmt: skip
        session.commit()
        begun(cast.lind)
        assert ines.open("staff.patients.show", patient_id=cast.tom.id).status_code == 404

    def test_what_everybody_does_as_themselves_only_is_closed(self, app, ines, begun, cast, session):
        """Every route that asks for fresh proof, every page about one's account, and what ONES_OWN names."""
        for role in (Role.DOCTOR, Role.RECEPTIONIST):
            session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=role))
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.amara.user.id, role=Role.DOCTOR))
        session.commit()
        begun(cast.amara)
        ids = {"user_id": cast.osei.user.id, "clinic_id": cast.rose.id}
        closed, still = set(), {"public.accounts.sign_out", "public.sessions.stay", "staff.standing_in.end"}
        for rule in app.url_map.iter_rules():
            need = app.extensions["needs"].get(rule.endpoint)
            account = need and need.face == "public" and need.permission == Permission.SIGNED_IN
            if not need or rule.endpoint in still or not (need.fresh or account or rule.endpoint in ONES_OWN):
                continue
            values = {name: ids.get(name, cast.tom.id) for name in rule.arguments}
            for method in (ines.open, ines.send):
                if {"open": "GET", "send": "POST"}[method.__name__] in rule.methods:
                    answer = method(rule.endpoint, **values)
                    assert answer.status_code == 403, (rule.endpoint, answer.status_code)
                    assert "Not while you stand in for somebody else" in answer.text, rule.endpoint
                    closed.add(rule.endpoint)
        assert closed > ONES_OWN

    def test_a_doctor_who_stands_in_for_a_doctor_reads_the_chart_and_is_offered_no_pen(
        self, ines, osei, begun, cast, session
    ):
        cast.booked()
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=Role.DOCTOR))
        session.commit()
        begun(cast.osei)
        pens = {"referrals": "Write a referral", "excuse_notes": "Write an excuse note", "lab_orders": "Order tests"}
        for subject, pen in pens.items():
            assert pen in osei.open(f"staff.{subject}.index", patient_id=cast.tom.id).text
            seen = ines.open(f"staff.{subject}.index", patient_id=cast.tom.id)
            assert seen.status_code == 200 and pen not in seen.text, subject

    def test_the_refusal_says_what_to_do(self, ines, begun, cast):
        begun(cast.amara)
        page = ines.open("public.accounts.password")
        assert page.status_code == 403 and "Not while you stand in for somebody else" in page.text

    def test_signing_out_gives_it_back(self, ines, begun, cast, session):
        begun(cast.amara)
        assert ines.send("public.accounts.sign_out").status_code == 303
        session.rollback()
        session.enter(cast.scope)
        assert session.scalars(sa.select(AccessGrant.ended_at)).one() is not None

    def test_the_portal_is_closed(self, ines, begun, cast, session):
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=Role.PATIENT))
        session.commit()
        begun(cast.amara)
        assert ines.open("portal.home.index").status_code == 403

    def test_no_form_of_the_public_pages_is_taken_in_anothers_name(self, ines, begun, cast):
        begun(cast.amara)
        assert ines.send("public.accounts.sign_in", {"email": "x@y.example", "password": "x"}).status_code == 403
        assert ines.send("public.accounts.join", token="a" * 43).status_code == 403
        assert ines.open("public.clinics.show", slug="rose-street").status_code == 200

    def test_both_names_stand_on_every_entry(self, ines, begun, cast, session, figure):
        visit = cast.booked(now(), overbook="Whatever the hour of the test")
        session.add(Membership(clinic_id=cast.rose.id, user_id=cast.ines.user.id, role=Role.RECEPTIONIST))
        session.commit()
        begun(cast.amara)
        ines.open("staff.patients.show", patient_id=cast.tom.id)
        assert ines.send("staff.visits.check_in", visit_id=visit.id).status_code == 303
        ines.open("staff.colleagues.index")
        session.rollback()
        session.enter(cast.scope)
        entries = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.actor_id == cast.ines.user.id).order_by(AuditEntry.created_at)
        ).all()
        began = next(n for n, each in enumerate(entries) if each.action == "grants.stand_in")
        meanwhile = entries[began + 1 :]
        assert {"visits.check_in", "patients.open"} <= {each.action for each in meanwhile}
        assert all(each.on_behalf_of_id == cast.amara.user.id for each in meanwhile)
        assert all(each.actor_role == "admin+receptionist as receptionist" for each in meanwhile)
        figure(f"{len(meanwhile)} of {len(meanwhile)} entries name both")
        assert session.scalar(sa.select(Visit.status).where(Visit.id == visit.id)) == "checked_in"


def test_nobody_gains_a_right_by_standing_in():
    for role in (Role.RECEPTIONIST, Role.DOCTOR, Role.REFERRER):
        both = permissions_of({Role.ADMIN}, "staff") & permissions_of({role}, "staff")
        # The guard keeps what one does as oneself from whoever stands in, though both of them may.
        assert both < permissions_of({Role.ADMIN}, "staff") and both & AS_ONESELF <= {Permission.PATIENTS_PROPOSE_MERGE}
