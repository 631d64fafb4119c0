"""Every route of the product with ids that exist, and the names of the fields that each of them reads."""

from contextvars import Context
from dataclasses import replace
from functools import partial
from itertools import count
from uuid import uuid4

from werkzeug.datastructures import ImmutableMultiDict

from clinic.access import ROLES, Permission
from clinic.db import db
from clinic.models.accounts import Role
from tests.access.things import PLAIN, corners, things_in
from tests.faults.bad_values import encoded
from tests.visitor import Visitor

# A stream does not end by itself; what is wrong with its address is tried apart.
STREAMS = {"staff.live.stream"}
FORM = "application/x-www-form-urlencoded"


class Noticing(ImmutableMultiDict):
    """What was sent, and which names of it were asked for."""

    asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)

    def get(self, name, *args, **options):
        """As a dictionary's."""
        self.asked.add(name)
        return super().get(name, *args, **options)

    def getlist(self, name, *args, **options):
        """As a multi-dictionary's."""
        self.asked.add(name)
        return super().getlist(name, *args, **options)


def routes(app):
    """(rule, method) of everything that can be asked for."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
    return [
        (rule, method)
        for rule in rules
        if rule.endpoint not in STREAMS
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


def ids(session, cast):
    """For every name of an id in an address: one of Rose Street's that exists."""
    found = _things(cast, replace(corners(cast, cast.osei, "doctor")["own"], user=cast.lind.user))
    return PLAIN | found


def own_ids(cast):
    """What stands in the place of some of them when a patient asks."""
    found = _things(cast, corners(cast, cast.maya, "patient")["own"])
    names = ("visit_id", "patient_id", "access_id", "link_id", "document_id", "prescription_id")
    return {name: found[name] for name in names}


def strangers_ids(session, cast):
    """For every name of an id in an address: one of Harbour's, which nobody of Rose Street may see."""
    return _things(cast, corners(cast, cast.osei, "doctor")["other_clinic"])


TURNS = count(1)


def _things(cast, corner):
    # Each at a time of its own, some days ahead, however often a test asks.
    found = things_in(cast, corner, next(TURNS) % 160)
    db.session().enter(cast.scope)
    return found


def fitting(app, cast, endpoint):
    """Somebody who may use the route."""
    need = app.extensions["needs"].get(endpoint)
    if need is None or need.permission == Permission.PUBLIC:
        return None
    if need.face == "portal":
        return cast.maya
    staff = {Role.RECEPTIONIST: cast.amara, Role.DOCTOR: cast.osei, Role.ADMIN: cast.ines}
    return next((who for role, who in staff.items() if need.permission in ROLES[role]), cast.amara)


def send(visitor, method, path, fields):
    """Ask; whatever escapes the application is as bad as a 500. Returns status and text."""
    text = encoded(fields)
    options = {"data": text, "content_type": FORM} if method == "POST" else {"query_string": text} if text else {}
    try:
        answer = asked(visitor, path, method=method, **options)
    except Exception as error:
        return 599, repr(error)
    with answer:
        # A file to take along is no text.
        return answer.status_code, answer.get_data().decode(errors="replace")


def asked(visitor, path, **options):
    """The answer of the visitor's browser to any request, read to its end unless it says otherwise."""
    return Context().run(partial(visitor.client.open, path, **{"buffered": True} | options))


def address(visitor, rule, known):
    """The rule's address with these ids; an id nobody has where none is known."""
    values = {name: known.get(name) or uuid4() for name in rule.arguments}
    return visitor.url(rule.endpoint, **values)


def filled(names, baseline):
    """A plausible form of these fields; a field of one form among several on a page has its form's name before it."""
    return {name: baseline.get(name, baseline.get(name.rpartition("-")[2], "1")) for name in names}


def names_read(app, cast, rule, method, path, baseline):
    """The fields the route asks for when it gets what it asked for before."""
    Noticing.asked = set()
    for _deeper in range(3):
        visitor = Visitor(app, fitting(app, cast, rule.endpoint))
        fields = filled(Noticing.asked, baseline)
        send(visitor, method, path, fields | {"csrf_token": visitor.csrf})
    return sorted(Noticing.asked - {"csrf_token", "idempotency_key"})
