"""A patient's visits in their own calendar: an address for their calendar program, and ending it."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import calendar_feeds
from clinic.actions.tokens import new_clinics_token
from clinic.current import current
from clinic.db import db
from clinic.htmx import changed, show
from clinic.links import link
from clinic.models.calendar_feeds import CalendarFeed
from clinic.openings import listed
from clinic.queries import calendar_feeds as asked
from clinic.queries import portal_offers

bp = GuardedBlueprint("calendar_feeds", __name__, face="portal", url_prefix="/calendar")
USE = Permission.PORTAL_USE


@bp.get("/", needs=USE, shows="patients")
def index():
    """Everybody this person acts for, each with the address there is or none."""
    session, people = db.session(), portal_offers.own_patients(db.session(), current.patient_ids)
    listed(each.id for each in people)
    feeds = [(each, asked.live_feed(session, current.user.id, patient_id=each.id)) for each in people]
    return show("portal/calendar_feeds/index.html", feeds=feeds)


@bp.post("/<uuid:patient_id>/make", needs=USE)
def make(patient_id):
    """Make the address, or another one in its place; it is shown this once."""
    if patient_id not in current.patient_ids:
        abort(404)
    token = new_clinics_token(current.clinic.id)
    calendar_feeds.make(db.session(), by=current.actor, token=token, patient_id=patient_id)
    return show("portal/calendar_feeds/made.html", address=link("public.calendar_feeds.show", token=token))


@bp.post("/<uuid:patient_id>/end/<uuid:feed_id>", needs=USE)
def end(patient_id, feed_id):
    """End the address."""
    feed = db.session.get(CalendarFeed, (current.clinic.id, feed_id))
    if feed is None or feed.user_id != current.user.id or feed.patient_id != patient_id:
        abort(404)
    calendar_feeds.end(feed, by=current.actor)
    return changed(then=url_for(".index"), message=_("The address opens nothing any more."))
