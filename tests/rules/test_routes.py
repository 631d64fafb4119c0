"""Every route says what it needs, the page of permissions is true, and the chain of names holds."""

import re

import pytest

from clinic.access import ROLES, SHOWN, GuardedBlueprint, Permission, permissions_of, sees_everybody
from clinic.config import HOME
from clinic.models.accounts import Role
from tests.rules.drawings import permissions_page

OPEN = {"static", "bootstrap.static", "assets.htmx"}


@pytest.mark.promise(10, "every route names what it needs")
def test_every_route_names_what_it_needs(app):
    nameless = {rule.endpoint for rule in app.url_map.iter_rules()} - set(app.extensions["needs"]) - OPEN
    assert not nameless


@pytest.mark.promise(10, "a route that names nothing")
def test_a_route_without_a_need_stops_the_program_from_starting():
    bp = GuardedBlueprint("bare", __name__, face="staff")
    with pytest.raises(TypeError):
        bp.get("/bare")(lambda: "")


def test_only_get_and_post_are_used_so_every_control_works_as_a_form(app):
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods}
    assert methods <= {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.promise(10, "the written page of routes, roles and needs")
def test_the_page_of_permissions_is_what_the_routes_say(app):
    page = HOME / "docs" / "permissions.md"
    assert page.read_text() == permissions_page(app), "docs/permissions.md is old: run `make docs`"


def test_staff_rights_never_reach_into_the_portal_nor_the_portals_out_of_it():
    both = {Role.ADMIN, Role.PATIENT}
    assert permissions_of(both, "portal") == ROLES[Role.PATIENT]
    assert permissions_of(both, "staff") == ROLES[Role.ADMIN]


def test_every_permission_is_used_by_a_route_and_held_by_a_role(app):
    used = {need.permission for need in app.extensions["needs"].values()}
    held = set().union(*ROLES.values())
    assert set(Permission) - used == SHOWN
    assert set(Permission) - held == {Permission.PUBLIC, Permission.SIGNED_IN}


def test_a_permission_without_a_route_decides_what_some_page_shows():
    told = "".join(path.read_text() for path in (HOME / "templates" / "staff").rglob("*.html"))
    assert all(f"current.may(Permission.{each.name})" in told for each in SHOWN)


def test_whoever_books_at_the_desk_sees_every_patient():
    """Booking asks for names of patients in its own statement, so nobody with patients of their own may book."""
    bookers = [role for role in Role if Permission.VISITS_BOOK in ROLES[role]]
    assert bookers and all(sees_everybody({role}, Permission.VISITS_BOOK) for role in bookers)


def test_a_views_address_ends_in_its_own_name(app):
    """/staff/visits/<id>/check-in is staff.visits.check_in: seeing one you can type the other."""
    plain = {"index", "show", "create", "update", "new", "edit"}
    for rule in app.url_map.iter_rules():
        subject, _, function = rule.endpoint.rpartition(".")
        if rule.endpoint in OPEN or function in plain or not subject.startswith("staff.") or "POST" not in rule.methods:
            continue
        last = re.sub(r"<[^>]+>", "", rule.rule).rstrip("/").rpartition("/")[2]
        # `add_tag` posts to …/tags: the noun may stand in the address in its plural.
        words = {last.replace("-", "_"), last.replace("-", "_").removesuffix("s")}
        assert any(word in function or function in word for word in words), (rule.rule, rule.endpoint)
