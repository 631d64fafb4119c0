"""Answering an offer by its link, without an account: what is offered, until when, and yes or no."""

from dataclasses import replace
from operator import attrgetter

from flask import abort, g, url_for

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offer_links, offers
from clinic.actions.acting import Refused, audit
from clinic.current import current
from clinic.db import db
from clinic.filters import speak
from clinic.htmx import again, changed
from clinic.htmx import show as show_page
from clinic.languages import spoken
from clinic.models.offers import OfferPurpose, OfferStatus
from clinic.queries import offers as asked
from clinic.queries import portal_offers
from clinic.queries.clinics import open_clinic_by_id
from clinic.queries.places import place_of

bp = GuardedBlueprint("offers", __name__, face="public", url_prefix="/o")
PAGE = "public/offers/show.html"
ROLE = "offer_link"
NOT_ANSWERED = (OfferStatus.LAPSED, OfferStatus.WITHDRAWN)
OVER = (*NOT_ANSWERED, OfferStatus.DECLINED)
# What is agreed by accepting.
_agreed = attrgetter("starts_at", "provider_id", "visit_mode")


@bp.get("/<token>", needs=Permission.PUBLIC)
def show(token):
    """What is offered and until when or, once it is answered or over, what happens now."""
    offer = _offer(token)
    audit(db.session(), "offer_links.open", by=_bearer(offer), record=offer)
    return show_page(PAGE, **_told(token, offer))


@bp.post("/<token>/accept", needs=Permission.PUBLIC)
def accept(token):
    """Take the time."""
    return _answered(token, offers.accept)


@bp.post("/<token>/decline", needs=Permission.PUBLIC)
def decline(token):
    """Say that the time does not suit."""
    return _answered(token, offers.decline)


def _answered(token, verb):
    offer = _offer(token)
    try:
        verb(offer, by=_bearer(offer))
    except Refused as refused:
        db.session.rollback()
        return again(PAGE, status=409, sentence=errors.said(refused), **_told(token, _offer(token)))
    return changed(then=url_for(".show", token=token))


def _offer(token):
    """The offer of the link; for a token that opens nothing, whatever the cause, one and the same page."""
    g.page_clinic = None
    speak(None)
    offer = offer_links.enter(db.session(), token)
    clinic = offer and open_clinic_by_id(db.session(), offer.clinic_id)
    if clinic is None:
        abort(show_page("public/offers/gone.html", status=404))
    g.page_clinic = clinic
    speak(spoken(offer.patient, clinic))
    return offer


def _bearer(offer):
    """The patient, by this link; somebody signed in gains nothing by that, and is named."""
    signed_in = (("signed_in", str(current.user.id)),) if current.user else ()
    return replace(
        current.actor, user_id=None, role=ROLE, on_behalf_of_id=None, clinic_id=offer.clinic_id, provider_id=None,
        patient_ids=frozenset({offer.patient_id}), relations=(), in_portal=True,
        under=(("offer", str(offer.id)), *signed_in),
    )  # fmt: skip


def _told(token, offer):
    """What the page shows: no more of the patient than the first name, nothing of why they come."""
    session, changed_visit = db.session(), _changed(offer)
    return {
        "token": token, "offer": offer, "state": offer.state.value, "purpose": offer.purpose.value,
        "at": place_of(session, changed_visit or offer), "changed": changed_visit,
        "clinic": g.page_clinic, "first_name": offer.patient.first_name or offer.patient.full_name.split()[0],
        "price": portal_offers.price_of(session, offer.clinic_id, offer.visit_type_id, offer.provider_id),
        **_of_the_former(session, offer),
    }  # fmt: skip


def _of_the_former(session, offer):
    """Whether the visit that it would move has lost its time, or stays at it after all; then no other is needed."""
    is_stranded = asked.is_for_a_stranded(session, offer)
    is_settled = offer.state in OVER and asked.is_settled(session, offer)
    wants_another = offer.state in NOT_ANSWERED and not (offer.purpose == OfferPurpose.STRANDED and is_settled)
    return {
        "is_stranded": is_stranded and not is_settled, "stays": asked.leaves_it_there(session, offer),
        "nearest": asked.nearest(session, g.page_clinic, offer) if wants_another else [],
    }  # fmt: skip


def _changed(offer):
    """The visit that came of the offer if it is not to take place as offered any more, or None."""
    visit = offer.visit if offer.status == OfferStatus.ACCEPTED else None
    if visit is None or (visit.is_live and _agreed(visit) == _agreed(offer)):
        return None
    return visit
