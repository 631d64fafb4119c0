"""How many statements a request runs."""

from contextlib import contextmanager

from sqlalchemy import event

from clinic.db import db


@contextmanager
def counted(app):
    """A list that fills with every statement the application sends meanwhile."""
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
