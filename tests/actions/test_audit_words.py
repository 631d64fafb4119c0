"""No word of a record and no secret gets into the audit log, whichever table it stands in."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INET, JSONB

from clinic.actions.acting import PEOPLE, _note_changes
from clinic.db import Base, ChoiceType, db

SECRET = "canary"
MODELS = sorted((each.class_ for each in Base.registry.mappers), key=lambda each: each.__name__)
SOME = {
    bool: True, int: 4711, datetime: datetime(2026, 9, 15, 10, tzinfo=UTC), date: date(1955, 12, 1), time: time(9),
    UUID: uuid4(), Decimal: Decimal("172.5"), str: SECRET, bytes: SECRET.encode(), dict: {"word": SECRET},
    list: [SECRET],
}  # fmt: skip
# What other rows may show as it is: a step, a moment, an amount, an id; never a word.
PLAIN = (Enum, bool, int, str, type(None))
SECRETS = ("hash", "encrypted", "token", "challenge", "password", "secret")


def some(column):
    """A value that fits the column, a canary wherever it may hold words or bytes."""
    if isinstance(column.type, ChoiceType):
        return next(iter(column.type.choice))
    if isinstance(column.type, INET):
        return SECRET
    return {"word": SECRET} if isinstance(column.type, JSONB) else SOME[column.type.python_type]


def noted(model):
    """What the audit log would keep of a new row with something in every column."""
    session = db.session()
    mapper = sa.inspect(model)
    session.info["changes"] = {}
    with session.no_autoflush:
        session.add(model(**{each.key: some(each.columns[0]) for each in mapper.column_attrs}))
        _note_changes(session, None, None)
    session.expunge_all()
    return session.info.pop("changes")


@pytest.mark.promise(30, "every column of every table: no word, no secret in the log")
@pytest.mark.parametrize("model", MODELS, ids=lambda each: each.__name__)
def test_no_word_and_no_secret_of_a_row_gets_into_the_log(app, session, model):
    changes = noted(model)
    assert changes and SECRET not in str(changes)
    for name, (before, after) in changes.items():
        assert before is None and isinstance(after, PLAIN), name
        if any(word in name.partition(".")[2] for word in SECRETS) and not name.endswith(("_at", "_id")):
            assert after == "…", name


@pytest.mark.parametrize("table", PEOPLE)
def test_of_a_person_the_log_says_only_which_facts_changed(app, session, table):
    (model,) = [each for each in MODELS if each.__tablename__ == table]
    for name, (_before, after) in noted(model).items():
        assert after == "…" or UUID(after), name
