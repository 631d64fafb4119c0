"""Another clinic's id: the very answer that an id gets which never existed, on every route that takes one."""

import re
from uuid import uuid4

import pytest

from tests.digests import digests
from tests.faults.routes import address, fitting, ids, own_ids, routes, send, strangers_ids
from tests.visitor import Visitor

# What every answer makes anew, whatever was asked; the seconds until the sign-in ends among it.
NEW_EACH_TIME = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|value=\"[\w.-]{40,}\"|data-(?:idle|ends)=\"\d+\""
)
# What was taken away is looked for in one's own cookie, and nowhere by its id.
IN_ONES_OWN_COOKIE = {"staff.blocks.restore", "staff.hours.restore"}


@pytest.fixture
def known(session, cast):
    """The ids of Rose Street's rows, and of Harbour's."""
    return ids(session, cast), own_ids(cast), strangers_ids(session, cast)


@pytest.mark.promise(12, "another clinic's id and one that never existed, on every route that takes one")
def test_it_gets_the_same_404_as_one_that_never_existed(app, cast, known):
    rose, own, harbour = known
    told = {}
    for rule, method in routes(app):
        if getattr(app.extensions["needs"].get(rule.endpoint), "signed", None):
            # Without a signature nothing is even looked for.
            continue
        names = sorted(name for name in rule.arguments & set(harbour))
        here = rose | (own if rule.endpoint.startswith("portal") else {})
        for name in names:
            visitor = Visitor(app, fitting(app, cast, rule.endpoint))
            form = {"csrf_token": visitor.csrf}
            foreign = send(visitor, method, address(visitor, rule, here | {name: harbour[name]}), form)
            nobodys = send(visitor, method, address(visitor, rule, here | {name: uuid4()}), form)
            hides = foreign[0] in (404, 422) or (foreign[0] == 409 and rule.endpoint in IN_ONES_OWN_COOKIE)
            if _without_what_is_new(foreign) != _without_what_is_new(nobodys) or not hides:
                told[f"{method} {rule.endpoint} {name}"] = foreign[0], nobodys[0]
    assert not told


@pytest.mark.parametrize("name", ["patient_id", "visit_type_id", "provider_id"])
def test_it_gets_the_same_answer_in_a_form_too(app, cast, known, name):
    harbour = known[2]
    wish = {
        "patient_id": cast.tom.id, "visit_type_id": cast.consultation.id, "provider_id": cast.dr_osei.id,
        "starts_at": cast.tomorrow_at(15).isoformat(), "visit_mode": "in_person",
    }  # fmt: skip
    maya, tom = cast.maya_patient, cast.tom
    for who, method, path, patient in (
        ("amara", "POST", "/staff/booking", tom), ("amara", "GET", "/staff/booking/new", tom),
        ("maya", "POST", "/portal/book/confirm", maya), ("maya", "GET", "/portal/book/day", maya),
        ("maya", "GET", "/portal/book/check", maya),
    ):  # fmt: skip
        visitor = Visitor(app, getattr(cast, who))
        fields = wish | {"patient_id": patient.id, "csrf_token": visitor.csrf}
        foreign = send(visitor, method, path, fields | {name: harbour[name]})
        nobodys = send(visitor, method, path, fields | {name: uuid4()})
        assert _without_what_is_new(foreign) == _without_what_is_new(nobodys), path
        # A page for choosing may leave out what it does not know; a form must never act on it.
        assert foreign[0] >= 400 or method == "GET", path


@pytest.mark.promise(14, "a row of one patient's, one provider's, under the address of another")
def test_what_belongs_to_one_is_not_reached_through_another(app, cast, session, superuser, figure):
    rose, count = ids(session, cast), 0
    others = {"patient_id": cast.maya_patient.id, "provider_id": cast.dr_lind.id, "user_id": cast.osei.user.id}
    before = digests(superuser)
    for rule, method in routes(app):
        # Two records that are to become one stand side by side: neither belongs to the other.
        nested = len(rule.arguments) > 1 and "known_id" not in rule.arguments
        nested = nested and rule.endpoint not in IN_ONES_OWN_COOKIE
        for name in others.keys() & rule.arguments if nested else ():
            visitor = Visitor(app, fitting(app, cast, rule.endpoint))
            path = address(visitor, rule, rose | {name: others[name]})
            status, _text = send(visitor, method, path, {"csrf_token": visitor.csrf})
            count += 1
            assert status == 404, (method, rule.rule, status)
    assert count and digests(superuser) == before
    figure(f"{count} askings, {count} times 404, 0 tables changed")


def _without_what_is_new(answer):
    status, text = answer
    return status, NEW_EACH_TIME.sub("", text)
