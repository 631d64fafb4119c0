"""What a clinic shows to everybody: its page, its look, and the way to become a patient of it."""

import re
from dataclasses import replace

from flask import abort, g, make_response, redirect, request, url_for
from uuid_utils.compat import uuid7

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import sign_ups
from clinic.actions.acting import Refused, note_refusal
from clinic.actions.passwords import hash_password
from clinic.actions.throttles import TooManyTries
from clinic.colours import readable_on
from clinic.current import current
from clinic.db import db
from clinic.errors import said, wait
from clinic.filters import place
from clinic.forms.accounts import SignUpForm
from clinic.guard import own_address
from clinic.htmx import again, moved_on
from clinic.htmx import show as show_page
from clinic.models.accounts import Role, User
from clinic.queries import clinic_pages, portal_offers
from clinic.queries.clinics import logo_of, open_clinic, was_closed
from clinic.scope import Scope
from clinic.views.asked import a_word
from clinic.views.public import known_devices
from clinic.views.public.accounts import go_into, keep, places_of_person, start

bp = GuardedBlueprint("clinics", __name__, face="public", url_prefix="/c")


def page_of(slug):
    """The open clinic with this address as the page's clinic, or 404; from here on only its public rows are seen."""
    clinic = open_clinic(db.session(), slug) or _gone(slug)
    db.session().enter(Scope.public(clinic.id))
    g.page_clinic = clinic
    return clinic


def _gone(slug):
    """There is no such clinic, or there was one and it has closed; that much everybody may know."""
    abort(410 if was_closed(db.session(), slug) else 404)


def standing(clinic):
    """Who the visitor is here: "nobody", "stranger", its patient "here", or "elsewhere" in another clinic right now."""
    if not current.user:
        return "nobody"
    places = places_of_person(current.user.id)
    if not any(place.id == clinic.id and Role.PATIENT in place.roles for place in places):
        return "stranger"
    return "here" if current.clinic and current.clinic.id == clinic.id else "elsewhere"


@bp.get("/<slug>", needs=Permission.PUBLIC)
def show(slug):
    """The clinic's public page; its patient who chose a time before signing in goes on to it."""
    clinic = open_clinic(db.session(), slug) or _gone(slug)
    known, then = standing(clinic), own_address(request.args.get("next"))
    if known == "here" and then:
        return redirect(then)
    page_of(slug)
    return show_page("public/clinics/show.html", clinic=clinic, standing=known, then=then, **_doctors(clinic))


def _doctors(clinic):
    """The doctors of the page, all or those with the specialty and the language asked for, and what can be booked."""
    session, words = db.session(), clinic_pages.words_of_doctors(db.session(), clinic.id)
    asked = {"specialty": a_word("specialty"), "language": a_word("language")}
    types = clinic_pages.visit_types(session)
    known = asked["specialty"] in (None, *words.specialties) and asked["language"] in (None, *words.languages)
    found = clinic_pages.doctors(session, clinic, types, **asked) if known else []
    offered = [each for each in types if any(each in doctor.offers for doctor in found)]
    prices = portal_offers.prices(session, clinic.id, types)
    return {"types": types, "doctors": found, "words": words, "asked": asked, "offered": offered, "prices": prices}


@bp.route("/<slug>/sign-up", methods=["GET", "POST"], needs=Permission.PUBLIC)
def sign_up(slug):
    """Make an account and a record here, sign in with it and go on to booking."""
    clinic = page_of(slug)
    if current.user:
        return moved_on(url_for("public.clinics.show", slug=slug))
    form = SignUpForm(clinic, next=own_address(request.args.get("next")))
    if not form.validate_on_submit():
        return again(SIGN_UP, form=form, clinic=clinic) if form.errors else show_page(SIGN_UP, form=form, clinic=clinic)
    return _signed_up(clinic, form)


SIGN_UP = "public/clinics/sign_up.html"
BOOKING = "/portal/book/"


def _signed_up(clinic, form):
    try:
        sign_ups.spend_a_try(db.session(), by=current.actor)
    except TooManyTries as error:
        return wait(SIGN_UP, error, form, clinic=clinic)
    # The connection goes back while the password is worked on.
    db.session.rollback()
    password_hash = hash_password(form.password.data, form.email.data, form.first_name.data, form.last_name.data)
    user_id, patient_id = uuid7(), uuid7()
    db.session().enter(Scope.portal(clinic.id, user_id, {patient_id}))
    by = replace(current.actor, clinic_id=clinic.id)
    try:
        sign_ups.sign_up(
            db.session(), by=by, user_id=user_id, patient_id=patient_id, password_hash=password_hash, **form.person
        )
    except Refused as error:
        note_refusal(db.session(), "sign_ups.sign_up", by=by)
        form.blame(said(error))
        return again(SIGN_UP, form=form, clinic=clinic)
    known_devices.remember(form.email.data)
    return start(user_id, own_address(form.next.data) or BOOKING, clinic.id)


@bp.post("/<slug>/join", needs=Permission.SIGNED_IN)
def join(slug):
    """Somebody with an account becomes a patient here too."""
    clinic, user_id, patient_id = page_of(slug), current.user.id, uuid7()
    db.session().enter(Scope.portal(clinic.id, user_id, {patient_id}))
    by = replace(current.actor, clinic_id=clinic.id, role=Role.PATIENT.value)
    sign_ups.become_patient(db.session.get(User, user_id), patient_id, by=by)
    keep(go_into(clinic.id))
    return moved_on(own_address(request.form.get("next")) or BOOKING)


@bp.get("/<slug>/look.css", needs=Permission.PUBLIC)
def style(slug):
    """The clinic's own colour as a stylesheet, with ink that can be read on it."""
    clinic = open_clinic(db.session(), slug) or abort(404)
    css = ""
    if clinic.colour and re.fullmatch("#[0-9a-f]{6}", clinic.colour):
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
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
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
