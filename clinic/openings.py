"""What an answer showed of patients and what somebody was refused: one audit entry each, written here for every route.

An opening is written in the request's own transaction, just before its commit; a refusal in one of its own, after all
else was undone. Where the entry cannot be written nobody is shown anything, and nothing has changed.
"""

from uuid import UUID

import sqlalchemy as sa
from flask import Flask, current_app, g, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from clinic import errors
from clinic.actions.acting import NotRemembered, audit, note_refusal
from clinic.current import current
from clinic.db import db
from clinic.htmx import asked_by_itself, only_moves_on

# The name by which an address or a form carries the id of such a row, and the table of the row.
TABLES = {"patient_id": "patients", "visit_id": "visits", "provider_id": "providers", "user_id": "users"}
NAMES = {table: name for name, table in TABLES.items()}
REFUSED = (403, 404, 409, 422)
# Of a refusal without any id in it only these are of interest: the others are mistyped addresses and forms.
ALWAYS_REFUSED = (403, 409)
MOST_IDS = 8
# A page that fetches itself anew shows the same rows over and over.
SEEN_LATELY = sa.text(
    """SELECT EXISTS (SELECT 1 FROM audit_entries WHERE clinic_id = :clinic_id AND actor_id = :actor_id
          AND created_at > now() - interval '5 minutes' AND action = :action AND decision = 'allowed'
          AND on_behalf_of_id IS NOT DISTINCT FROM CAST(:on_behalf_of_id AS uuid)
          AND resource_id IS NOT DISTINCT FROM CAST(:resource_id AS uuid) AND metadata = CAST(:details AS jsonb))"""
).bindparams(sa.bindparam("details", type_=sa.JSON))


def listed(ids=()):
    """Remember that the answer lists the rows with these ids; a route that lists says ``shows=`` of what.

    Returns the list of all that the answer lists so far, for whoever adds to it row by row.
    """
    known = g.setdefault("listed", [])
    known.extend(ids)
    return known


def _remember_opening(response):
    """Write what the answer shows of patients, before the transaction commits."""
    need = current_app.extensions["needs"].get(request.endpoint)
    shown = need and need.shows
    if not shown or response.status_code != 200 or only_moves_on(response) or not current.is_authenticated:
        return
    # What is done by a form has an entry of its own; the answer to one may still list.
    row_id = _ids_sent().get(NAMES[shown]) if request.method in ("GET", "HEAD") else None
    ids = [] if row_id else _listed()
    if not row_id and not ids:
        return
    details = {"page": request.endpoint} | ({} if row_id else {"ids": ids})
    name, by = f"{shown}.{'open' if row_id else 'list'}", current.actor
    if not (asked_by_itself() and _seen_lately(name, by, row_id, details)):
        audit(db.session(), name, by=by, resource=(shown, row_id), details=details)


def _listed():
    return sorted({str(each) for each in g.get("listed", ())})


def _seen_lately(name, by, row_id, details):
    facts = {
        "clinic_id": by.clinic_id, "actor_id": by.user_id, "action": name, "on_behalf_of_id": by.on_behalf_of_id,
        "resource_id": row_id, "details": {**dict(by.under), **details},
    }  # fmt: skip
    return db.session.connection().execute(SEEN_LATELY, facts).scalar()


def _remember_refusal(response):
    """Leave that somebody signed in was refused: a right, an act, or a row that is not theirs or never was."""
    if response.status_code not in REFUSED or request.endpoint not in current_app.extensions["needs"]:
        return response
    # What the view noted itself, in the words of its own subject, is not noted twice.
    if not current.is_authenticated or db.session().info.pop("refusal", None):
        return response
    ids = _ids_sent()
    if not ids and response.status_code not in ALWAYS_REFUSED:
        return response
    try:
        _note(response.status_code, ids)
    except (NotRemembered, DBAPIError, PoolTimeout):
        return errors.answer_without_database(503)
    return response


def _note(status, ids):
    details = {"page": request.endpoint, "status": status}
    name = next((each for each in (*TABLES, *ids) if each in ids), None)
    resource = (TABLES.get(name, name.removesuffix("_id")), ids[name]) if name else None
    if len(ids) > 1:
        details["ids"] = {each: str(value) for each, value in ids.items()}
    if people := _listed():
        details["listed"] = people
    note_refusal(db.session(), _wanted(), by=current.actor, resource=resource, details=details)


def _wanted():
    """The act that was refused, as the audit log calls it."""
    need = current_app.extensions["needs"][request.endpoint]
    if need.shows and request.method in ("GET", "HEAD"):
        return f"{need.shows}.open"
    subject, _dot, act = request.endpoint.rpartition(".")
    return f"{subject.rpartition('.')[2]}.{act}"


def _ids_sent():
    """Every id in the address and in what was sent, by its name; whatever is no id of ours is left out."""
    form = request.form.to_dict() if request.method == "POST" else {}
    sent = {**form, **request.args.to_dict(), **(request.view_args or {})}
    found = {}
    for name, value in sent.items():
        if name.endswith("_id") and len(name) < 40 and len(found) < MOST_IDS:
            try:
                found[name] = value if isinstance(value, UUID) else UUID(value)
            except ValueError:
                continue
    return found


def init_app(app: Flask):
    """Look at every answer: what it shows before it is committed, what it refuses afterwards."""
    app.before_commit = _remember_opening
    app.after_request(_remember_refusal)
