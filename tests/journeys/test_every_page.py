"""Every page of the record, found by its route: axe has nothing to say on a wide screen nor on a phone."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error

from clinic.access import ROLES, Permission
from clinic.actions import measurements, prescriptions
from clinic.models.accounts import Role
from clinic.models.documents import Document
from clinic.models.measurements import Kind
from clinic.models.releasing import ReleaseRule
from tests import papers
from tests.access.things import PLAIN, corners, things_in
from tests.documents import PDF, Sender, looked_through
from tests.faults.routes import routes
from tests.labs import entered, ordered, sodium
from tests.noting import signed
from tests.prescribing import AMOXICILLIN, ARNICA, prescribed
from tests.visitor import Visitor

P = Permission
# What is not the record: the clinic and its people, the calendar and the day, what anybody may open.
ELSEWHERE = {
    P.PUBLIC, P.SIGNED_IN, P.HOME_SEE, P.VISITS_SEE, P.VISITS_BOOK, P.VISITS_CHECK_IN, P.VISITS_CONDUCT, P.VISITS_NOTE,
    P.SCHEDULE_SEE, P.SCHEDULE_BLOCK, P.SCHEDULE_EDIT, P.GROUPS_EDIT, P.CLINIC_EDIT, P.CLINIC_SECURE, P.STAFF_EDIT,
    P.STAFF_IMPERSONATE, P.SUPPORT_GRANT, P.GRANTS_REVIEW, P.FEEDBACK_MODERATE, P.AUDIT_SEE, P.AUDIT_EXPORT,
    P.DAYS_CLOSE, P.DAYS_REOPEN,
}  # fmt: skip
# Of these the pages that show something of the record.
AND_YET = {"staff.visits.show", "staff.booking.new", "public.excuse_notes.check"}
# Who looks: a doctor, the desk and a patient at all they may open, an administrator at what none of these may. There is
# nothing that a medical assistant alone may open.
PEOPLE = {"doctor": "osei", "receptionist": "amara", "admin": "ines", "patient": "maya"}
# What is no page, or is one for a moment only.
LEFT_OUT = {
    "staff.documents.file": "a file, by a link that its page makes",
    "portal.documents.file": "a file, by a link that its page makes",
    "staff.documents.page": "a picture, by an address that its page makes",
    "portal.documents.page": "a picture, by an address that its page makes",
    "staff.documents.progress": "told to the page of whoever is sending a file",
    "portal.documents.progress": "told to the page of whoever is sending a file",
    "staff.prescriptions.repeat": "leads to the page of a new prescription",
    "portal.visits.status": "a part that the page of a visit fetches by itself",
}
# What was decided is read of a visit that is over, not of the one to come; what was sent is changed no more.
OF_ANOTHER = {
    "staff.consultations.": ("visit_id", "signed_id"), "portal.consultations.": ("visit_id", "signed_id"),
    "staff.excuse_notes.edit": ("note_id", "unsent_note_id"),
    "staff.referrals.edit": ("referral_id", "unsent_referral_id"),
}  # fmt: skip
# Questions that are asked one after the other, each with the answers to those before it in its address.
STEPS = {
    "portal.booking.doctor", "portal.booking.day", "portal.booking.time", "portal.booking.reason",
    "portal.booking.check", "portal.visits.move_time", "portal.visits.move_check", "portal.waitlist.new",
}  # fmt: skip
ANSWERS = ("patient_id", "visit_type_id", "provider_id", "doctor", "day", "starts_at", "visit_mode")
LONG = "Hydroxypropylmethylcellulose-phthalate"


@pytest.fixture
def known(app, cast, session):
    """An id for every name in an address: Maya's, whose record has a row of every kind and some that fill a page."""
    found = things_in(cast, corners(cast, cast.maya, "patient")["own"], 1)
    session.enter(cast.scope)
    maya = session.merge(cast.maya_patient)
    visit, _note = signed(cast, patient=maya, reason="A cough that does not end")
    issued = prescribed(session, cast, AMOXICILLIN, ARNICA, replace(AMOXICILLIN, medicine_name=LONG), patient=maya)
    prescriptions.stop(issued, "Rash", item=issued.items[1], by=cast.osei.actor)
    order = ordered(cast, session, ReleaseRule.NOW)
    entered(cast, session, order, sodium("151", laboratory="City Lab", remark="Haemolytic"), sodium())
    values = {Kind.BLOOD_PRESSURE: Decimal(152), "diastolic": Decimal(94), Kind.WEIGHT: Decimal(70)}
    measurements.record(maya, values, by=cast.osei.actor)
    session.commit()
    Sender(Visitor(app, cast.amara), maya.id).form(("consent-to-the-operation.pdf", PDF), category="consent_form")
    looked_through(app, session, cast.rose.id)
    free = cast.tomorrow_at(15, days=1)
    return PLAIN | found | {
        "unsent_note_id": papers.note(session, cast, maya).id,
        "unsent_referral_id": papers.referral(session, cast, maya).id,
        "signed_id": visit.id, "prescription_id": issued.id, "order_id": order.id,
        "document_id": session.scalars(sa.select(Document.id).where(Document.preview_pages > 0)).one(),
        "doctor": found["provider_id"], "starts_at": free.isoformat(), "day": free.date(), "visit_mode": "in_person",
    }  # fmt: skip


@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", PEOPLE)
def test_nothing_is_wrong_with_any_page_of_the_record_on_either_screen(app, cast, window, known, role):
    visitor, at, wrong = Visitor(app, None), window(getattr(cast, PEOPLE[role])), []
    for rule in _looked_at_by(role, app):
        path = _address(visitor, rule, known)
        try:
            if _is_a_page(at, path):
                at.check_on_both()
        except AssertionError as problem:
            wrong.append(str(problem))
            at.complaints.clear()
    assert not wrong, "\n".join(wrong)


def _is_a_page(at, path):
    """Open the address: False where there is a file; fails where the page of another address came, or part of one."""
    try:
        answer = at.page.goto(path)
    except Error as problem:
        if "Download is starting" in problem.message:
            return False
        raise
    if answer.ok and "text/html" not in answer.headers["content-type"]:
        return False
    assert answer.ok and urlsplit(answer.url).path == urlsplit(path).path, f"{path}: {answer.status} at {answer.url}"
    assert "<html" in answer.text()[:500], f"{path} is part of a page"
    return True


def test_what_is_left_out_is_there(app):
    assert set(LEFT_OUT) | AND_YET | STEPS <= set(app.view_functions)


def _looked_at_by(role, app):
    found = []
    for rule, method in routes(app):
        need = app.extensions["needs"].get(rule.endpoint)
        elsewhere = need is None or (need.permission in ELSEWHERE and rule.endpoint not in AND_YET)
        if method != "GET" or elsewhere or rule.endpoint in LEFT_OUT:
            continue
        who = [each for each in PEOPLE if need.permission in ROLES[Role(each)]] or ["patient"]
        if role in who and (role != "admin" or who == ["admin"]):
            found.append(rule)
    return found


def _address(visitor, rule, known):
    others = {name: known[key] for at, (name, key) in OF_ANOTHER.items() if rule.endpoint.startswith(at)}
    ids = known | others
    names = {*rule.arguments, *(ANSWERS if rule.endpoint in STEPS else ())}
    return visitor.url(rule.endpoint, **{name: ids[name] for name in names})
