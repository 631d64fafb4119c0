"""A page of a patient's timeline as its template reads it: which entries are asked for, and a line for each."""

import base64
import struct
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import filters
from clinic.clock import now
from clinic.current import current
from clinic.db import db
from clinic.queries import timeline as queries

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Where a page begins: a moment in microseconds and an id, as a word that says nothing to who reads the address.
PLACE = struct.Struct(">q16s")


def page(chart, sources, *, titled=True):
    """What the page shows: its lines, the kinds to choose from, and where an older page begins, if there is one."""
    kinds, before = _asked_kinds(sources), _asked_place()
    wanted = kinds or {source.kind for source in sources}
    rows = queries.page(
        db.session(), current.clinic.id, chart.records, kinds=wanted, before=before, titled=titled
    )  # fmt: skip
    more = len(rows) > queries.ON_A_PAGE
    rows = rows[: queries.ON_A_PAGE]
    return {
        "lines": _lines(rows, {source.kind: source for source in sources}, chart.patient.id, titled),
        "kinds": [(source.kind, _(source.plural), source.kind in kinds) for source in sources],
        "filtered": bool(kinds), "is_first": before is None,
        "newest_url": _address(chart, kinds), "older_url": _address(chart, kinds, rows[-1]) if more else None,
    }  # fmt: skip


def _asked_kinds(sources):
    asked = set(request.args.getlist("kind"))
    return asked if asked <= {source.kind for source in sources} else abort(404)


def _asked_place():
    word = request.args.get("before")
    if not word:
        return None
    try:
        moment, key = PLACE.unpack(base64.urlsafe_b64decode(word.encode("ascii")))
        return queries.Place(EPOCH + moment * MICROSECOND, UUID(bytes=key))
    except (ValueError, struct.error, OverflowError):
        abort(404)


def place_after(row) -> str:
    """The word for the place just after a row of the timeline."""
    return base64.urlsafe_b64encode(PLACE.pack((row.at - EPOCH) // MICROSECOND, row.id.bytes)).decode("ascii")


def _address(chart, kinds, row=None):
    asked = {"kind": sorted(kinds)} | ({"before": place_after(row)} if row else {})
    return url_for(request.endpoint, patient_id=chart.patient.id, **asked)


def _lines(rows, sources, patient_id, titled):
    """A line for each entry; whatever several of them share is put into words once."""
    at, days, states, moment = filters.zone(), {}, {}, now()
    lines = []
    for row in rows:
        source, local = sources[row.kind], row.at.astimezone(at)
        if local.date() not in days:
            days[local.date()] = filters.day_short(local.date())
        if (row.kind, row.state) not in states:
            states[row.kind, row.state] = _state(source, row.state)
        path = source.path if titled else source.desk_path
        lines.append(
            SimpleNamespace(
                day=days[local.date()], clock=filters.clock(row.at, at), kind=row.kind, label=source.label,
                title=row.title, state=states[row.kind, row.state], state_value=row.state, doctor=row.doctor,
                is_ahead=row.at > moment,
                url=path and path.format(patient_id=patient_id, id=row.id, visit_id=row.visit_id),
            )
        )  # fmt: skip
    return lines


def _state(source, value):
    return _(source.states(value).label) if source.states and value else None
