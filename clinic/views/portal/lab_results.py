"""A patient's laboratory results, in plain words, once they are released."""

from flask import abort, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show as page
from clinic.openings import listed
from clinic.queries import lab_orders, lab_results, portal_offers
from clinic.queries.timeline import records_of
from clinic.views import lab_paper, papers
from clinic.views.asked import Page, page_number
from clinic.views.lab_lines import lines
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("lab_results", __name__, face="portal", url_prefix="/record/lab-results")
USE = Permission.PORTAL_USE


@bp.get("", needs=USE, shows="patients")
def index():
    """Everything that was found and is released: by order, the newest first, then what came without an order."""
    people, number = portal_offers.own_patients(db.session(), current.patient_ids), page_number()
    patient = chosen(people)
    whose = records_of(db.session(), current.clinic.id, patient.id) if patient else ()
    listed(whose)
    orders = Page.of(lab_orders.released(db.session(), whose, number), number, lab_orders.ON_A_PAGE)
    loose = Page.of(lab_results.released_loose(db.session(), whose, number), number, lab_results.ON_A_PAGE)
    facts = {"patient": patient, "tabs": tabs(people, patient, "portal.lab_results.index"), "orders": orders}
    return page("portal/lab_results/index.html", loose=lines(loose.rows), listing=_both(orders, loose), **facts)


@bp.get("/<uuid:order_id>", needs=USE, shows="patients")
def show(order_id):
    """What came of one order, result by result."""
    order = _own(order_id)
    found = lab_results.released_of_order(db.session(), order)
    earlier = _seen_before(found)
    return page("portal/lab_results/show.html", order=order, patient=order.patient, lines=lines(found, earlier))


@bp.get("/<uuid:order_id>/paper", needs=USE, shows="patients")
def paper(order_id):
    """The same for the printer."""
    order = _own(order_id)
    rows = lines(lab_results.released_of_order(db.session(), order))
    done = url_for(".show", order_id=order_id)
    return lab_paper.page(order, rows, done=done, plain=True)


@bp.get("/<uuid:order_id>/pdf", needs=USE, shows="patients")
def pdf(order_id):
    """The same as PDF, to keep."""
    order = _own(order_id)
    return papers.pdf(lab_paper.letter(order, lines(lab_results.released_of_order(db.session(), order))))


def _own(order_id):
    """The order, if its results are released to somebody whom the reader sees; else a 404."""
    order = lab_orders.released_one(db.session(), order_id) or abort(404)
    listed([order.patient_id])
    return order


def _seen_before(found):
    """What was found the last time before, of what is released: the database keeps the rest from the portal."""
    return lab_results.before(db.session(), current.clinic.id, found)


def _both(orders, loose):
    """One pager for both lists."""
    return Page(orders.rows, orders.number, orders.has_next or loose.has_next)
