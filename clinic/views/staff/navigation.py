"""The staff pages' side navigation: what this person may open, said once."""

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l

from clinic.access import Permission
from clinic.current import current
from clinic.db import db
from clinic.queries import calls, connections, patient_merges, strandings, to_do
from clinic.views.staff import open_ends, requests

# What is done all day, what waits for an answer, whom and when it is about, and how the clinic is set up.
GROUPS = [
    (_l("The day"), [
        (_l("Today"), "staff.day.index", Permission.VISITS_SEE),
        (_l("Calendar"), "staff.calendar.index", Permission.VISITS_SEE),
        (_l("My day"), "staff.my_day.index", Permission.VISITS_CONDUCT),
        (_l("Queue"), "staff.queue.index", Permission.VISITS_SEE),
        (_l("Find a time"), "staff.finder.index", Permission.VISITS_BOOK),
        (_l("Close the day"), "staff.day_closing.index", Permission.DAYS_CLOSE),
    ]),
    (_l("To do"), [
        (_l("Requests"), "staff.requests.index", Permission.VISITS_BOOK),
        (_l("Waiting list"), "staff.waitlist.index", Permission.VISITS_BOOK),
        (_l("Stranded patients"), "staff.stranded.index", Permission.VISITS_SEE),
        (_l("Calls"), "staff.calls.index", Permission.VISITS_BOOK),
        (_l("New from the portal"), "staff.connections.index", Permission.PATIENTS_CONNECT),
        (_l("Open ends"), "staff.open_ends.index", Permission.CHART_SEE),
    ]),
    (_l("People and times"), [
        (_l("Patients"), "staff.patients.index", Permission.PATIENTS_FIND),
        (_l("Merged records"), "staff.patient_merges.index", Permission.PATIENTS_PROPOSE_MERGE),
        (_l("Doctors"), "staff.providers.index", Permission.SCHEDULE_SEE),
        (_l("Groups"), "staff.groups.index", Permission.SCHEDULE_SEE),
        (_l("Closures"), "staff.closures.index", Permission.SCHEDULE_SEE),
        (_l("How my visits were"), "staff.visit_feedback.own", Permission.VISITS_CONDUCT),
    ]),
    (_l("The clinic"), [
        (_l("Visit types"), "staff.visit_types.index", Permission.CLINIC_EDIT),
        (_l("Requests and waiting list"), "staff.request_rules.edit", Permission.CLINIC_EDIT),
        (_l("Messages to patients"), "staff.telling.edit", Permission.CLINIC_EDIT),
        (_l("What patients wrote"), "staff.visit_feedback.index", Permission.FEEDBACK_MODERATE),
        (_l("Colleagues"), "staff.colleagues.index", Permission.STAFF_EDIT),
        (_l("Special access"), "staff.grants.index", Permission.GRANTS_REVIEW),
        (_l("Holds and erasure"), "staff.keeping.index", Permission.PATIENTS_KEEP),
        (_l("Clinic"), "staff.clinic.edit", Permission.CLINIC_EDIT),
        (_l("Security"), "staff.security.edit", Permission.CLINIC_SECURE),
        (_l("Audit log"), "staff.audit.index", Permission.AUDIT_SEE),
    ]),
]  # fmt: skip

# How much waits there for a look, where the line says so: what is asked together, and what is known otherwise.
QUESTIONS = {
    "staff.connections.index": connections.COUNT,
    "staff.stranded.index": strandings.COUNT,
    "staff.calls.index": calls.COUNT,
    "staff.patient_merges.index": patient_merges.COUNT,
}
# What others may look at, and the desk has to do.
DESKS = {"staff.stranded.index"}
COUNTS = {
    "staff.requests.index": lambda: requests.waiting().unseen,
    "staff.open_ends.index": lambda: open_ends.waiting(db.session()),
}
# Where the number is a part of its own, which an answer brings anew with what it counts.
PARTS = {"staff.calls.index": "staff/calls/_count.html"}

# The pages of one patient's record.
OF_RECORDS = (
    "staff.charts", "staff.health", "staff.allergies", "staff.conditions", "staff.immunizations", "staff.procedures",
    "staff.measurements", "staff.lab_orders", "staff.lab_results", "staff.lab_files", "staff.prescriptions",
    "staff.documents", "staff.referrals", "staff.excuse_notes", "staff.papers",
)  # fmt: skip
# Pages without a line of their own are marked under the one they are reached from.
BELONGS = {
    "staff.request_times": "staff.requests",
    "staff.drawer": "staff.calendar",
    "staff.moving": "staff.calendar",
    "staff.calendar_feeds": "staff.my_day",
    "staff.hours": "staff.providers",
    "staff.blocks": "staff.providers",
    "staff.stranded_visits": "staff.stranded",
    "staff.repeated_blocks": "staff.providers",
    "staff.holidays": "staff.closures",
    "staff.locations": "staff.clinic",
    "staff.check_in": "staff.clinic",
    "staff.intake": "staff.visit_types",
    "staff.screens": "staff.queue",
    "staff.rooms": "staff.clinic",
    "staff.room_kinds": "staff.clinic",
    "staff.legal_holds": "staff.keeping",
    "staff.erasures": "staff.keeping",
    "staff.factors": "staff.colleagues",
    "staff.support": "staff.grants",
    "staff.standing_in": "staff.colleagues",
    "staff.break_glass": "staff.patients",
    **dict.fromkeys(OF_RECORDS, "staff.patients"),
    "staff.insurance": "staff.patients",
    "staff.patient_changes": "staff.patients",
    "staff.deletions": "staff.keeping",
    "staff.deaths": "staff.patients",
    "staff.favourite_medicines": "staff.my_day",
}


def navigation():
    """The pages this person may open, in groups: (heading, pages), a page as label, url and whether it is open now."""
    groups = [(heading, [page for page in pages if _may_open(*page[1:])]) for heading, pages in GROUPS]
    counts = _counts({endpoint for _heading, pages in groups for _label, endpoint, _needs in pages})
    return [
        (heading, [_line(label, endpoint, counts.get(endpoint, 0)) for label, endpoint, _needs in pages])
        for heading, pages in groups
        if pages
    ]


def waiting_at(endpoint) -> int:
    """How much waits behind one of the pages that are asked together."""
    return to_do.counts(db.session(), current.user.id, QUESTIONS[endpoint])[0]


def _counts(shown):
    """How much waits behind each of the pages that this person may open."""
    asked = [each for each in QUESTIONS if each in shown and (each not in DESKS or current.may(Permission.VISITS_BOOK))]
    told = to_do.counts(db.session(), current.user.id, *(QUESTIONS[endpoint] for endpoint in asked))
    return dict(zip(asked, told, strict=True)) | {
        endpoint: count() for endpoint, count in COUNTS.items() if endpoint in shown
    }


def _may_open(endpoint, needs):
    return current.may(needs) and endpoint in current_app.view_functions


def _line(label, endpoint, count):
    active = _subject(request.endpoint) == _subject(endpoint)
    return {
        "label": label, "url": url_for(endpoint), "active": active, "count": count, "part": PARTS.get(endpoint)
    }  # fmt: skip


def _subject(endpoint):
    subject = (endpoint or "").rpartition(".")[0]
    return BELONGS.get(subject, subject)
