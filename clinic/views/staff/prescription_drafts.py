"""A prescription while it is being drafted: what each of its buttons does, and what the page shows beside it."""

from types import SimpleNamespace

from flask import abort

from clinic.current import current
from clinic.db import db
from clinic.forms.prescriptions import SUGGESTED, draft, row_of, sent, sent_id
from clinic.models.prescriptions import MOST_ITEMS
from clinic.queries import allergy_warnings, drugs
from clinic.queries import prescriptions as queries
from clinic.views.staff import own_patients


def facts(chart, form, looked_up=None) -> dict:
    """What the page of a draft shows; each row is told whether it goes against an allergy."""
    recorded = allergy_warnings.known(db.session(), chart.patient)
    names = [row.medicine.data for row in form.rows if row.medicine.data]
    warned = allergy_warnings.warnings(db.session(), current.clinic.id, recorded, names)
    for row in form.rows:
        row.warning = warned.get(row.medicine.data)
    return {
        "form": form, "recorded": recorded, "looked_up": looked_up, "suggested": SUGGESTED,
        "favourites": drugs.favourites(db.session(), current.provider_id),
        "visit": visit_of(chart, sent_id(form.visit_id.data)),
        "replaces": replaced_of(chart, sent_id(form.replaces_id.data)),
    }  # fmt: skip


def about(chart, form) -> dict:
    """What else an action has to know of the draft."""
    return {
        "advice": form.advice.data,
        "visit": visit_of(chart, sent_id(form.visit_id.data)),
        "replaces": replaced_of(chart, sent_id(form.replaces_id.data)),
    }  # fmt: skip


def visit_of(chart, visit_id):
    """The visit that the draft belongs to, which is this patient's; None for none."""
    if visit_id is None:
        return None
    found = own_patients.visit(visit_id)
    return found if found.patient_id in chart.records else abort(404)


def replaced_of(chart, prescription_id):
    """The prescription whose place the draft is to take, which is this patient's; None for none."""
    if prescription_id is None:
        return None
    found = queries.one(db.session(), current.clinic.id, prescription_id)
    return found if found and found.patient_id in chart.records else abort(404)


def changed(pressed):
    """The draft as it is after the button that was pressed, and what was looked up, if anything was."""
    form = sent(pressed)
    rows = [row.typed for row in form.rows]
    number = _number(pressed, len(rows))
    looked_up = None
    if "remove" in pressed and number is not None:
        del rows[number]
    elif "add" in pressed:
        rows.append({})
    elif "favourite" in pressed:
        _put(rows, _favourite(pressed["favourite"]))
    elif "take" in pressed and number is not None:
        rows[number]["medicine"] = pressed["take"].partition(" ")[2][:500]
    elif "find" in pressed and number is not None:
        text = rows[number]["medicine"] or ""
        names = drugs.offered(db.session(), current.clinic.id, current.provider_id, text)
        looked_up = SimpleNamespace(number=number, text=text, names=names)
    kept = {name: form[name].data for name in ("advice", "visit_id", "replaces_id")}
    return draft(rows[:MOST_ITEMS] or [{}], formdata=None, data=kept), looked_up


def _put(rows, filled):
    """Into the first row nobody wrote in, or a new one."""
    place = next((n for n, row in enumerate(rows) if not any(row.values())), len(rows))
    rows[place : place + 1] = [filled]


def _favourite(text):
    wanted = sent_id(text)
    mine = drugs.favourites(db.session(), current.provider_id)
    found = next((each for each in mine if each.id == wanted), None) or abort(404)
    return row_of(found)


def _number(pressed, count):
    """The row that the button stands in: its number comes first in the button's value."""
    text = next((pressed[name] for name in ("remove", "take", "find") if name in pressed), "").partition(" ")[0]
    number = int(text) if text.isdecimal() and len(text) < 4 else None
    return number if number is not None and number < count else None
