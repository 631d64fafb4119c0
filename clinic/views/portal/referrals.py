"""A patient's referrals, once they are sent: to whom, why, and what came of it; the letter to print and to keep."""

from flask import abort, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show as show_page
from clinic.models.referrals import Referral
from clinic.openings import listed
from clinic.queries import portal_offers
from clinic.queries import referrals as queries
from clinic.views import papers
from clinic.views.asked import Page, page_number
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("referrals", __name__, face="portal", url_prefix="/record/referrals")
USE = Permission.PORTAL_USE


@bp.get("", needs=USE, shows="patients")
def index():
    """One patient's referrals that were sent, the newest first."""
    people, number = portal_offers.own_patients(db.session(), current.patient_ids), page_number()
    patient = chosen(people)
    found = queries.sent(db.session(), patient.id, number) if patient else []
    listed([patient.id] if patient else ())
    facts = {"patient": patient, "tabs": tabs(people, patient, "portal.referrals.index") if patient else []}
    return show_page("portal/referrals/index.html", listing=Page.of(found, number, queries.ON_A_PAGE), **facts)


@bp.get("/<uuid:referral_id>", needs=USE, shows="patients")
def show(referral_id):
    """One referral: the words of the letter, where it stands, and what came of it."""
    return show_page("portal/referrals/show.html", referral=_own_or_404(referral_id))


@bp.get("/<uuid:referral_id>/letter", needs=USE, shows="patients")
def letter(referral_id):
    """The letter as PDF."""
    referral = _own_or_404(referral_id)
    return papers.pdf(papers.referral(referral, referral.patient))


@bp.get("/<uuid:referral_id>/print", needs=USE, shows="patients")
def print_letter(referral_id):
    """The letter as a page that a browser prints."""
    referral = _own_or_404(referral_id)
    back = url_for(".show", referral_id=referral_id)
    return papers.page(papers.referral(referral, referral.patient), back)


def _own_or_404(referral_id) -> Referral:
    """The referral, if it was sent and is of a patient whom the reader sees; else one 404 for every other."""
    found = queries.sent_one(db.session(), referral_id) or abort(404)
    listed([found.patient_id])
    return found
