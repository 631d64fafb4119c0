"""The product with a fault at the end of whatever is asked of it, in words that quote everything that was sent.

Served by the test that looks for those words afterwards, in the logs and in the answers.
"""

from flask import request
from sqlalchemy import text

from clinic import create_app
from clinic.db import db
from clinic.work.handlers import HANDLERS, Handler
from tests.faults.bad_values import BREAK, CANARY


def sent():
    """Everything that came with the request."""
    return f"{request.url} {dict(request.headers)} {request.args} {request.form} {request.files}"


def breaking(view):
    """The view, and then a fault."""

    def broken(**address):
        how = request.headers.get(BREAK)
        answer = view(**address) if how != "at once" else None
        if how == "in the database":
            db.session.execute(text("SELECT CAST(:sent AS int) /* said by the program */"), {"sent": sent()})
        if how:
            raise RuntimeError(sent())
        return answer

    return broken


def break_job(session, **ids):
    """A job that fails in somebody's words."""
    raise RuntimeError(f"{CANARY} {ids}")


app = create_app()
app.view_functions = {name: breaking(view) for name, view in app.view_functions.items()}
HANDLERS["visits.lapse"] = Handler("visits.lapse", break_job, None)
