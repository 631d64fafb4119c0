"""What a clinic shows to everybody: its page, its look, and the way to become a patient of it."""

from flask import abort, g, make_response, url_for

from clinic.access import GuardedBlueprint, Permission
from clinic.colours import readable_on
from clinic.db import db
from clinic.filters import place
from clinic.htmx import show as show_page
from clinic.queries.clinics import logo_of, open_clinic
from clinic.scope import Scope

bp = GuardedBlueprint("clinics", __name__, face="public", url_prefix="/c")


def page_of(slug):
    """The open clinic with this address as the page's clinic, or 404; from here on only its public rows are seen."""
    clinic = open_clinic(db.session(), slug) or abort(404)
    db.session().enter(Scope.public(clinic.id))
    g.page_clinic = clinic
    return clinic


@bp.get("/<slug>", needs=Permission.PUBLIC)
def show(slug):
    """The clinic's public page."""
    clinic = page_of(slug)
    return show_page("public/clinics/show.html", clinic=clinic)


@bp.get("/<slug>/look.css", needs=Permission.PUBLIC)
def style(slug):
    """The clinic's own colour as a stylesheet, with ink that can be read on it."""
    clinic = open_clinic(db.session(), slug) or abort(404)
    css = ""
    if clinic.colour:
        css = f":root {{ --clinic-colour: {clinic.colour}; --clinic-ink: {readable_on(clinic.colour)}; }}\n"
    response = make_response(css)
    response.mimetype = "text/css"
    return _kept(response)


@bp.get("/<slug>/logo", needs=Permission.PUBLIC)
def logo(slug):
    """The clinic's logo, as the bytes and the type they were stored with, able to do nothing but be looked at."""
    found = logo_of(db.session(), slug) or abort(404)
    response = make_response(found.logo)
    response.mimetype = found.logo_type
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return _kept(response)


def _kept(response):
    # The address carries the version of the clinic's profile, so a change of the look has a new address.
    response.headers["Cache-Control"] = "public, max-age=31536000"
    return response


def clinic_style():
    """The address of the page's clinic's stylesheet, or None where it has no colour of its own."""
    at = place()
    return url_for("public.clinics.style", slug=at.slug, v=at.version) if at and at.colour else None


def clinic_logo():
    """The address of the page's clinic's logo, or None."""
    at = place()
    return url_for("public.clinics.logo", slug=at.slug, v=at.version) if at and at.has_logo else None


bp.record(lambda state: state.app.jinja_env.globals.update(clinic_style=clinic_style, clinic_logo=clinic_logo))
