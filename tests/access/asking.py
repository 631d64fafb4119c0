"""Asking for every route, as one role, about what is theirs and what is not."""

from clinic.access import Permission
from tests.access.askers import askers, browser_of
from tests.access.matrix import NOBODYS, Line, outcome
from tests.access.states import LEADING, beside, in_its_state
from tests.access.things import PLAIN, corners, lacking, things_in
from tests.cast import Cast
from tests.databases import emptied
from tests.faults.routes import asked, routes

RELATIONS = ("own", "same_clinic", "other_clinic")


class Stage:
    """The two clinics as they were before anybody asked; set up anew after everything that may have changed them."""

    def __init__(self, app, superuser):
        self.app, self.superuser = app, superuser
        self.renew()

    def renew(self):
        """Everything as in the beginning."""
        emptied(self.app, self.superuser)
        self.cast, self.number, self.things, self.corners = Cast.enter(), 0, {}, {}
        self.people = askers(self.cast)

    def found(self, role, relation, endpoint=None):
        """A thing of every kind that stands in this relation to the role; the same ones until somebody changed them."""
        which = role, relation
        if which not in self.things:
            self.number += 1
            self.corners[which] = corners(self.cast, self.people[role], role)[relation]
            self.things[which] = things_in(self.cast, self.corners[which], self.number)
        return in_its_state(endpoint, self.cast, self.corners[which], self.things[which])


def lines_of(stage, role):
    """What somebody of this role gets on every route."""
    return [_line(stage, role, rule, method) for rule, method in routes(stage.app)]


def without_a_case(stage):
    """Routes whose address names something that nobody made a case for."""
    known = stage.found("doctor", "own")
    return {rule.endpoint: lacking(rule, known) for rule, _method in routes(stage.app) if lacking(rule, known)}


def _line(stage, role, rule, method):
    got = {}
    ids = set(rule.arguments) - set(PLAIN) or rule.endpoint in LEADING
    for relation in RELATIONS if ids else RELATIONS[:1]:
        found = stage.found(role, relation, rule.endpoint) if ids else {}
        got[relation] = _asked(stage, role, rule, method, PLAIN | found)
    return Line(rule.endpoint, method, role, **{relation: got.get(relation, NOBODYS) for relation in RELATIONS})


def asked_about(stage, line, relation):
    """What somebody of the line's role gets on its route for what stands in this relation to them."""
    rule = next(each for each, method in routes(stage.app) if (each.endpoint, method) == (line.endpoint, line.method))
    return _asked(stage, line.role, rule, line.method, PLAIN | stage.found(line.role, relation, line.endpoint))


def _asked(stage, role, rule, method, values):
    browser = browser_of(stage.app, stage.people[role])
    more = beside(rule.endpoint, browser, values)
    path = browser.url(rule.endpoint, **{name: values[name] for name in rule.arguments} | more)
    form = {"data": {"csrf_token": browser.csrf, **more}} if method == "POST" else {}
    with asked(browser, path, method=method, **form) as answer:
        told, did = outcome(answer), method == "POST" and answer.status_code < 400
    if did and told == "yes":
        stage.renew()
    return told


def needs_somebody(app, endpoint):
    """Whether the route asks for a person at all."""
    need = app.extensions["needs"].get(endpoint)
    return need is not None and need.permission != Permission.PUBLIC
