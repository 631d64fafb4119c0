"""Looking changes nothing; what changes something is a form of our own, sent by the person it was drawn for."""

import pytest
from itsdangerous import URLSafeTimedSerializer

from clinic.models.patients import Patient
from tests.digests import TRACES, digests
from tests.faults.routes import address, asked, fitting, ids, own_ids, routes
from tests.visitor import CSRF, Visitor

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.promise(24, "every route asked by GET and by HEAD")
def test_looking_at_a_page_changes_nothing(app, cast, session, superuser, figure):
    known = ids(session, cast)
    own, count, changed = own_ids(cast), 0, {}
    before = digests(superuser)
    for rule, method in routes(app):
        if method != "GET":
            continue
        visitor = Visitor(app, fitting(app, cast, rule.endpoint))
        facts = known | (own if rule.endpoint.startswith("portal") else {})
        for asked_by in ("GET", "HEAD"):
            asked(visitor, address(visitor, rule, facts), method=asked_by).close()
            count += 1
            after = digests(superuser)
            if after != before:
                changed[(asked_by, rule.endpoint)] = [name for name in after if after[name] != before.get(name)]
                before = after
    assert not changed
    figure(f"{count} requests, 0 tables changed but {', '.join(TRACES)}")


@pytest.mark.promise(24, "every unsafe route without its token")
def test_no_form_is_taken_without_the_token_that_was_drawn_for_this_person(app, cast, session, superuser, figure):
    known = ids(session, cast)
    own, count, taken = own_ids(cast), 0, []
    other = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps("11" * 32)
    foreign = URLSafeTimedSerializer("another key", salt="wtf-csrf-token").dumps(CSRF)
    before = digests(superuser, but=("throttles",))
    for rule, method in routes(app):
        if method != "POST":
            continue
        visitor = Visitor(app, fitting(app, cast, rule.endpoint))
        before = digests(superuser, but=("throttles",))
        path = address(visitor, rule, known | (own if rule.endpoint.startswith("portal") else {}))
        for token in (
            {},
            {"csrf_token": ""},
            {"csrf_token": "made up"},
            {"csrf_token": other},
            {"csrf_token": foreign},
        ):
            for headers in ({}, SAME_ORIGIN, SAME_ORIGIN | {"HX-Request": "true"}):
                answer = asked(visitor, path, method="POST", data=token, headers=headers)
                count += 1
                # What only an outside service calls bears its signature in place of a token.
                wanted = 401 if app.extensions["needs"][rule.endpoint].signed else 400
                if answer.status_code != wanted:
                    taken.append((rule.endpoint, token, answer.status_code))
        if digests(superuser, but=("throttles",)) != before:
            taken.append((rule.endpoint, "something was done"))
    assert not taken
    figure(f"{count} forged forms, {count} refused, 0 tables changed")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "CONNECT"])
def test_other_methods_are_refused_as_such(app, cast, method):
    answer = asked(Visitor(app, cast.amara), "/staff/day", method=method)
    assert answer.status_code == 405


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_turns_looking_into_doing(app, cast, superuser, name):
    amara, visit = Visitor(app, cast.amara), cast.booked()
    before = digests(superuser)
    assert asked(amara, "/staff/day", headers={name: "POST"}).status_code == 200
    form = {"csrf_token": amara.csrf, "_method": "DELETE"}
    asked(amara, f"/staff/visits/{visit.id}", headers={name: "DELETE"}, query_string=form)
    assert digests(superuser) == before


class TestSignedInAnewInAnotherTab:
    TYPED = {"full_name": "Grace <b>Hopper</b>", "date_of_birth": "9 12 1906", "idempotency_key": "x"}

    def send(self, visitor, **headers):
        """The form of a page that was drawn before."""
        return asked(
            visitor, "/staff/patients", method="POST", data=self.TYPED | {"csrf_token": "old"}, headers=headers
        )

    def test_what_was_typed_comes_back_and_one_press_sends_it(self, app, cast, session):
        amara = Visitor(app, cast.amara)
        page = self.send(amara, **SAME_ORIGIN)
        assert page.status_code == 400 and "What you typed is still here" in page.text
        assert 'name="full_name" value="Grace &lt;b&gt;Hopper&lt;/b&gt;"' in page.text and "Amara" in page.text
        assert 'action="/staff/patients"' in page.text and 'value="old"' not in page.text
        typed = {name: value for name, value in self.TYPED.items() if name != "idempotency_key"}
        assert amara.send("/staff/patients", typed).status_code == 303
        session.enter(cast.scope)
        assert session.query(Patient).filter_by(full_name=self.TYPED["full_name"]).count() == 1

    def test_a_part_keeps_its_form_and_gets_the_token_that_counts(self, app, cast):
        answer = self.send(Visitor(app, cast.amara), **SAME_ORIGIN, **{"HX-Request": "true"})
        assert (
            answer.status_code == 400 and answer.headers["Clinic-Csrf"] and answer.headers["HX-Retarget"] == "#messages"
        )
        assert "send it once more" in answer.text

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
    def test_another_sites_form_gets_no_token_and_no_button(self, app, cast, site):
        for part in ({}, {"HX-Request": "true"}):
            answer = self.send(Visitor(app, cast.amara), **{"Sec-Fetch-Site": site}, **part)
            assert answer.status_code == 400 and "Grace" not in answer.text and "Clinic-Csrf" not in answer.headers

    def test_who_is_nobody_is_told_to_load_the_page_again(self, app, cast):
        answer = self.send(Visitor(app, None), **SAME_ORIGIN)
        assert answer.status_code == 400 and "Load it again" in answer.text and "Grace" not in answer.text
