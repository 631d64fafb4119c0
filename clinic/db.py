"""The one database: base class, column types, a session that knows its scope, and one commit per request."""

import random
import time
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import flask_sqlalchemy.session
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from clinic import clock
from clinic.clock import now
from clinic.pool import FairPool
from clinic.scope import Scope, stay_in_scope


def word(text: str) -> str:
    """Mark a word that people read, so that it is found for translation; it is translated where it is shown."""
    return text


class Choice(StrEnum):
    """A closed set of values, each with the word people see: ``BOOKED = "booked", word("Booked")``."""

    def __new__(cls, value, label):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class ChoiceType(sa.types.TypeDecorator):
    """Stores a Choice as its text; reads it back as the Choice."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, choice):
        self.choice = choice
        super().__init__()

    def process_bind_param(self, value, dialect):
        return None if value is None else self.choice(value).value

    def process_result_value(self, value, dialect):
        return None if value is None else self.choice(value)


def one_of(choice, column):
    """A CHECK that lets only the Choice's values into the column."""
    values = ", ".join(f"'{member.value}'" for member in choice)
    return sa.CheckConstraint(f"{column} IN ({values})", name=f"{column}_is_known")


def money_range(column):
    """A CHECK that keeps money finite and not negative; it also keeps NaN and Infinity out."""
    return sa.CheckConstraint(f"{column} >= 0 AND {column} < 1000000000", name=f"{column}_in_range")


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
MONEY = sa.Numeric(12, 3)


class Base(DeclarativeBase):
    """The root of every table."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            str: sa.Text,
            Decimal: MONEY,
        },
    )

    def __repr__(self):
        """The kind and the id: nothing personal, since it may reach a log."""
        return f"<{type(self).__name__} {getattr(self, 'id', '')}>"


class Timestamped:
    """When a row was made and last changed, in UTC; a trigger keeps the latter."""

    created_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())
    updated_at: Mapped[datetime] = mapped_column(default=now, server_default=sa.func.now())


# Whoever stops in the middle of a transaction, holding locks, is given up: a process that hangs or was cut off.
# Why these limits, here and in app_enter, are no shorter stands in SECURITY.md.
PATIENCE = "set_config('idle_in_transaction_session_timeout', '30s', true)"
ENTER = sa.text(
    f"""SELECT entered.*, clock_timestamp() AS database_now
       FROM (SELECT set_config('role', 'clinic_app', true) AS role, {PATIENCE} AS patience) AS r,
      LATERAL app_enter(CAST(r.role AS text), CAST(:token AS bytea), CAST(:face AS text), CAST(:idle AS int),
                        CAST(:extends AS boolean)) AS entered"""
)
TELL = sa.text(
    f"""SELECT set_config('role', 'clinic_app', true), set_config('app.clinic_id', :clinic_id, true),
    set_config('app.user_id', :user_id, true), set_config('app.patient_ids', :patient_ids, true),
    set_config('statement_timeout', '15s', true), set_config('lock_timeout', '10s', true),
    {PATIENCE}, clock_timestamp() AS database_now"""
)


def tell(connection, scope):
    """Let the open transaction work as the application's role, inside the scope, for its own length only."""
    _ask(connection, TELL, (scope or Scope.person()).settings)


def _ask(connection, question, facts):
    """What opens a transaction also says what time it is; the row."""
    asked = time.monotonic()
    answer = connection.execute(question, facts).mappings().one()
    clock.compare(answer["database_now"], asked)
    return answer


class ClinicSession(flask_sqlalchemy.session.Session):
    """A session that always knows whose rows it may see."""

    scope: Scope | None = None
    _token = None

    def enter(self, scope: Scope):
        """From here on see this scope's rows only; forget what another clinic's scope had loaded."""
        if self.scope and self.scope.clinic_id != scope.clinic_id:
            self.expunge_all()
        self.scope = scope
        if self.in_transaction():
            tell(self.connection(), scope)

    def enter_with_token(self, token: bytes, face: str, idle_minutes: int, extends: bool = True):
        """Open the transaction as the person whose session token this is; one statement, whoever it turns out to be.

        ``idle_minutes`` is the longest idle limit a clinic may set; ``extends`` is False for what a page fetches by
        itself, which must not pass for somebody being there. Returns the row of ``app_enter``, without session_id
        where no live session has this token.
        """
        self._token = {"token": token, "face": face, "idle": idle_minutes, "extends": extends}
        self.connection()
        return self.info.pop("entered")


@event.listens_for(ClinicSession, "after_begin")
def _begin(session, transaction, connection):
    if transaction.nested:
        return
    if session._token:
        details, session._token = session._token, None
        session.info["entered"] = _ask(connection, ENTER, details)
    else:
        tell(connection, session.scope)


event.listen(ClinicSession, "do_orm_execute", stay_in_scope)

db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": ClinicSession, "expire_on_commit": False},
    engine_options={"poolclass": FairPool},
)

# Deadlock and serialisation failure: the transaction was the victim of its timing, so it may simply be tried again.
TRY_AGAIN = {"40P01", "40001"}


class Clinics(Flask):
    """The application. A request is one transaction: an answer below 400 commits it once, anything else undoes it."""

    # Whatever stands around every view, inside its transaction; it calls the view it is given, or not.
    around_view = staticmethod(lambda view: view())
    # What an answer that is about to be committed leaves behind in the same transaction.
    before_commit = staticmethod(lambda response: None)

    def dispatch_request(self):
        """Run the view and commit, inside the reach of the error handlers; retry a victim of a deadlock."""
        for tries_left in (2, 1, 0):
            try:
                return self._answer()
            except OperationalError as error:
                db.session.rollback()
                if getattr(error.orig, "sqlstate", None) not in TRY_AGAIN or not tries_left:
                    raise
                # Victims that meet again at the same moment would be victims again.
                time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 (chance, not a secret)
            except BaseException:
                db.session.rollback()
                raise
        raise AssertionError("the last try answers or raises")

    def _answer(self):
        response = self.around_view(self._viewed)
        if response.status_code < 400:
            self.before_commit(response)
            db.session.commit()
            # What an answer fetches from outside, it fetches now that nothing is held: it may be long in coming.
            getattr(response, "fetch", lambda: None)()
        else:
            db.session.rollback()
        return response

    def _viewed(self):
        return self.make_response(super().dispatch_request())
