"""A doctor's calendar elsewhere: an address where a program reads the visits, and their busy times, read here."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import busy_sources, calendar_feeds
from clinic.actions.acting import Refused
from clinic.actions.tokens import new_clinics_token
from clinic.current import current
from clinic.db import db
from clinic.errors import said
from clinic.forms.calendar_feeds import BusySourceForm
from clinic.htmx import again, changed, show
from clinic.links import link
from clinic.models.calendar_feeds import BusySource, CalendarFeed
from clinic.models.providers import Provider
from clinic.queries import calendar_feeds as asked

bp = GuardedBlueprint("calendar_feeds", __name__, face="staff", url_prefix="/my-calendar")
CONDUCT = Permission.VISITS_CONDUCT
PAGE = "staff/calendar_feeds/index.html"


@bp.get("", needs=CONDUCT)
def index():
    """What goes out and what comes in."""
    return show(PAGE, **_page(BusySourceForm(formdata=None)))


@bp.post("/feed/make", needs=CONDUCT, fresh=True)
def make():
    """Make the address, or another one in its place; it is shown this once."""
    token = new_clinics_token(current.clinic.id)
    calendar_feeds.make(db.session(), by=current.actor, token=token, provider_id=_provider().id)
    return show("staff/calendar_feeds/made.html", address=link("public.calendar_feeds.show", token=token))


@bp.post("/feed/<uuid:feed_id>/end", needs=CONDUCT)
def end(feed_id):
    """End the address."""
    feed = db.session.get(CalendarFeed, (current.clinic.id, feed_id))
    if feed is None or feed.user_id != current.user.id:
        abort(404)
    calendar_feeds.end(feed, by=current.actor)
    return changed(then=url_for(".index"), message=_("The address opens nothing any more."))


@bp.post("/busy/add", needs=CONDUCT)
def add():
    """Read a calendar of the doctor's own from now on."""
    form = BusySourceForm()
    if not form.validate():
        return again(PAGE, **_page(form))
    try:
        busy_sources.add(_provider(), form.address.data, by=current.actor)
    except Refused as refused:
        db.session.rollback()
        form.blame(said(refused), refused.field)
        return again(PAGE, status=409, **_page(form))
    return changed(then=url_for(".index"), message=_("Your calendar is read now, and then every quarter of an hour."))


@bp.post("/busy/<uuid:source_id>/remove", needs=CONDUCT)
def remove(source_id):
    """Read it no more."""
    source = busy_sources.remove(_source(source_id), by=current.actor)
    undo = url_for(".restore", source_id=source.id)
    return changed(then=url_for(".index"), message=_("It is not read any more. What it blocked is open."), undo=undo)


@bp.post("/busy/<uuid:source_id>/restore", needs=CONDUCT)
def restore(source_id):
    """Take a removal back."""
    busy_sources.restore(_source(source_id), by=current.actor)
    return changed(then=url_for(".index"), message=_("It is read again."))


def _page(form):
    session, own = db.session(), current.provider_id
    if own is None:
        return {"form": form, "feed": None, "sources": None}
    feed = asked.live_feed(session, current.user.id, provider_id=own)
    return {"form": form, "feed": feed, "sources": asked.busy_sources(session, own)}


def _provider():
    own = current.provider_id or abort(404)
    return db.session.get(Provider, (current.clinic.id, own)) or abort(404)


def _source(source_id):
    source = db.session.get(BusySource, (current.clinic.id, source_id))
    return source if source is not None and source.provider_id == current.provider_id else abort(404)
