"""A patient books: one question a page, every answer in the address, the chosen time kept for five minutes."""

from flask import redirect, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import booking, holds
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken
from clinic.current import current
from clinic.db import db
from clinic.forms.portal_booking import WORDS, BookingForm, ReasonForm
from clinic.htmx import again, moved_on, show
from clinic.models.schedule import BookingRule
from clinic.queries import portal_offers
from clinic.queries.visits_of_patient import visit_already_booked
from clinic.views.portal.answers import Answers, forget_words, keep_words, kept_words
from clinic.views.portal.journey import Journey

bp = GuardedBlueprint("booking", __name__, face="portal", url_prefix="/book")
USE = Permission.PORTAL_USE
CHOSEN = ("patient_id", "visit_type_id", "provider_id", "starts_at")


@bp.get("/", needs=USE)
def new():
    """Ask whom the visit is for, where there are several; then what it is for, unless that was chosen before."""
    journey = Journey.of(request.args)
    if journey.patient_id is None:
        return show("portal/booking/patient.html", journey=journey, answers=journey.answers)
    if journey.answers.visit_type_id:
        return redirect(journey.answers.url("portal.booking.time"))
    return show("portal/booking/visit_type.html", journey=journey, answers=journey.answers, **_types(journey.clinic))


@bp.get("/doctor", needs=USE)
def doctor():
    """Ask which doctor; with only one there is nothing to ask."""
    journey = Journey.of(request.args)
    if open_question := journey.needs("patient_id", "visit_type_id"):
        return redirect(open_question)
    if len(journey.offering) == 1:
        return redirect(journey.answers.url("portal.booking.day", doctor=journey.offering[0].id))
    return show("portal/booking/doctor.html", journey=journey, answers=journey.answers)


@bp.get("/day", needs=USE)
def day():
    """Ask for the day, a week at a time, from the first that has open times."""
    journey = Journey.of(request.args)
    if open_question := journey.needs("patient_id", "visit_type_id", "doctor"):
        return redirect(open_question)
    return show("portal/booking/day.html", journey=journey, answers=journey.answers, **journey.week())


@bp.get("/time", needs=USE)
def time():
    """Ask for the time on the chosen day."""
    journey = Journey.of(request.args)
    if open_question := journey.needs("patient_id", "visit_type_id", "doctor", "day"):
        return redirect(open_question)
    return show("portal/booking/time.html", journey=journey, answers=journey.answers,
                times=journey.times(journey.answers.day))  # fmt: skip


@bp.post("/hold", needs=USE)
def hold():
    """Keep the chosen time for five minutes, then ask what the visit is about."""
    journey = Journey.of(request.args)
    if open_question := journey.needs(*CHOSEN):
        return moved_on(open_question)
    try:
        holds.hold(db.session(), journey.wish(mode=journey.answers.visit_mode or journey.modes[0]), by=current.actor)
    except TimeTaken as error:
        return taken(journey, error)
    return moved_on(
        journey.answers.url("portal.booking.check" if journey.answers.visit_mode else "portal.booking.reason")
    )


@bp.get("/reason", needs=USE)
def reason():
    """Ask what the visit is about, and where it happens when both are possible."""
    journey = Journey.of(request.args)
    if open_question := journey.needs(*CHOSEN):
        return redirect(open_question)
    form = ReasonForm(data={"reason": kept_words(), "visit_mode": journey.answers.visit_mode or journey.modes[0]})
    return show("portal/booking/reason.html", form=form, **chosen(journey))


@bp.post("/reason", needs=USE)
def answer():
    """Keep what was said about the visit and go on to the last look."""
    journey, form = Journey.of(request.args), ReasonForm(request.form)
    if open_question := journey.needs(*CHOSEN):
        return moved_on(open_question)
    if not form.validate():
        return again("portal/booking/reason.html", form=form, **chosen(journey))
    keep_words(form.reason.data)
    mode = form.visit_mode.data if form.visit_mode.data in journey.modes else journey.modes[0]
    return moved_on(journey.answers.url("portal.booking.check", visit_mode=mode))


@bp.get("/check", needs=USE)
def check():
    """Show all the answers before anything is booked."""
    journey = Journey.of(request.args)
    if open_question := journey.needs(*CHOSEN, "visit_mode"):
        return redirect(open_question)
    return show("portal/booking/check.html", words=kept_words(), **chosen(journey))


@bp.post("/confirm", needs=USE)
def create():
    """Book. A time that is gone is answered with the nearest others, and nothing typed is lost."""
    form = BookingForm(request.form)
    if not _is_readable(form):
        return again("portal/booking/unreadable.html", form=form)
    journey = Journey(_answers(form))
    try:
        visit_id = booking.book(db.session(), journey.wish(reason=form.reason.data), by=current.actor)
    except Refused as error:
        return not_booked(form, journey, error)
    forget_words()
    return moved_on(url_for("portal.visits.show", visit_id=visit_id, new=1))


def not_booked(form, journey, error):
    """Why not, and what else: a time that is gone has others near it."""
    return taken(journey, error) if isinstance(error, TimeTaken) else refused(form, journey, error)


def taken(journey, error):
    """The page for a time that is gone: the nearest others as buttons that go on right here."""
    db.session.rollback()
    at = journey.answers
    own = visit_already_booked(db.session(), journey.patient_id, at.provider_id, at.starts_at)
    return again("portal/booking/taken.html", status=409, sentence=errors.said(error), own=own, journey=journey,
                 answers=at, times=journey.nearest(), words=kept_words())  # fmt: skip


def refused(form, journey, error):
    """The page for a wish the clinic does not grant; one that names what is not here at all is unreadable instead."""
    db.session.rollback()
    if not portal_offers.is_known(db.session(), journey.answers.visit_type_id, journey.answers.provider_id):
        form.blame(_("This doctor or this type of visit is not offered here. Please start again."))
        return again("portal/booking/unreadable.html", form=form)
    return again("portal/booking/refused.html", status=409, sentence=errors.said(error), words=kept_words(),
                 answers=journey.answers)  # fmt: skip


def chosen(journey):
    """What the pages after the time show: the journey, until when the time is kept, and where the visit would be."""
    return {"journey": journey, "answers": journey.answers, "until": journey.held_until(), "at": journey.place}


def _types(clinic):
    types = portal_offers.visit_types_with_doctors(db.session())
    bookable = [each for each in types if each.booking != BookingRule.OFF]
    by_phone = [each for each in types if each.booking == BookingRule.OFF]
    prices = portal_offers.prices(db.session(), clinic.id, bookable)
    return {"types": bookable, "by_phone": by_phone, "prices": prices}


def _is_readable(form):
    keep_words((form.reason.data or "")[:WORDS])
    if not form.validate():
        return False
    named = form.patient_id.data
    if named in current.patient_ids or (named is None and len(current.patient_ids) == 1):
        return True
    form.blame(_("Please say again whom the visit is for."))
    return False


def _answers(form):
    provider_id = form.provider_id.data
    return Answers(form.patient_id.data, form.visit_type_id.data, form.doctor.data or provider_id, provider_id,
                   form.starts_at.data, form.visit_mode.data, specialty=form.specialty.data,
                   language=form.language.data)  # fmt: skip
