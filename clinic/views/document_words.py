"""Documents as lines on a screen: what each is, from when, how large, and how far it has come."""

from types import SimpleNamespace

from babel.numbers import format_decimal
from flask_babel import gettext as _
from uuid_utils.compat import uuid7

from clinic import filters

TONES = {"sending": "info", "checking": "info", "refused": "bad", "ready": "plain"}
UNITS = ((2**30, "GB"), (2**20, "MB"), (2**10, "KB"))


def size_of(number: int) -> str:
    """So many bytes, in the unit that people say it in: 4.2 MB."""
    for unit, name in UNITS:
        if number >= unit:
            return f"{format_decimal(round(number / unit, 1), locale=filters.locale())} {name}"
    return _("%(number)s bytes", number=number)


def lines_of(documents, base: str, user_id) -> list:
    """Rows of a list; ``base`` is the address before a document's id. What did not get here its sender may remove."""
    return [_line(each, base, each.uploaded_by_id == user_id) for each in documents]


def _line(document, base, is_own):
    # Only what can be opened has an address.
    opens = document.is_ready
    return SimpleNamespace(
        key=uuid7(), removable=is_own and not opens, url=f"{base}{document.id}" if opens else None,
        base=f"{base}{document.id}", title=document.title, what=what_of(document),
        day=filters.day_short(document.recorded_at), size=size_of(document.file_size), who=_who(document),
        state="" if opens else _(document.state.label), tone=TONES[document.state.value],
        problem=_(document.problem.label) if document.problem else "", released=document.released_at is not None,
        from_patient=document.from_patient,
    )  # fmt: skip


def facts_of(document, patient=None) -> list:
    """What a document's page says of it: (label, value) pairs; ``patient`` is what the patient is called there."""
    rows = [
        (_("What it is"), what_of(document)), (_("Day it is from"), filters.day_short(document.recorded_at)),
        (_("Sent"), filters.moment(document.created_at)), (_("Sent by"), _who(document, patient)),
        (_("File"), f"{document.file_name}, {size_of(document.file_size)}"), (_("Note"), document.description),
    ]  # fmt: skip
    return [row for row in rows if row[1]]


def what_of(document) -> str:
    """Its category as a word; the one that another system had, where ours has none for it."""
    return document.category_text or _(document.category.label)


def _who(document, patient=None):
    if document.from_patient:
        return patient or _("the patient")
    return document.uploaded_by.name if document.uploaded_by else ""
