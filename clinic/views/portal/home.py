"""Where a patient lands: the visits to come, then those that were."""

from flask import abort, url_for
from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offer_links
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.openings import listed
from clinic.queries import offers, portal_offers, visits_of_patient
from clinic.queries.own_visits import those_that_lost_their_time
from clinic.queries.places import place_of
from clinic.views.asked import Page, an_id, page_number
from clinic.views.portal.record_parts import parts_with_news

bp = GuardedBlueprint("home", __name__, face="portal")


@bp.get("/", needs=Permission.PORTAL_USE, shows="visits")
def index():
    """The next visit first; past ones twenty a page. Who acts for several patients may look at one of them."""
    number, whose = page_number(), _whose()
    coming = visits_of_patient.coming_visits(db.session(), whose) if number == 1 else []
    found = visits_of_patient.past_visits(db.session(), number, whose)
    if number > 1 and not found:
        abort(404)
    past = Page.of(found, number, visits_of_patient.PAGE)
    listed(visit.id for visit in (*coming, *past.rows))
    people = portal_offers.own_patients(db.session(), current.patient_ids) if current.acts_for_others else []
    facts = {"past": past, "people": people, "tabs": _tabs(people, whose), **_coming(coming)}
    return show("portal/home/index.html", offered=_offered(whose), news=_news(whose), **facts)


def _coming(visits):
    """The visits to come, which of them lost their time, and the place of the next, the only one that is said."""
    lost = those_that_lost_their_time(db.session(), visits)
    return {"coming": visits, "lost": lost, "at": place_of(db.session(), visits[0]) if visits else None}


def _offered(whose):
    return [(offer, offer_links.token_of(offer)) for offer in offers.waiting(db.session(), whose)]


def _news(whose):
    return parts_with_news([whose] if whose else sorted(current.patient_ids))


def _whose():
    whose = an_id("patient_id")
    return abort(404) if whose and whose not in current.patient_ids else whose


def _tabs(people, whose):
    """Everybody's visits and each patient's, where the reader acts for several."""
    rows = [(_("Everybody"), url_for(".index"), whose is None, None)]
    named = [(each.full_name, url_for(".index", patient_id=each.id), whose == each.id, None) for each in people]
    return rows + named if len(people) > 1 else []
