"""The audit log as administrators read it, and what everybody did themselves."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import walltime
from clinic.access import GuardedBlueprint, Permission
from clinic.actions.acting import audit
from clinic.csv_answers import csv_answer
from clinic.current import current
from clinic.db import db, now
from clinic.forms.audit import PROGRAM, AuditFilter
from clinic.htmx import show
from clinic.models.audit import Decision
from clinic.openings import listed
from clinic.queries import audit as queries
from clinic.queries import patients
from clinic.queries.timeline import records_of
from clinic.views import deeds
from clinic.views.staff.patients import found, typed

bp = GuardedBlueprint("audit", __name__, face="staff", url_prefix="/audit")
PAGE = "staff/audit/index.html"
# As far back as somebody's own acts are listed.
OWN_DAYS = timedelta(days=90)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEADER = ("time", "who", "role", "in the place of", "what", "act", "decision", "about", "id", "details", "changes",
          "address", "device", "request")  # fmt: skip


@bp.get("", needs=Permission.AUDIT_SEE, shows="patients")
def index():
    """What was done and refused, newest first."""
    form = _form()
    return show(PAGE, form=form, **_page(_question(form), form))


@bp.post("/find", needs=Permission.AUDIT_SEE, shows="patients", once=False)
def find():
    """Look for the patient whose entries are wanted."""
    form = _form()
    return show(PAGE, form=form, q=typed(), people=found(typed()), **_page(_question(form), form))


@bp.get("/own", needs=Permission.HOME_SEE, shows="patients")
def own():
    """What the person who asks did and was refused in the last three months."""
    until = now() + timedelta(days=1)
    question = queries.Question(current.clinic.id, until - OWN_DAYS, until, current.user.id, place=_place())
    return show("staff/audit/own.html", **_page(question))


@bp.get("/export", needs=Permission.AUDIT_EXPORT, fresh=True)
def export():
    """The same entries as a file; saving it is an entry itself."""
    form = _form()
    question = replace(_question(form), place=None)
    asked = {name: str(value) for name, value in form.data.items() if value}
    audit(db.session(), "audit.export", by=current.actor, details=asked)
    name = f"audit-{form.since.data.isoformat()}-{form.until.data.isoformat()}"
    return csv_answer(name, HEADER, _cells(question, current.scope, _zone()))


def _form():
    form = AuditFilter(request.args)
    kinds = [(key, label) for key, (label, _acts) in deeds.KINDS.items()]
    form.offer(queries.colleagues(db.session(), current.clinic.id), kinds, walltime.today(_zone()))
    return form if form.validate() else abort(404)


def _question(form):
    first, _after = walltime.bounds(form.since.data, _zone())
    _first, after = walltime.bounds(form.until.data, _zone())
    whose = UUID(form.patient_id.data) if form.patient_id.data else None
    merged = records_of(db.session(), current.clinic.id, whose)[1:] if whose else ()
    return queries.Question(
        current.clinic.id, first, after, by_program=form.who.data == PROGRAM, place=_place(),
        actor_id=UUID(form.who.data) if form.who.data not in ("", PROGRAM) else None,
        patient_id=whose, merged_ids=merged,
        decision=Decision(form.decision.data) if form.decision.data else None,
        actions=deeds.actions_of(form.kind.data),
    )  # fmt: skip


def _page(question, form=None):
    rows, place = queries.page(db.session(), question)
    names = queries.names(db.session(), rows)
    listed(row.patient_id for row in rows if row.patient_id)
    asked = {name: value for name, value in request.args.to_dict().items() if name != "after" and value}
    after = f"{(place.at - EPOCH) // timedelta(microseconds=1)}-{place.entry_id.hex}" if place else None
    return {
        "lines": [_line(row, names) for row in rows], "asked": asked, "patient": _patient(form),
        "older": url_for(request.endpoint.replace(".find", ".index"), **asked, after=after) if place else None,
        "newest": url_for(request.endpoint, **asked) if question.place else None,
    }  # fmt: skip


def _line(row, names):
    """What one entry shows: when, in words, and for who asks what exactly was noted."""
    about = f"{row.resource_type} {row.resource_id or ''}".strip() if row.resource_type else None
    more = [
        (_("About"), about), (_("Act"), row.action), (_("Address"), row.ip_address), (_("Device"), row.user_agent),
        (_("Request"), row.request_id), *((deeds.detail(key), _said(value)) for key, value in row.metadata.items()),
    ]  # fmt: skip
    return {
        "id": row.id, "at": row.created_at, "said": deeds.sentence(row, names), "role": deeds.role(row.actor_role),
        "for": names.get(row.on_behalf_of_id), "refused": row.decision == Decision.REFUSED,
        "emergency": "break_glass" in row.metadata, "more": [(label, said) for label, said in more if said],
        "changes": [(key, *map(_said, pair)) for key, pair in row.changes.items()],
    }  # fmt: skip


def _said(value):
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cells(question, scope, zone):
    """The cells of the file, row by row, read after the request's commit: in its scope, but in a session of its own."""
    session = db.session()
    session.enter(scope)
    for rows in queries.batches(session, question):
        names = queries.names(session, rows)
        for row in rows:
            yield (
                row.created_at.astimezone(zone).isoformat(), names.get(row.actor_id), row.actor_role,
                names.get(row.on_behalf_of_id), deeds.sentence(row, names), row.action, row.decision,
                row.resource_type, row.resource_id, json.dumps(row.metadata, ensure_ascii=False),
                json.dumps(row.changes, ensure_ascii=False), row.ip_address, row.user_agent, row.request_id,
            )  # fmt: skip


def _patient(form):
    if form is None or not form.patient_id.data:
        return None
    row = db.session.execute(patients.one(current.clinic.id, UUID(form.patient_id.data))).one_or_none()
    return row or abort(404)


def _place():
    written, _dash, entry_id = request.args.get("after", "").partition("-")
    if not written:
        return None
    try:
        return queries.Place(EPOCH + timedelta(microseconds=int(written[:20])), UUID(entry_id))
    except (ValueError, OverflowError):
        abort(404)


def _zone():
    return ZoneInfo(current.clinic.timezone)
