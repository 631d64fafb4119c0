"""A patient asks for a visit without choosing a time: one question a page, and what becomes of it."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, request, url_for
from flask_babel import gettext as _

from clinic import errors
from clinic.access import GuardedBlueprint, Permission
from clinic.actions import offer_links, request_offers, requests
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db
from clinic.forms.portal_requests import QUESTIONS, AnswersForm, CancelForm, WhyForm, asking
from clinic.htmx import again, changed, moved_on
from clinic.htmx import show as show_page
from clinic.models.requests import VisitRequest
from clinic.openings import listed
from clinic.queries import portal_offers
from clinic.queries import requests as asked
from clinic.views.portal.answers import REQUEST_WORDS, forget_words, keep_words, kept_words
from clinic.walltime import today

bp = GuardedBlueprint("requests", __name__, face="portal", url_prefix="/requests")
USE = Permission.PORTAL_USE
WHY = "portal/requests/why.html"


@dataclass(frozen=True)
class Answers:
    """The answers given so far; None where a question is still open."""

    patient_id: UUID | None = None
    visit_type_id: UUID | None = None
    category: str | None = None
    when: str | None = None
    day: date | None = None
    part: str | None = None

    def __post_init__(self):
        # A day says when only "on a certain day": with any other answer it is forgotten, here and in the next address.
        if self.when != "day":
            object.__setattr__(self, "day", None)

    @classmethod
    def of(cls, sent):
        """Read them from an address or a form; 400 where one cannot be read, 404 for somebody else's patient."""
        form = AnswersForm(sent)
        if not form.validate():
            abort(400)
        answers = cls(**{name: value or None for name, value in form.data.items()})
        if answers.patient_id and answers.patient_id not in current.patient_ids:
            abort(404)
        return answers

    @property
    def patient(self):
        """Whom the visit is for: the one named, or the only one there is."""
        only = next(iter(current.patient_ids)) if len(current.patient_ids) == 1 else None
        return self.patient_id or only

    @property
    def question(self):
        """The first question that is still open, or None."""
        if self.patient is None:
            return "patient"
        if self.when == "day" and (self.day is None or self.is_over):
            return "day"
        return next((name for name in QUESTIONS if getattr(self, name) is None and not self._is_beside(name)), None)

    @property
    def is_over(self):
        """Whether the day that was chosen is over by the clinic's calendar."""
        return self.day is not None and self.day < _today()

    def _is_beside(self, name):
        # Who comes today and waits is asked for no hour.
        return name == "part" and self.when == "today"

    def url(self, **changed):
        """The address of the next question with these answers and the changed ones."""
        return url_for("portal.requests.new", **replace(self, **changed).facts)

    def change(self, name):
        """The address to which the last page's form is sent to answer this question anew."""
        return url_for("portal.requests.change", **replace(self, **{name: None}).facts)

    @property
    def last(self):
        """The name of the question that was answered last, or None."""
        asked = ("patient_id", "category", "when", "day", "part")
        return next((name for name in reversed(asked) if getattr(self, name) and name != self.question), None)

    def back(self):
        """The address of the question before the open one; the page before them all."""
        return self.url(**{self.last: None}) if self.last else url_for("portal.home.index")

    @property
    def facts(self):
        """The answers given, by name, as an address or a form carries them."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in given.items()}


@bp.get("/new", needs=USE)
def new():
    """The next question: for whom, what about, when, at what time of day, and why."""
    answers = Answers.of(request.args)
    if answers.question:
        status = 422 if answers.is_over else 200
        return show_page("portal/requests/question.html", status=status, first=_today(), **_asked(answers))
    return show_page(WHY, form=WhyForm(formdata=None, reason=kept_words(REQUEST_WORDS)), **_asked(answers))


@bp.post("/new", needs=USE)
def create():
    """Ask; nothing is booked by it."""
    answers, form = Answers.of(request.form), WhyForm()
    if answers.question:
        return _ask_first(answers, form, shown=answers)
    if not form.validate():
        return again(WHY, form=form, **_asked(answers))
    try:
        made = _ask(answers, form.reason.data)
    except Refused as refusal:
        return _refused(form, answers, refusal)
    return moved_on(url_for(".show", request_id=made.id, new=1))


@bp.post("/change", needs=USE, once=False)
def change():
    """Answer one of the questions anew; what was typed meanwhile is there again on the last page."""
    return _ask_first(Answers.of(request.args), WhyForm(), shown=Answers.of(request.form))


@bp.get("/<uuid:request_id>", needs=USE, shows="patients")
def show(request_id):
    """Where the request stands, in words, and until when somebody answers."""
    return show_page("portal/requests/show.html", **_told(_own(request_id)))


@bp.get("/<uuid:request_id>/cancel", needs=USE, shows="patients")
def cancel(request_id):
    """Ask whether the visit is not needed any more."""
    return show_page("portal/requests/cancel.html", form=CancelForm(formdata=None), **_told(_own(request_id)))


@bp.post("/<uuid:request_id>/cancel", needs=USE)
def call_off(request_id):
    """Call the request off; a time that was kept for it is open again."""
    found, form = _own(request_id), CancelForm()
    if not form.validate():
        return again("portal/requests/cancel.html", form=form, **_told(found))
    request_offers.cancel(found, by=current.actor, note=form.note.data)
    undo = url_for(".undo", request_id=request_id)
    return changed(then=url_for("portal.home.index"), message=_("You do not ask for this visit any more."), undo=undo)


@bp.post("/<uuid:request_id>/undo", needs=USE)
def undo(request_id):
    """Ask for it after all."""
    requests.undo(_own(request_id), by=current.actor)
    return changed(then=url_for(".show", request_id=request_id), message=_("You ask for this visit again."))


def _asked(answers):
    people = portal_offers.own_patients(db.session(), current.patient_ids) if current.acts_for_others else []
    whose = next((each.full_name for each in people if each.id == answers.patient), None)
    return {"answers": answers, "question": answers.question, "options": QUESTIONS.get(answers.question, ()),
            "people": people, "whose": whose, "words": _words(answers)}  # fmt: skip


def _words(answers):
    """What was answered, question by question, with the address at which it is asked again."""
    said = {name: dict(options).get(getattr(answers, name)) for name, options in QUESTIONS.items()}
    return [(name, words, answers.change(name)) for name, words in said.items() if words]


def _ask_first(answers, form, shown):
    """The next open question, with what was typed kept meanwhile; where it cannot be, the last page as it was."""
    if keep_words(form.reason.data, REQUEST_WORDS):
        return moved_on(answers.url())
    form.blame(_("This is too long to be kept while you change an answer. Please make it shorter, or send it first."))
    return again(WHY, form=form, **_asked(shown))


def _ask(answers, reason):
    session = db.session()
    patient = next(each for each in portal_offers.own_patients(session, [answers.patient]))
    facts = asking(answers, _today())
    made = requests.ask(session, patient, requests.Asking(reason=reason, **facts), by=current.actor)
    forget_words(REQUEST_WORDS)
    return made


def _today():
    return today(ZoneInfo(current.clinic.timezone))


def _refused(form, answers, refusal):
    db.session.rollback()
    form.blame(errors.said(refusal), refusal.field)
    return again(WHY, status=409, form=form, **_asked(answers))


def _own(request_id) -> VisitRequest:
    """The request if it is the patient's own; anybody else's is answered like one that never existed."""
    return asked.request_of(db.session(), request_id) or abort(404)


def _told(found):
    listed([found.patient_id])
    last = asked.last_event(db.session(), found)
    return {"request_shown": found, "offer": asked.live_offer(db.session(), found), "is_new": "new" in request.args,
            "history": asked.history_of(db.session(), found),
            "may_undo": requests.may_undo(found, last, by=current.actor)}  # fmt: skip


def asked_for():
    """What the people behind this account ask for and wait for: open requests, places on the waiting list."""
    return asked.requests_of_patients(db.session()) if current.patient_ids else []


bp.record(lambda state: state.app.jinja_env.globals.update(asked_for=asked_for, offer_token=offer_links.token_of))
