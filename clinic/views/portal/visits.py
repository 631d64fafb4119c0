"""A patient's own visit: what, with whom, when and where; calling it off."""

from hashlib import sha256

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offer_links, visits
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db, now
from clinic.forms.portal_booking import CancelForm
from clinic.forms.visit_feedback import FeedbackForm
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.models.visits import CancelReason
from clinic.queries import (
    consultations,
    intake,
    notifications,
    offers,
    series,
    visit_feedback,
    visits_of_patient,
)
from clinic.queries.own_visits import has_lost_its_time
from clinic.queries.places import place_of

bp = GuardedBlueprint("visits", __name__, face="portal", url_prefix="/visits")
USE = Permission.PORTAL_USE


@bp.get("/<uuid:visit_id>", needs=USE, shows="visits")
def show(visit_id):
    """The visit's page; straight after booking it says first what happens next."""
    visit = own_visit_or_404(visit_id)
    is_new = request.args.get("new") and visit.is_live and visit.visit_type
    page = "portal/visits/booked.html" if is_new else "portal/visits/show.html"
    others = series.visits_of(db.session(), visit.series_id) if visit.series_id else ()
    return show_page(page, others=others, **told(visit), **before_and_after(visit))


@bp.get("/<uuid:visit_id>/status", needs=USE, shows="visits")
def status(visit_id):
    """The one part that changes by itself on the day; 204 while it is what the page already shows."""
    visit = own_visit_or_404(visit_id)
    if request.args.get("seen") == standing(visit)["seen"]:
        return "", 204
    return show_page("portal/visits/_status.html", **told(visit))


@bp.get("/<uuid:visit_id>/cancel", needs=USE, shows="visits")
def cancel(visit_id):
    """Ask whether the visit is really to be called off; past the cut-off, who to call."""
    visit = own_visit_or_404(visit_id)
    page = "portal/visits/cancel.html" if visit.patient_may_cancel else "portal/visits/too_late.html"
    return show_page(page, form=CancelForm(), **told(visit))


@bp.post("/<uuid:visit_id>/cancel", needs=USE)
def call_off(visit_id):
    """Call the visit off."""
    visit, form = own_visit_or_404(visit_id), CancelForm(request.form)
    if not form.validate():
        return again("portal/visits/cancel.html", form=form, **told(visit))
    try:
        visits.cancel(visit, CancelReason.PATIENT, by=current.actor, note=form.note.data)
    except Refused as error:
        return not_done(visit_id, error)
    return changed(then=url_for("portal.home.index"), message=_("Your visit is cancelled. Thank you for telling us."))


def not_done(visit_id, error):
    """The page of a change that was refused, with whom to call."""
    db.session.rollback()
    visit = own_visit_or_404(visit_id)
    return again("portal/visits/too_late.html", status=409, sentence=errors.said(error), **told(visit))


def own_visit_or_404(visit_id):
    """The visit if it is the patient's own; anybody else's is answered like one that never existed."""
    return visits_of_patient.own_visit(db.session(), visit_id) or abort(404)


def told(visit):
    """What every page about one visit shows."""
    known = {"visit": visit, "at": place_of(db.session(), visit), "is_today": is_today(visit), **standing(visit)}
    return {**known, "in_series": series.place_of(db.session(), visit), **way_of(visit)}


def standing(visit):
    """Whether it has lost its time, what is proposed instead, where that is answered, and the one word of it all."""
    stranded = has_lost_its_time(db.session(), visit)
    proposal = proposed_instead(visit, stranded)
    answer_at = proposal and url_for("public.offers.show", token=offer_links.token_of(proposal))
    known = {"is_stranded": stranded, "proposal": proposal, "answer_at": answer_at}
    return {**known, "seen": seen(visit, stranded, proposal and proposal.id)}


def proposed_instead(visit, is_stranded):
    """The time that waits for the patient's yes in place of one that was lost, or None."""
    return offers.proposed_for(db.session(), visit) if is_stranded else None


def way_of(visit):
    """The addresses of the pages about one visit, and whose layout they have; a visit's link has its own."""
    ends = ("show", "cancel", "call_off", "move", "move_to")
    return {
        "layout": "layouts/portal.html",
        "way": {end: url_for(f"portal.visits.{end}", visit_id=visit.id) for end in ends},
    }


def before_and_after(visit, feedback=None):
    """What was asked before the visit, what it came to, and the form that asks how it was, where it is asked."""
    form = feedback or (FeedbackForm(formdata=None) if visit_feedback.is_asked(db.session(), visit) else None)
    heard = notifications.heard(db.session(), visit)
    summary = consultations.has_summary(db.session(), visit)
    return {
        "intake_count": intake.count_of(db.session(), visit), "feedback": form, "heard": heard, "summary": summary,
    }  # fmt: skip


def seen(visit, *more):
    """What the changing part shows, in one word: the page sends it back to ask whether anything is new."""
    shown = (
        visit.status, visit.starts_at.timestamp(), visit.provider_id, visit.called_at, visit.called_to,
        visit.expected_until, visit.answer_by, visit.is_unconfirmed, visit.is_left_open, *more,
    )  # fmt: skip
    # What a page says of somebody stands in no address.
    return sha256(repr(shown).encode()).hexdigest()[:16]


def is_today(visit):
    """Whether the visit is close enough that its page should follow it."""
    return visit.is_live and abs((visit.starts_at - now()).total_seconds()) < 16 * 3600
