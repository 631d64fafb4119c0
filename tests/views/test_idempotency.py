"""A form that is sent twice acts once, and both are answered the same."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic import idempotency
from clinic.db import now
from clinic.models.accounts import Membership, Role, UserSession
from clinic.models.audit import AuditEntry
from clinic.models.idempotency import IdempotencyKey
from clinic.models.visits import Visit, VisitStatus
from clinic.scope import Scope
from clinic.views.portal.answers import WORDS
from tests.visitor import Visitor

AT_ONCE = 50


@pytest.fixture
def form(cast):
    """What the desk's page sends to book Tom tomorrow at ten, with the key the page was drawn with."""

    def fields(**more):
        return {
            "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
            "starts_at": cast.tomorrow_at(10).isoformat(), "visit_mode": "in_person", "reason": "Cough",
            "idempotency_key": str(uuid4()), **more,
        }  # fmt: skip

    return fields


@pytest.fixture
def kept(session, cast):
    """Every row of a kind as the database has it now."""

    def look(kind=Visit):
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(kind)).all()

    return look


@contextmanager
def losing_the_connection_at_the_commit(superuser):
    """Whatever books a visit meanwhile breaks off when it is to be committed, as if the server had gone."""
    with superuser.connect() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '57P01'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER gone AFTER INSERT ON visits DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION gone()"
        )
        try:
            yield
        finally:
            connection.exec_driver_sql("DROP TRIGGER gone ON visits")
            connection.exec_driver_sql("DROP FUNCTION gone()")


def told(answer):
    """An answer as the browser would act on it."""
    return answer.status_code, answer.location, answer.headers.get("HX-Redirect"), answer.text


def messages(visitor):
    """What waits in the visitor's cookie to be said on the next page."""
    with visitor.client.session_transaction() as cookie:
        return [words["text"] for _kind, words in cookie.get("_flashes", [])]


