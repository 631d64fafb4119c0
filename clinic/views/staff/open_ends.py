"""Open ends: orders, results and referrals that somebody began and nobody has closed, the longest open first."""

from datetime import timedelta

from flask import abort, request
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db, now
from clinic.htmx import show
from clinic.openings import listed
from clinic.queries import open_ends as queries
from clinic.views.asked import Page, page_number
from clinic.views.staff import own_patients

bp = GuardedBlueprint("open_ends", __name__, face="staff", url_prefix="/open-ends")
# After so long somebody should ask what has become of it.
LONG = timedelta(days=14)


@bp.get("", needs=Permission.CHART_SEE, shows="patients")
def index():
    """What is open of one's own patients: one's own, or everybody's."""
    number, every, kind = page_number(), request.args.get("all") == "yes", _kind()
    mine = None if every else current.provider_id
    rows = queries.find(db.session(), current.clinic.id, own_patients.reach(), mine=mine, kind=kind, number=number)
    page = Page.of(rows, number, queries.ON_A_PAGE)
    listed(row.patient_id for row in page.rows)
    own_patients.note_listed(row.patient_id for row in page.rows)
    facts = {"listing": page, "kind": kind, "every": every, "kinds": queries.OPEN_ENDS}
    return show("staff/open_ends/index.html", lines=_lines(page.rows), **facts)


def waiting(session) -> int:
    """How many ends are open with the person who is signed in, up to a hundred."""
    if current.provider_id is None:
        return 0
    own = own_patients.reach(Permission.CHART_SEE)
    return queries.count(session, current.clinic.id, own, mine=current.provider_id)


def _kind():
    kind = request.args.get("kind") or None
    return kind if kind is None or kind in {each.kind for each in queries.OPEN_ENDS} else abort(404)


def _lines(rows):
    """(row, what it is, its state, how long it waits, whether that is long, its page) for each row."""
    ends, moment = {each.kind: each for each in queries.OPEN_ENDS}, now()
    words = {
        each.kind: (_(each.one or each.label), {state: _(said) for state, said in each.states.items()})
        for each in ends.values()
    }
    lines = []
    for row in rows:
        label, states = words[row.kind]
        url = ends[row.kind].path.format(patient_id=row.patient_id, id=row.id)
        waits = moment - row.since
        lines.append((row, label, states.get(row.state, row.state), _age(waits), waits >= LONG, url))
    return lines


def _age(waits):
    return ngettext("%(num)d day", "%(num)d days", waits.days) if waits.days > 0 else _("today")
