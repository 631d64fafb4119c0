"""The stream of bells that tells an open page to look again."""

import time
from contextlib import suppress
from datetime import datetime, timedelta

from flask import Response, current_app, g, request, url_for

from clinic import bell
from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db, now

bp = GuardedBlueprint("live", __name__, face="staff", url_prefix="/live")
# A proxy must pass each word on as it comes.
HEADERS = {"X-Accel-Buffering": "no"}
# Until then the page asks by itself every twenty seconds; see static/live.js.
FULL = {"Retry-After": "100"}


@bp.get("", needs=Permission.VISITS_SEE, extends=False)
def stream():
    """Topics as they ring for this clinic, while the page is open; 503 where this process has streams enough."""
    clinic_id, bells = current.clinic.id, current_app.extensions["bell"]
    # A stream lasts for hours and needs no database; its connection goes back to the pool before it begins.
    db.session.remove()
    ears = bells.open(clinic_id, _seen())
    if ears is None:
        return Response("", 503, FULL)
    answer = Response(bell.stream(bells, clinic_id, ears), mimetype="text/event-stream", headers=HEADERS)
    # A page that goes before the first word never runs the stream's own ending.
    answer.call_on_close(lambda: bells.close(clinic_id, ears))
    return answer


def live_address():
    """Where the page that is being made listens; it says since when, so that the page hears what rang meanwhile."""
    asked_for = now() - timedelta(seconds=time.perf_counter() - g.started)
    return url_for("staff.live.stream", since=asked_for.isoformat())


def _seen():
    """When the page was asked for, or None where no page says so."""
    with suppress(ValueError):
        said = datetime.fromisoformat(request.args.get("since", ""))
        return said if said.tzinfo else None
    return None


@bp.app_context_processor
def _addresses():
    return {"live_address": live_address}
