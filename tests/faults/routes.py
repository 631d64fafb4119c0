"""Every route of the product with ids that exist, and the names of the fields that each of them reads."""

from contextvars import Context
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import sqlalchemy as sa
from werkzeug.datastructures import ImmutableMultiDict

from clinic.access import ROLES, Permission
from clinic.actions.booking import Wish, book
from clinic.models.accounts import Membership, Role
from clinic.models.organizations import Location
from clinic.models.patients import PatientTag, TagKind
from clinic.models.schedule import Availability, Slot, SlotKind, SlotStatus
from clinic.scope import Scope
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
    found = _rows(session, cast.rose, cast.dr_osei, cast.tom, cast.consultation)
    session.enter(cast.scope)
    return found | {
        "visit_id": cast.booked(cast.tomorrow_at(11)).id, "user_id": cast.lind.user.id, "clinic_id": cast.rose.id,
        "slug": "rose-street", "token": "a" * 43, "filename": "clinic.css", "version": "x",
    }  # fmt: skip


def own_ids(cast):
    """What stands in the place of some of them when a patient asks."""
    visit = cast.booked(cast.tomorrow_at(12), patient=cast.maya_patient)
    return {"visit_id": visit.id, "patient_id": cast.maya_patient.id}


def strangers_ids(session, cast):
    """For every name of an id in an address: one of Harbour's, which nobody of Rose Street may see."""
    session.enter(Scope.staff(cast.harbour.id))
    found = _rows(session, cast.harbour, cast.dr_reyes, cast.sam, cast.checkup)
    wish = Wish(cast.harbour.id, cast.dr_reyes.id, cast.checkup.id, cast.sam.id,
                cast.tomorrow_at(11, clinic=cast.harbour))  # fmt: skip
    visit_id = book(session, wish, by=cast.stranger.actor)
    session.commit()
    session.enter(cast.scope)
    return found | {"visit_id": visit_id, "user_id": cast.reyes.user.id}


def _rows(session, clinic, provider, patient, visit_type):
    day, at = timedelta(days=9), datetime.now(UTC)
    made = {
        "location_id": Location(clinic_id=clinic.id, name="By the river"),
        "tag_id": PatientTag(clinic_id=clinic.id, patient_id=patient.id, kind=TagKind.FLAG, tag="Wheelchair"),
        "block_id": Slot(clinic_id=clinic.id, provider_id=provider.id, kind=SlotKind.BLOCKED, status=SlotStatus.BLOCKED,
                         starts_at=at + day, ends_at=at + day + timedelta(hours=1), busy_from=at + day,
                         busy_until=at + day + timedelta(hours=1)),
    }  # fmt: skip
    session.add_all(made.values())
    session.flush()
    found = {name: row.id for name, row in made.items()}
    found["row_id"] = session.scalars(sa.select(Availability.id)).first()
    found["membership_id"] = session.scalars(sa.select(Membership.id).where(Membership.role == Role.DOCTOR)).first()
    session.commit()
    return found | {"provider_id": provider.id, "patient_id": patient.id, "visit_type_id": visit_type.id}


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
        return answer.status_code, answer.text


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
