"""Cancelling and moving a visit by its link: the portal's own pages and rules, after the date of birth."""

from flask import redirect, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.actions import visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken
from clinic.db import db
from clinic.forms.portal_booking import WHOEVER_IS_FIRST, CancelForm, MoveForm
from clinic.htmx import again, changed, show
from clinic.models.visits import CancelReason
from clinic.views.portal.answers import as_text
from clinic.views.portal.moving import journey_of
from clinic.views.public.visit_link import PUBLIC, not_done, told
from clinic.views.public.visit_link import bp as visit_link_bp
from clinic.views.public.visit_link_bearer import known_bearer_of


@visit_link_bp.get("/<token>/cancel", needs=PUBLIC)
def cancel(token):
    """Ask whether the visit is really to be called off; past the cut-off, who to call."""
    facts = _facts(known_bearer_of(token, "cancel"))
    page = "portal/visits/cancel.html" if facts["visit"].patient_may_cancel else "portal/visits/too_late.html"
    return show(page, form=CancelForm(), **facts)


@visit_link_bp.post("/<token>/cancel", needs=PUBLIC)
def call_off(token):
    """Call the visit off; for some minutes it can be taken back, if nobody takes its time."""
    bearer, form = known_bearer_of(token, "cancel"), CancelForm(request.form)
    if not form.validate():
        return again("portal/visits/cancel.html", form=form, **_facts(bearer))
    try:
        visits.cancel(bearer.visit, CancelReason.PATIENT, by=bearer.actor, note=form.note.data)
    except Refused as error:
        return not_done(token, error)
    return changed(then=_page("show", token), message=_("Your visit is cancelled. Thank you for telling us."))


@visit_link_bp.get("/<token>/move", needs=PUBLIC)
def move(token):
    """Ask for the new day, with the same doctor unless another will do; past the cut-off, say who to call."""
    facts = _facts(known_bearer_of(token, "move"))
    visit = facts["visit"]
    if not visit.patient_may_move:
        return show("portal/visits/too_late.html", moving=True, **facts)
    journey = _journey(facts)
    return show("portal/visits/move_day.html", everybody=WHOEVER_IS_FIRST, time_link=_to("move_time", journey),
                week_link=_to("move", journey), **_on_the_way(facts, journey), **journey.week())  # fmt: skip


@visit_link_bp.get("/<token>/move/time", needs=PUBLIC)
def move_time(token):
    """Ask for the new time on the chosen day."""
    facts = _facts(known_bearer_of(token, "move"))
    journey = _journey(facts)
    if journey.answers.day is None:
        return redirect(_page("move", token))
    times, back = journey.times(journey.answers.day), _to("move", journey)()
    return show("portal/visits/move_time.html", times=times, time_url=_to_check(journey), back_to_days=back,
                **_on_the_way(facts, journey))  # fmt: skip


@visit_link_bp.get("/<token>/move/check", needs=PUBLIC)
def move_check(token):
    """Show the old time and the new one before anything changes."""
    facts = _facts(known_bearer_of(token, "move"))
    journey = _journey(facts)
    if journey.answers.starts_at is None or journey.answers.provider_id is None:
        return redirect(_page("move", token))
    return show("portal/visits/move_check.html", **_on_the_way(facts, journey))


@visit_link_bp.post("/<token>/move", needs=PUBLIC)
def move_to(token):
    """Move the visit. A time that is gone leaves it where it was and offers the nearest others."""
    bearer, form = known_bearer_of(token, "move"), MoveForm(request.form)
    if not form.validate():
        return again("portal/visits/unreadable.html", form=form, **_facts(bearer))
    chosen = {"provider_id": form.provider_id.data, "starts_at": form.starts_at.data}
    return _moved(bearer, chosen)


def _moved(bearer, chosen):
    visit = bearer.visit
    try:
        visits.move_to(visit, journey_of(visit, bearer, **chosen).wish(), by=bearer.actor)
    except TimeTaken as error:
        return _taken(bearer.token, chosen, error)
    except Refused as error:
        return not_done(bearer.token, error)
    return changed(then=_page("show", bearer.token), message=_("Your visit is moved."))


def _taken(token, chosen, error):
    db.session.rollback()
    facts = _facts(known_bearer_of(token, "move"))
    journey = _journey(facts, **chosen)
    return again("portal/visits/move_taken.html", status=409, sentence=errors.said(error), times=journey.nearest(),
                 time_url=_to_check(journey), **_on_the_way(facts, journey))  # fmt: skip


def _facts(bearer):
    """What the portal's pages about a visit need, with this link's addresses in them."""
    ends = ("show", "cancel", "call_off", "move", "move_to")
    way = {end: _page(end, bearer.token) for end in ends}
    return {**told(bearer), "layout": "layouts/public.html", "way": way}


def _journey(facts, **chosen):
    return journey_of(facts["visit"], facts["bearer"], **chosen)


def _on_the_way(facts, journey):
    return {**facts, "journey": journey, "answers": journey.answers}


def _page(name, token, **query):
    return url_for(f"public.visit_link.{name}", token=token, **query)


def _to(page, journey):
    """A maker of addresses on the way: only what was chosen here, the rest is the visit's own."""
    kept = {"doctor": journey.answers.doctor, "week": journey.answers.week}

    def address(**chosen):
        given = {name: as_text(value) for name, value in {**kept, **chosen}.items() if value}
        return _page(page, journey.who.token, **given)

    return address


def _to_check(journey):
    """A maker of the addresses open times lead to."""
    to = _to("move_check", journey)
    return lambda time: to(provider_id=time.provider_id, starts_at=time.starts_at)
