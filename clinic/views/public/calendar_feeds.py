"""What a calendar program reads by a secret address: when the visits are, and little else."""

from dataclasses import replace
from hashlib import sha256

from flask import Response, abort, g, request
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import calendar_feeds
from clinic.current import current
from clinic.db import db
from clinic.integrations.calendar_writing import feed as written
from clinic.languages import LANGUAGES, first_of
from clinic.queries.calendar_feeds import visits_in
from clinic.queries.clinics import open_clinic_by_id
from clinic.work.invitations import appointment, appointments

bp = GuardedBlueprint("calendar_feeds", __name__, face="public", url_prefix="/calendar")
ROLE = "calendar_feed"


@bp.get("/<token>.ics", needs=Permission.PUBLIC)
def show(token):
    """The visits of the feed as iCalendar; asked again with what it was told, only whether they changed."""
    feed = calendar_feeds.enter(db.session(), token) or abort(404)
    clinic = open_clinic_by_id(db.session(), feed.clinic_id) or abort(404)
    g.page_clinic = clinic
    calendar_feeds.note_reading(feed, by=_reader(feed))
    answer = Response(_calendar(feed, clinic), content_type="text/calendar; charset=utf-8")
    answer.set_etag(sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


def _calendar(feed, clinic):
    with force_locale(first_of(LANGUAGES, clinic.locale) or LANGUAGES[0]):
        name = _("Visits at %(clinic)s", clinic=clinic.name)
        title = _("Visit at %(clinic)s", clinic=clinic.name) if feed.patient_id else _("Visit")
        rows = visits_in(db.session(), feed)
        if feed.patient_id:
            return written(name, appointments(db.session(), rows, title, clinic))
        return written(name, [appointment(row, title) for row in rows])


def _reader(feed):
    """The program, for the one who made the feed."""
    return replace(
        current.actor, user_id=feed.user_id, role=ROLE, on_behalf_of_id=None, clinic_id=feed.clinic_id,
        provider_id=None, patient_ids=frozenset({feed.patient_id} - {None}), relations=(), in_portal=True,
        under=(("calendar_feed", str(feed.id)),),
    )  # fmt: skip
