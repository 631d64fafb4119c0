"""The page of one visit, for whoever holds its link: what to do now, before the day, on it and afterwards."""

from flask import request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offer_links, own_visits, visit_links
from clinic.actions.acting import Refused, audit
from clinic.actions.throttles import TooManyTries
from clinic.db import db
from clinic.forms.births import BirthForm
from clinic.htmx import again, asked_by_itself, changed, moved_on
from clinic.htmx import show as show_page
from clinic.queries import own_visits as asked
from clinic.queries.places import place_of
from clinic.views.portal.visits import before_and_after, is_today, proposed_instead, seen
from clinic.views.public.visit_link_bearer import bearer_of

PUBLIC = Permission.PUBLIC
bp = GuardedBlueprint("visit_link", __name__, face="public", url_prefix="/v")
BIRTH = "public/visit_link/birth.html"
# Where somebody may have been going when the date of birth was asked for.
AFTERWARDS = ("show", "move", "cancel", "questions")


@bp.get("/<token>", needs=PUBLIC)
def show(token):
    """The visit as it stands, and what can be done now."""
    bearer = bearer_of(token)
    _note_opened(bearer)
    return show_page("public/visit_link/show.html", **told(bearer))


@bp.get("/<token>/status", needs=PUBLIC, extends=False)
def status(token):
    """The part that changes by itself on the day; 204 while it is what the page already shows."""
    bearer = bearer_of(token)
    facts = told(bearer)
    if request.args.get("seen") == facts["seen"]:
        return "", 204
    return show_page("public/visit_link/_now.html", **facts)


@bp.post("/<token>/confirm", needs=PUBLIC)
def confirm(token):
    """Say that one comes."""
    return _done(bearer_of(token), own_visits.confirm, _("Thank you. We look forward to seeing you."))


@bp.post("/<token>/check-in", needs=PUBLIC)
def check_in(token):
    """Say that one is here."""
    return _done(bearer_of(token), own_visits.check_in, _("Thank you. We know that you are here."))


@bp.post("/<token>/take-back", needs=PUBLIC)
def take_back(token):
    """Take back what one just did here."""
    bearer = bearer_of(token)
    words = _("Your visit takes place as planned.") if bearer.visit.is_over else _("Taken back.")
    return _done(bearer, own_visits.take_back, words)


@bp.route("/<token>/birth", methods=["GET", "POST"], needs=PUBLIC)
def birth(token):
    """Ask for the patient's date of birth, once on a device; then on where one was going."""
    bearer = bearer_of(token)
    form = BirthForm(bearer.clinic)
    if bearer.is_known:
        return moved_on(_onwards(token))
    if not form.validate_on_submit():
        return show_page(BIRTH, status=422 if form.errors else 200, form=form, **told(bearer))
    return _answered(bearer, form)


def _answered(bearer, form):
    try:
        is_right = visit_links.prove(db.session(), bearer.found, form.date_of_birth.data, by=bearer.actor)
    except TooManyTries as error:
        return errors.wait(BIRTH, error, form, **told(bearer_of(bearer.token)))
    # What was looked up before is gone, and so may be the link.
    bearer = bearer_of(bearer.token)
    if not is_right:
        form.blame(_("That is not the date of birth we have. Please try again, or call us."), "date_of_birth")
        return again(BIRTH, form=form, **told(bearer))
    bearer.remember()
    return moved_on(_onwards(bearer.token))


def _onwards(token):
    asked_for = request.args.get("next")
    return url_for(f".{asked_for if asked_for in AFTERWARDS else 'show'}", token=token)


def _done(bearer, verb, message):
    """Do it as the patient and go back to the page; what is refused is said there, beside what is true now."""
    try:
        visit = verb(bearer.visit, by=bearer.actor)
    except Refused as error:
        return not_done(bearer.token, error)
    # A step back is not taken back: what was kept after all may be confirmed still, by an earlier step.
    may_undo = verb is not own_visits.take_back and asked.may_take_back(db.session(), visit)
    undo = url_for(".take_back", token=bearer.token) if may_undo else None
    return changed(then=url_for(".show", token=bearer.token), message=message, undo=undo)


def not_done(token, error):
    """The page again as it is now, with why it could not be done."""
    db.session.rollback()
    return again("public/visit_link/show.html", status=409, sentence=errors.said(error), **told(bearer_of(token)))


def told(bearer, feedback=None):
    """What every page of the link shows; ``feedback`` is the form that was filled in wrongly."""
    session, visit = db.session(), bearer.visit
    check_in = asked.check_in_of(session, visit)
    takes_back, stranded = asked.may_take_back(session, visit), asked.has_lost_its_time(session, visit)
    meeting, proposal = asked.meeting_is_open(visit), proposed_instead(visit, stranded)
    return {
        "bearer": bearer, "token": bearer.token, "visit": visit, "clinic": bearer.clinic, "check_in": check_in,
        "at": place_of(session, visit), "is_today": is_today(visit),
        "may_take_back": takes_back, "moved": asked.last_move(session, visit),
        "meeting_is_open": meeting, "is_known": bearer.is_known, "is_stranded": stranded,
        "proposal": proposal, "answer_at": proposal and _where_answered(bearer, proposal),
        **before_and_after(visit, feedback),
        "seen": seen(
            visit, stranded, proposal and proposal.id, check_in.is_ahead, check_in.is_open, takes_back, bearer.is_known,
            meeting and visit.meeting_url, visit.patient_may_move, visit.patient_may_cancel,
        ),
    }  # fmt: skip


def _where_answered(bearer, proposal):
    """The proposal's own page, whose link is given only to who gave the date of birth."""
    if not bearer.is_known:
        return url_for(".birth", token=bearer.token)
    return url_for("public.offers.show", token=offer_links.token_of(proposal))


def _note_opened(bearer):
    if not asked_by_itself():
        audit(db.session(), "visit_links.open", by=bearer.actor, resource=("visits", bearer.found.visit_id))
