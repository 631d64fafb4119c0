"""Whoever holds a link and the desk act at the same moment: the second finds what the first has done."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import sqlalchemy as sa

from clinic.actions import visit_links, visits
from clinic.db import ClinicSession, db
from clinic.models.visit_links import VisitLink
from clinic.models.visits import CancelReason, Visit, VisitStatus
from clinic.scope import Scope
from tests.visitor import Visitor

S = VisitStatus


def at_once(*acts):
    """What each act answered, all begun at one moment."""
    gate = Barrier(len(acts))

    def begin(act):
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result() for each in [threads.submit(begin, act) for act in acts]]


def test_two_who_want_the_first_link_are_told_the_same_one(app, session, cast):
    visit = cast.booked()

    def ask():
        with app.app_context(), ClinicSession(db) as own:
            own.scope = Scope.staff(cast.rose.id)
            found = visit_links.address(own, own.get(Visit, (cast.rose.id, visit.id)), by=cast.amara.actor)
            own.commit()
            return found

    assert len(set(at_once(*[ask] * 4))) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(VisitLink)) == 1


def test_confirming_and_the_clinics_cancelling_leave_one_true_history(app, session, cast):
    visit = cast.booked(patient=cast.maya_patient)
    link = visit_links.address(session, visit, by=cast.amara.actor)
    session.commit()
    patient = Visitor(app, None)

    def cancel():
        with app.app_context(), ClinicSession(db) as own:
            own.scope = Scope.staff(cast.rose.id)
            visits.cancel(own.get(Visit, (cast.rose.id, visit.id)), CancelReason.CLINIC, by=cast.amara.actor)
            own.commit()

    answer, _none = at_once(lambda: patient.send(f"{link[link.index('/v/') :]}/confirm").status_code, cancel)
    session.rollback()
    session.expire_all()
    found = session.get(Visit, (cast.rose.id, visit.id))
    steps = [each.to_status for each in found.events]
    assert found.status == S.CANCELLED and found.slot_id is None
    assert steps == ([S.BOOKED, S.CONFIRMED, S.CANCELLED] if answer == 303 else [S.BOOKED, S.CANCELLED])


def test_two_who_check_in_at_once_are_checked_in_once(app, session, cast):
    visit = cast.booked(patient=cast.maya_patient)
    window = sa.text("""UPDATE clinics SET settings = '{"check_in_before_minutes": 4000}' WHERE id = :id""")
    session.execute(window, {"id": cast.rose.id})
    link = visit_links.address(session, visit, by=cast.amara.actor)
    session.commit()
    path = link[link.index("/v/") :] + "/check-in"
    phones = [Visitor(app, None), Visitor(app, None)]
    assert at_once(*(lambda phone=phone: phone.send(path).status_code for phone in phones)) == [303, 303]
    session.rollback()
    session.expire_all()
    found = session.get(Visit, (cast.rose.id, visit.id))
    assert [each.to_status for each in found.events] == [S.BOOKED, S.CHECKED_IN]
