"""What a person is told when something could not be done, and with which status; said once for every route."""

import errno

import structlog
from flask import (
    Flask,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, generate_csrf
from psycopg import errors as pg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException

from clinic.actions.acting import NotRemembered, Refused
from clinic.actions.throttles import TooManyTries
from clinic.current import current
from clinic.db import db
from clinic.guard import InAnothersName
from clinic.htmx import again, unsay, wants_part
from clinic.idempotency import NotSentAgain
from clinic.logs import tell

log = structlog.get_logger()

# A broken rule of the database, in the clinic's words.
SENTENCES = {
    "ex_slots_provider": _l("That time is no longer free."),
    "ex_slot_rooms_room": _l("The room has just been taken at that time."),
    "uq_room_kinds_name": _l("There is already a kind of room with this name."),
    "uq_rooms_name": _l("There is already a room with this name at that place."),
    "ck_slots_seats": _l("The last place at that time has just been taken."),
    "uq_visit_types_name": _l("There is already a visit type with this name."),
    "uq_providers_license_number": _l("Another doctor already has this licence number."),
    "uq_providers_user_id": _l("This person is already a doctor of the clinic."),
    "uq_users_email": _l("There is already an account with this email address."),
    "uq_patients_mrn": _l("Another patient already has this record number."),
    "uq_memberships_user_role": _l("This person already has that role."),
    "uq_patient_tags_tag": _l("The patient already has this tag."),
    "uq_visits_ticket_number": _l("Somebody drew this number at the same moment. Try again."),
    "uq_visits_check_in_code": _l("That could not be saved at this moment. Try again."),
    "uq_day_closings_number": _l("Somebody has just closed or opened this day."),
    "signed_note_stays": _l("This note is signed. What you want to add goes below it, as an addendum."),
    "addendum_after_signing": _l("This note is not signed yet: write in it."),
    "uq_note_templates_name": _l("You have a template with this name already."),
    "uq_clinics_slug": _l("Another clinic already has this address."),
}
WHAT = {
    400: (
        _l("We could not read that"),
        _l("Go back, check what you typed and try again."),
    ),
    401: (
        _l("Please sign in"),
        _l("You were signed out. Sign in and go on where you were."),
    ),
    403: (
        _l("You may not do that"),
        _l("If you need to, ask an administrator of your clinic."),
    ),
    404: (
        _l("This page is not here"),
        _l("The address may be mistyped, or the page is not yours to see."),
    ),
    405: (
        _l("That does not work here"),
        _l("Go back and use the buttons on the page."),
    ),
    409: (
        _l("That could not be done"),
        _l("Go back and look again: something changed meanwhile."),
    ),
    410: (
        _l("This clinic has closed"),
        _l("Nothing can be booked here any more. Its records are kept: ask for yours by letter or phone."),
    ),
    413: (_l("That is too large"), _l("Send less text, or a smaller file.")),
    422: (
        _l("Something needs another look"),
        _l("Go back, check what you typed and try again."),
    ),
    429: (_l("Too many tries"), _l("Wait a minute, then try again.")),
    500: (
        _l("Something broke on our side"),
        _l("Nothing was saved. Try again in a moment; if it stays, tell us."),
    ),
    503: (
        _l("We are busy right now"),
        _l("Nothing was saved. Try again in a few seconds."),
    ),
}


def answer(code, message=None, headers=None, **context):
    """The page or the part that tells what happened and what to do next."""
    db.session.rollback()
    unsay()
    title, advice = WHAT.get(code, WHAT[500])
    template = "errors/part.html" if wants_part() else "errors/page.html"
    steps = [(_("Go to the start page"), "/")]
    try:
        page = render_template(
            template, code=code, title=title, message=message or advice, next_steps=steps,
            request_id=g.get("request_id"), **context,
        )  # fmt: skip
    except Exception as error:
        return _plainly(code, error)
    response = make_response(page, code)
    response.headers.update(headers or {})
    if wants_part() and code not in (409, 422):
        # htmx swaps no other error by itself; the message has its own place on every page.
        response.headers.update({"HX-Retarget": "#messages", "HX-Reswap": "outerHTML"})
    return response


def _plainly(code, error):
    """The same in bare words, where even the page that tells it cannot be drawn."""
    tell("error page not drawn", error, endpoint=request.endpoint, request_id=g.get("request_id"))
    title, advice = WHAT.get(code, WHAT[500])
    response = make_response(f"{title}. {advice}\n", code)
    response.mimetype = "text/plain"
    return response


def sentence_for(error):
    """The sentence for a constraint the database kept, or None where it has no words of its own."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return SENTENCES.get(name)


def said(error: Refused) -> str:
    """A refusal in the person's language."""
    return _(error.template, **{name: _(str(value)) for name, value in error.values.items()})


def _refused(error: Refused):
    return answer(409, said(error))


def _too_many(error: TooManyTries):
    return answer(429, said(error), {"Retry-After": str(error.retry_after)})


def wait(page, error: TooManyTries, form, **context):
    """The form again with what was typed, and when it may be sent once more."""
    form.blame(said(error))
    response = again(page, status=429, form=form, **context)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _kept_rule(error: IntegrityError):
    sentence = sentence_for(error)
    if sentence is None:
        return _broken(error)
    return answer(409, sentence)


def _bad_value(error: DataError):
    # Text the database cannot hold (a NUL byte, a number out of range) is the sender's to mend.
    log.warning("unreadable value", endpoint=request.endpoint)
    return answer(400)


def _unavailable(error):
    orig = getattr(error, "orig", None)
    if isinstance(orig, pg.QueryCanceled | pg.LockNotAvailable) or _lost(error):
        log.error("database unavailable", kind=type(orig or error).__name__)
        return answer_without_database(503)
    return _broken(error)


def _not_remembered(error: NotRemembered):
    log.error("audit log not written", action=str(error), kind=type(error.__cause__).__name__)
    return answer_without_database(503)


def _lost(error):
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, PoolTimeout | OperationalError) or sqlstate in (
        "57P01",
        "57P02",
        "57P03",
        "08006",
    )


