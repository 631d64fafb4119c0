"""The history of a patient's details: who changed what, when, and what stood there before."""

from flask_babel import gettext as _

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.queries import patient_changes as queries
from clinic.views.asked import Page, page_number
from clinic.views.staff import charts
from clinic.views.staff.change_words import LABELS, in_words

bp = GuardedBlueprint("patient_changes", __name__, face="staff", url_prefix="/patients/<uuid:patient_id>/changes")


@bp.get("", needs=Permission.PATIENTS_FIND, shows="patients")
def index(patient_id):
    """A page of changes, the newest first."""
    chart, number, session = charts.chart_of(patient_id), page_number(), db.session()
    select = queries.changes(chart.records, number, with_notes=current.may(Permission.PINS_SEE))
    found = Page.of(session.scalars(select), number, queries.ON_A_PAGE)
    names = queries.names_of(session, found.rows)
    lines = [_line(row, names) for row in found.rows]
    return charts.answer("staff/patient_changes/index.html", chart=chart, found=found, lines=lines)


def _line(row, names):
    erased = row.before is None and row.after is None
    return {
        "at": row.created_at, "field": LABELS.get(row.field, row.field),
        "before": _("erased") if erased else in_words(row.field, row.before),
        "after": _("erased") if erased else in_words(row.field, row.after),
        "who": names.get(row.changed_by_id) or _("A program of the clinic"), "for": names.get(row.changed_for_id),
    }  # fmt: skip
