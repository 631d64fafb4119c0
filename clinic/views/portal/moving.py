"""A patient moves a visit: another day, another time, a last look."""

from dataclasses import replace

from flask import redirect, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.actions import visits
from clinic.actions.acting import Refused
from clinic.actions.booking import TimeTaken
from clinic.current import current
from clinic.db import db
from clinic.forms.portal_booking import WHOEVER_IS_FIRST, MoveForm
from clinic.htmx import again, changed, show
from clinic.views.portal.answers import Answers, as_text
from clinic.views.portal.journey import Journey
from clinic.views.portal.visits import USE, not_done, own_visit_or_404, told, way_of
from clinic.views.portal.visits import bp as visits_bp


@visits_bp.get("/<uuid:visit_id>/move", needs=USE, shows="visits")
def move(visit_id):
    """Ask for the new day, with the same doctor unless another will do; past the cut-off, say who to call."""
    visit = own_visit_or_404(visit_id)
    if not visit.patient_may_move:
        return show("portal/visits/too_late.html", moving=True, **told(visit))
    journey = journey_of(visit)
    return show("portal/visits/move_day.html", visit=visit, journey=journey, answers=journey.answers,
                everybody=WHOEVER_IS_FIRST, time_link=_to("move_time", visit, journey),
                week_link=_to("move", visit, journey), **way_of(visit), **journey.week())  # fmt: skip


@visits_bp.get("/<uuid:visit_id>/move/time", needs=USE, shows="visits")
def move_time(visit_id):
    """Ask for the new time on the chosen day."""
    visit = own_visit_or_404(visit_id)
    journey = journey_of(visit)
    if journey.answers.day is None:
        return redirect(url_for("portal.visits.move", visit_id=visit_id))
    return show("portal/visits/move_time.html", visit=visit, journey=journey, answers=journey.answers,
                times=journey.times(journey.answers.day), time_url=_to_check(visit, journey),
                back_to_days=_to("move", visit, journey)(), **way_of(visit))  # fmt: skip


@visits_bp.get("/<uuid:visit_id>/move/check", needs=USE, shows="visits")
def move_check(visit_id):
    """Show the old time and the new one before anything changes."""
    visit = own_visit_or_404(visit_id)
    journey = journey_of(visit)
    if journey.answers.starts_at is None or journey.answers.provider_id is None:
        return redirect(url_for("portal.visits.move", visit_id=visit_id))
    return show("portal/visits/move_check.html", journey=journey, answers=journey.answers, **told(visit))


@visits_bp.post("/<uuid:visit_id>/move", needs=USE)
def move_to(visit_id):
    """Move the visit. A time that is gone leaves it where it was and offers the nearest others."""
    visit, form = own_visit_or_404(visit_id), MoveForm(request.form)
    if not form.validate():
        return again("portal/visits/unreadable.html", form=form, **told(visit))
    chosen = {"provider_id": form.provider_id.data, "starts_at": form.starts_at.data}
    try:
        visits.move_to(visit, journey_of(visit, **chosen).wish(), by=current.actor)
    except Refused as error:
        return taken(visit_id, chosen, error) if isinstance(error, TimeTaken) else not_done(visit_id, error)
    return changed(then=url_for("portal.visits.show", visit_id=visit_id), message=_("Your visit is moved."))


def taken(visit_id, chosen, error):
    """The page for a time that is gone: the visit stays, the nearest others are offered."""
    db.session.rollback()
    visit = own_visit_or_404(visit_id)
    journey = journey_of(visit, **chosen)
    return again("portal/visits/move_taken.html", status=409, sentence=errors.said(error), journey=journey,
                 times=journey.nearest(), time_url=_to_check(visit, journey), **told(visit))  # fmt: skip


def journey_of(visit, who=current, **chosen):
    """The way to another time of this visit: all stays, the doctor too if still to be had and no other is asked for."""
    asked = Answers.of(request.args)
    journey = Journey(
        Answers(
            patient_id=visit.patient_id,
            visit_type_id=visit.visit_type_id,
            visit_mode=visit.visit_mode,
            doctor=asked.doctor or WHOEVER_IS_FIRST,
            day=asked.day,
            week=asked.week,
            provider_id=chosen.get("provider_id") or asked.provider_id,
            starts_at=chosen.get("starts_at") or asked.starts_at,
        ),
        moved=visit,
        who=who,
    )
    # A doctor may have left, or no longer offer the type, since the visit was booked.
    if not asked.doctor and visit.is_offered_to_patients and visit.provider_id in journey.all_names:
        journey.answers = replace(journey.answers, doctor=visit.provider_id)
    return journey


def _to(page, visit, journey):
    """A maker of addresses on the way of this visit: only what was chosen here, the rest is the visit's own."""
    kept = {"doctor": journey.answers.doctor, "week": journey.answers.week}

    def address(**chosen):
        given = {name: as_text(value) for name, value in {**kept, **chosen}.items() if value}
        return url_for(f"portal.visits.{page}", visit_id=visit.id, **given)

    return address


def _to_check(visit, journey):
    """A maker of the addresses open times lead to."""
    to = _to("move_check", visit, journey)
    return lambda time: to(provider_id=time.provider_id, starts_at=time.starts_at)