class TestTheSameFormAgain:
    def test_it_books_once_and_answers_the_same(self, amara, form, kept):
        sent = form()
        first, second = amara.send("staff.booking.create", sent), amara.send("staff.booking.create", sent)
        assert first.status_code == 303 and told(first) == told(second)
        assert len(kept()) == 1
        assert [each.action for each in kept(AuditEntry)].count("booking.book") == 1

    def test_a_part_comes_back_as_it_was_sent_first(self, amara, cast, kept):
        visit = cast.booked()
        sent = {"idempotency_key": f"{uuid4()}.{visit.id}"}
        first = amara.send("staff.visits.confirm", sent, htmx=True, visit_id=visit.id)
        second = amara.send("staff.visits.confirm", sent, htmx=True, visit_id=visit.id)
        assert first.status_code == 200 and told(first) == told(second)
        assert kept()[0].status == VisitStatus.CONFIRMED

    def test_the_order_of_the_fields_and_a_later_forgery_token_make_no_difference(self, amara, form, kept):
        sent = form()
        amara.send("staff.booking.create", sent)
        assert amara.send("staff.booking.create", dict(reversed(sent.items()))).status_code == 303
        assert len(kept()) == 1

    def test_without_a_key_every_sending_counts(self, amara, form, kept):
        sent = {name: value for name, value in form().items() if name != "idempotency_key"}
        assert [amara.send("staff.booking.create", sent).status_code for _ in range(2)] == [303, 409]
        assert len(kept(IdempotencyKey)) == 0

    def test_a_message_that_was_lost_on_the_way_is_said_and_said_once(self, amara, form):
        sent = form()
        amara.send("staff.booking.create", sent)
        (said,) = messages(amara)
        amara.send("staff.booking.create", sent)
        assert messages(amara) == [said]
        with amara.client.session_transaction() as cookie:
            cookie.pop("_flashes")
        amara.send("staff.booking.create", sent)
        assert messages(amara) == [said]

    def test_what_the_first_sending_took_out_of_the_cookie_does_not_come_back(self, maya, cast, form, kept):
        sent = {name: value for name, value in form().items() if name != "patient_id"}
        keep = {"of": str(cast.maya.user.id), "words": "Something private"}
        with maya.client.session_transaction() as cookie:
            cookie[WORDS] = keep
        first = maya.send("portal.booking.create", sent)
        with maya.client.session_transaction() as cookie:
            cookie[WORDS] = keep
        assert told(first) == told(maya.send("portal.booking.create", sent)) and len(kept()) == 1
        with maya.client.session_transaction() as cookie:
            assert WORDS not in cookie

    @pytest.mark.promise(35, "the same form many times at the same moment")
    def test_fifty_at_once_act_once_and_are_all_answered_the_same(self, app, cast, form, kept, figure):
        sent, barrier, answers = form(), threading.Barrier(AT_ONCE), []
        browsers = [Visitor(app, cast.amara) for _ in range(AT_ONCE)]

        def go(browser):
            barrier.wait()
            answers.append(told(browser.send("staff.booking.create", sent)))

        threads = [threading.Thread(target=go, args=(each,)) for each in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == AT_ONCE and len(set(answers)) == 1 and answers[0][0] == 303
        assert len(kept()) == 1 and len(kept(IdempotencyKey)) == 1
        figure(f"{AT_ONCE} at once: 1 visit, {AT_ONCE} equal answers")


class TestAnotherForm:
    @pytest.mark.promise(35, "another form under the same key")
    def test_something_else_under_the_same_key_is_refused_in_a_sentence(self, amara, cast, form, kept):
        sent = form()
        amara.send("staff.booking.create", sent)
        other = amara.send("staff.booking.create", sent | {"starts_at": cast.tomorrow_at(12).isoformat()})
        assert other.status_code == 422 and "was sent already" in other.text
        assert len(kept()) == 1

    def test_another_address_under_the_same_key_is_refused(self, amara, cast):
        visit, sent = cast.booked(), {"idempotency_key": str(uuid4())}
        assert amara.send("staff.visits.confirm", sent, visit_id=visit.id).status_code == 303
        assert amara.send("staff.visits.cancel", sent, visit_id=visit.id).status_code == 422

    def test_another_file_under_the_same_key_is_refused(self, ines):
        key = str(uuid4())
        logos = [{"logo": (BytesIO(each), "logo.png"), "idempotency_key": key} for each in (PNG, PNG, PNG + b"\0")]
        assert [ines.send("staff.clinic.set_logo", each).status_code for each in logos] == [303, 303, 422]

    @pytest.mark.promise(35, "another person's same key")
    def test_the_same_key_of_another_person_is_their_own(self, amara, osei, ines, cast, form, kept):
        sent = {"idempotency_key": str(uuid4()), "notes": "Brings the letter"}
        visit = cast.booked()
        for each in (amara, osei, amara):
            assert each.send("staff.visits.write_note", sent, visit_id=visit.id).status_code == 303
        assert len({row.user_id for row in kept(IdempotencyKey)}) == 2

    @pytest.mark.promise(35, "the same person's same key in another clinic")
    def test_the_same_key_in_another_clinic_is_answered_with_nothing_of_the_first(
        self, amara, cast, form, kept, session
    ):
        sent = form()
        assert amara.send("staff.booking.create", sent).status_code == 303
        session.enter(Scope.staff(cast.harbour.id))
        session.add(Membership(clinic_id=cast.harbour.id, user_id=cast.amara.user.id, role=Role.RECEPTIONIST))
        session.commit()
        own = sa.update(UserSession).where(UserSession.user_id == cast.amara.user.id)
        session.execute(own.values(clinic_id=cast.harbour.id))
        session.commit()
        assert amara.send("staff.booking.create", sent).status_code == 422
        assert len(kept()) == 1

    def test_a_form_that_was_wrong_may_be_corrected_under_its_key(self, amara, form, kept):
        sent = form(starts_at="whenever")
        assert amara.send("staff.booking.create", sent).status_code == 422
        assert kept(IdempotencyKey) == []
        corrected = form(idempotency_key=sent["idempotency_key"])
        assert amara.send("staff.booking.create", corrected).status_code == 303

    def test_a_refused_form_may_be_sent_again(self, amara, cast, form, kept):
        taken = cast.booked()
        sent = form(patient_id=cast.maya_patient.id)
        assert amara.send("staff.booking.create", sent).status_code == 409
        amara.send("staff.visits.cancel", {"reason": "other"}, visit_id=taken.id)
        assert amara.send("staff.booking.create", sent).status_code == 303

    @pytest.mark.parametrize("key", ["", "1", "x" * 5000, "'; DROP TABLE visits", "AB" * 16, "é" * 36])
    def test_a_key_that_is_none_of_ours_is_refused_and_nothing_is_done(self, amara, form, kept, key):
        answer = amara.send("staff.booking.create", form(idempotency_key=key))
        assert answer.status_code == 400 and "Load the page again" in answer.text
        assert kept() == []


class TestWhatIsKept:
    @pytest.mark.promise(35, "a crash before the commit, then the retry")
    def test_a_crash_before_the_commit_leaves_nothing_and_the_retry_books_once(
        self, amara, form, kept, superuser, figure
    ):
        sent = form()
        with losing_the_connection_at_the_commit(superuser):
            assert amara.send("staff.booking.create", sent).status_code == 503
        assert kept() == [] and kept(IdempotencyKey) == [] and messages(amara) == []
        assert [amara.send("staff.booking.create", sent).status_code for _ in range(2)] == [303, 303]
        assert len(kept()) == 1
        figure("1 visit")

    def test_the_answer_is_kept_sealed_and_for_a_day(self, amara, form, kept):
        amara.send("staff.booking.create", form())
        (row,) = kept(IdempotencyKey)
        assert (row.method, row.path, row.status_code) == ("POST", "/staff/booking", 303)
        assert b"/staff/day" not in row.answer_encrypted and b"Tom Baker" not in row.answer_encrypted
        assert timedelta(hours=23, minutes=59) < row.expires_at - now() <= timedelta(hours=24)

    def test_after_a_day_the_key_is_as_good_as_new(self, amara, cast, form, kept, session):
        sent = form()
        amara.send("staff.booking.create", sent)
        session.execute(sa.update(IdempotencyKey).values(expires_at=now() - timedelta(seconds=1)))
        session.commit()
        other = sent | {"starts_at": cast.tomorrow_at(12).isoformat()}
        assert amara.send("staff.booking.create", other).status_code == 303
        assert len(kept()) == 2 and len(kept(IdempotencyKey)) == 1

    def test_an_answer_too_long_to_keep_is_not_given_again_but_nothing_is_done_twice(self, amara, cast, monkeypatch):
        monkeypatch.setattr(idempotency, "LARGEST_KEPT", 10)
        visit, sent = cast.booked(), {"idempotency_key": str(uuid4())}
        answers = [amara.send("staff.visits.confirm", sent, htmx=True, visit_id=visit.id) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 409]
        assert "This was done" in answers[1].text

    def test_an_answer_whose_key_is_lost_is_not_given_again_but_nothing_is_done_twice(self, amara, form, kept, session):
        sent = form()
        amara.send("staff.booking.create", sent)
        session.execute(sa.update(IdempotencyKey).values(answer_encrypted=b"\x01\x05tests" + b"\0" * 40))
        session.commit()
        answer = amara.send("staff.booking.create", sent)
        assert answer.status_code == 409 and "This was done" in answer.text and len(kept()) == 1

    def test_who_lost_the_right_meanwhile_gets_no_kept_answer(self, amara, cast, form, session):
        sent = form()
        amara.send("staff.booking.create", sent)
        session.execute(sa.update(Membership).where(Membership.user_id == cast.amara.user.id).values(ended_at=now()))
        session.commit()
        assert amara.send("staff.booking.create", sent).status_code == 403


class TestWhatIsLeftOut:
    def test_a_search_asks_anew_each_time(self, amara, cast, kept):
        sent = {"idempotency_key": str(uuid4())}
        for typed in ("tom", "maya"):
            assert amara.send("staff.patients.find", sent | {"q": typed}).status_code == 200
        assert kept(IdempotencyKey) == []

    def test_signing_in_and_out_keep_nothing(self, nobody, amara, kept):
        nobody.send(
            "public.accounts.sign_in", {"idempotency_key": str(uuid4()), "email": "a@b.example", "password": "x"}
        )
        amara.send("public.accounts.sign_out", {"idempotency_key": str(uuid4())})
        assert kept(IdempotencyKey) == []


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