def answer_without_database(code):
    """Like ``answer``, with nothing on the page that would have to be looked up."""
    g.without_database = True
    return answer(code, headers={"Retry-After": "5"}, plain=True)


def _gone(error):
    return answer(404)


def _forged_or_old(error: CSRFError):
    """A form without its token: somebody else's making, or drawn before the person signed in anew in another window.

    Nothing is done. To the person's own page what was typed is given back with a fresh token, to look at and send.
    """
    sentence = _("You signed in again after this page was opened, so nothing was saved.")
    if not current.user or request.files or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return answer(400, _("This page was open too long. Load it again."))
    if wants_part():
        still_here = _("What you typed is still here: send it once more.")
        response = answer(400, f"{sentence} {still_here}")
        response.headers["Clinic-Csrf"] = generate_csrf()
        return response
    fields = [each for each in request.form.items(multi=True) if each[0] not in ("csrf_token", "idempotency_key")]
    return make_response(
        render_template("errors/send_again.html", sentence=sentence, fields=fields, address=request.full_path), 400
    )


def _disk_said(error: OSError):
    # What somebody sends waits on a disk, which may be full; it is theirs to try again, and no fault of the program's.
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        log.error("disk full", endpoint=request.endpoint)
        return answer(507, _("There is no room for files at the moment. Try again later."))
    return _broken(error)


def _broken(error):
    tell("fault", error, endpoint=request.endpoint, request_id=g.get("request_id"))
    if current_app.debug or current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return answer(500)


def init_app(app: Flask):
    """Map every kind of failure to its answer."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(TooManyTries, _too_many)
    app.register_error_handler(InAnothersName, lambda error: answer(403, _(error.sentence)))
    app.register_error_handler(NotSentAgain, lambda error: answer(error.code, error.sentence))
    app.register_error_handler(NotRemembered, _not_remembered)
    app.register_error_handler(IntegrityError, _kept_rule)
    app.register_error_handler(DataError, _bad_value)
    app.register_error_handler(UnicodeEncodeError, _bad_value)
    app.register_error_handler(PoolTimeout, _unavailable)
    app.register_error_handler(DBAPIError, _unavailable)
    app.register_error_handler(StaleDataError, _gone)
    app.register_error_handler(ObjectDeletedError, _gone)
    app.register_error_handler(CSRFError, _forged_or_old)
    app.register_error_handler(HTTPException, lambda error: answer(error.code or 500))
    app.register_error_handler(OSError, _disk_said)
    app.register_error_handler(Exception, _broken)
