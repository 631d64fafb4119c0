"""Who may use which route: permissions, the roles that hold them, and the blueprint that lets no route go without."""

from flask import Blueprint

from clinic.db import Choice, word
from clinic.models.accounts import Role
from clinic.models.grants import SupportScope


class Permission(Choice):
    """What a route can need; the label says it as a job would."""

    PUBLIC = "public", word("Anyone, signed in or not")
    SIGNED_IN = "signed_in", word("Anyone signed in")
    HOME_SEE = "home:see", word("See the home page of one's role")
    VISITS_SEE = "visits:see", word("See the day and its visits")
    VISITS_BOOK = "visits:book", word("Book, move and cancel visits, add walk-ins")
    VISITS_CHECK_IN = "visits:check_in", word("Confirm, check in, mark as not come")
    VISITS_CONDUCT = "visits:conduct", word("Start and complete one's own visits")
    VISITS_NOTE = "visits:note", word("Write administrative notes on a visit")
    PATIENTS_FIND = "patients:find", word("Find patients and see their contact details")
    PATIENTS_EDIT = "patients:edit", word("Register patients and change their details")
    PATIENTS_PROPOSE_MERGE = "patients:propose_merge", word("Ask for a merge of two records, look another's over")
    PATIENTS_MERGE = "patients:merge", word("Merge two records at once, without a second pair of eyes")
    INSURANCE_SEE = "insurance:see", word("See patients' insurance")
    INSURANCE_EDIT = "insurance:edit", word("Add, change and verify patients' insurance")
    PATIENTS_CONNECT = "patients:connect", word("Say who sees a record in the portal")
    SCHEDULE_SEE = "schedule:see", word("See doctors' hours and blocks")
    SCHEDULE_BLOCK = "schedule:block", word("Block doctors' time, a doctor their own: illness, leave, lunch")
    SCHEDULE_EDIT = "schedule:edit", word("Change doctors' hours, and closures")
    GROUPS_EDIT = "groups:edit", word("Publish times for groups, change and call them off")
    CLINIC_EDIT = "clinic:edit", word("Change the clinic's profile, visit types and doctors")
    CLINIC_SECURE = "clinic:secure", word("Set the clinic's security rules")
    STAFF_EDIT = "staff:edit", word("Invite colleagues and change their roles")
    STAFF_IMPERSONATE = "staff:impersonate", word("Stand in for a colleague")
    SUPPORT_GRANT = "support:grant", word("Let support look for a while")
    GRANTS_REVIEW = "grants:review", word("Review who opened a record in an emergency")
    PATIENTS_KEEP = "patients:keep", word("Place legal holds and erase records")
    PATIENTS_EXPORT = "patients:export", word("Take a copy of everything about a patient")
    PATIENTS_BREAK_GLASS = "patients:break_glass", word("Open another doctor's patient in an emergency")
    FEEDBACK_MODERATE = "feedback:moderate", word("Read what patients wrote about visits, and show or hide it")
    AUDIT_SEE = "audit:see", word("Read what everybody did and was refused")
    AUDIT_EXPORT = "audit:export", word("Save the audit log as a file")
    PINS_SEE = "pins:see", word("Read the desk's notes, flags and tags")
    REASONS_SEE = "reasons:see", word("Read why a patient comes")
    ALLERGIES_SEE = "allergies:see", word("Read allergies")
    CONDITIONS_SEE = "conditions:see", word("Read conditions")
    CHART_SEE = "chart:see", word("Read the charts of one's patients")
    VITALS_ENTER = "vitals:enter", word("Enter what is measured on patients")
    RECORD_WRITE = "record:write", word("Write into the charts of one's patients")
    RECORD_SIGN = "record:sign", word("Sign notes and add to signed ones")
    RECORD_EXISTS = "record:exists", word("Know that something was prescribed, ordered or sent, but not what")
    DOCUMENTS_SEE = "documents:see", word("Open documents of patients that are of one's concern")
    DOCUMENTS_ADD = "documents:add", word("Add documents of patients and file them")
    DOCUMENTS_RELEASE = "documents:release", word("Show documents to patients")
    PRESCRIBE = "record:prescribe", word("Prescribe, and stop what was prescribed")
    DAYS_CLOSE = "days:close", word("Close the day, or one's own part of it")
    DAYS_REOPEN = "days:reopen", word("Open a closed day again")
    PORTAL_USE = "portal:use", word("Book and see one's own visits")


P = Permission
DESK = {
    P.HOME_SEE, P.VISITS_SEE, P.VISITS_BOOK, P.VISITS_CHECK_IN, P.VISITS_NOTE,
    P.PATIENTS_FIND, P.PATIENTS_EDIT, P.PATIENTS_CONNECT, P.SCHEDULE_SEE, P.PINS_SEE, P.REASONS_SEE, P.ALLERGIES_SEE,
    P.SCHEDULE_BLOCK, P.GROUPS_EDIT, P.DAYS_CLOSE, P.RECORD_EXISTS,
    P.INSURANCE_SEE, P.INSURANCE_EDIT,
    P.DOCUMENTS_SEE, P.DOCUMENTS_ADD, P.PATIENTS_PROPOSE_MERGE,
}  # fmt: skip
ROLES = {
    Role.ADMIN: {
        P.HOME_SEE, P.VISITS_SEE, P.PATIENTS_FIND, P.PINS_SEE,
        P.SCHEDULE_SEE, P.SCHEDULE_BLOCK, P.SCHEDULE_EDIT, P.GROUPS_EDIT, P.CLINIC_EDIT, P.CLINIC_SECURE, P.STAFF_EDIT,
        P.STAFF_IMPERSONATE, P.SUPPORT_GRANT, P.GRANTS_REVIEW, P.PATIENTS_KEEP, P.PATIENTS_EXPORT,
        P.AUDIT_SEE, P.AUDIT_EXPORT, P.FEEDBACK_MODERATE, P.DAYS_CLOSE, P.DAYS_REOPEN,
        P.INSURANCE_SEE, P.PATIENTS_PROPOSE_MERGE, P.PATIENTS_MERGE,
    },
    Role.RECEPTIONIST: DESK,
    Role.MEDICAL_ASSISTANT: DESK | {P.VITALS_ENTER},
    Role.DOCTOR: {
        P.HOME_SEE, P.VISITS_SEE, P.VISITS_CHECK_IN, P.VISITS_CONDUCT, P.VISITS_NOTE, P.PATIENTS_FIND, P.SCHEDULE_SEE,
        P.SCHEDULE_BLOCK, P.PRESCRIBE,
        P.PATIENTS_BREAK_GLASS, P.PINS_SEE, P.REASONS_SEE, P.ALLERGIES_SEE, P.CONDITIONS_SEE, P.INSURANCE_SEE,
        P.DAYS_CLOSE, P.CHART_SEE, P.VITALS_ENTER, P.RECORD_WRITE, P.RECORD_SIGN,
        P.DOCUMENTS_SEE, P.DOCUMENTS_ADD, P.DOCUMENTS_RELEASE,
    },
    Role.SUPPORT: {P.HOME_SEE},
    Role.REFERRER: {P.HOME_SEE},
    Role.PATIENT: {P.PORTAL_USE},
}  # fmt: skip
# What is written in a chart. Another role of a doctor's that finds everybody opens these for their own patients only.
CLINICAL = frozenset({P.PRESCRIBE, P.CHART_SEE, P.VITALS_ENTER, P.RECORD_WRITE, P.RECORD_SIGN})
STAFF_ROLES = frozenset(Role) - {Role.PATIENT}
# These open no page: they decide what a page shows.
SHOWN = frozenset({P.PINS_SEE, P.REASONS_SEE, P.ALLERGIES_SEE, P.CONDITIONS_SEE})

# Whom an administrator may stand in for, and whom never, whatever else they are.
STOOD_IN_FOR = frozenset({Role.RECEPTIONIST, Role.DOCTOR, Role.REFERRER})
NEVER_STOOD_IN_FOR = frozenset({Role.ADMIN, Role.SUPPORT})
# What nobody does in another's name, even where both of them may. Whatever signs, prescribes or exports belongs here;
# so does all that is written into charts, because letters, orders and results bear the name of the doctor stood in for.
AS_ONESELF = frozenset({
    P.STAFF_IMPERSONATE, P.SUPPORT_GRANT, P.GRANTS_REVIEW, P.PATIENTS_BREAK_GLASS, P.PATIENTS_KEEP, P.PATIENTS_EXPORT,
    P.PATIENTS_PROPOSE_MERGE, P.PATIENTS_MERGE,
    P.AUDIT_EXPORT, P.RECORD_WRITE, P.RECORD_SIGN, P.PRESCRIBE,
})  # fmt: skip

# What support may read while a clinic has opened a window for it; each part is granted by name.
SUPPORT_SCOPES = {
    SupportScope.SCHEDULE: {P.SCHEDULE_SEE},
    SupportScope.VISITS: {P.VISITS_SEE},
    SupportScope.PATIENTS: {P.PATIENTS_FIND},
}


def permissions_of(roles, face, support_scope=()):
    """Everything the roles allow on this face; staff rights never reach into the portal, nor the portal's out of it.

    ``support_scope`` is what the live support windows of the person name; it counts for support alone.
    """
    usable = {role for role in roles if (role == Role.PATIENT) == (face == "portal")}
    granted = support_scope if Role.SUPPORT in usable else ()
    return frozenset().union(*(ROLES[role] for role in usable), *(SUPPORT_SCOPES[each] for each in granted))


def may_be_stood_in_for(roles):
    """Whether an administrator may stand in for somebody with these roles."""
    return bool(roles & STOOD_IN_FOR) and not roles & NEVER_STOOD_IN_FOR


def sees_everybody(roles, permission, support_scope=()):
    """Whether what the permission opens is open for every patient of the clinic, and not for a doctor's own alone.

    Somebody who is a doctor and something else that finds patients finds all of them: roles unite. What is written in
    their charts stays with the role that reads charts.
    """
    others = [ROLES[role] for role in roles - {Role.DOCTOR} if P.PATIENTS_FIND in ROLES[role]]
    if any(permission not in CLINICAL or permission in theirs for theirs in others):
        return True
    return Role.SUPPORT in roles and any(permission in SUPPORT_SCOPES[each] for each in support_scope)


class GuardedBlueprint(Blueprint):
    """A blueprint of one face (public, staff or portal) whose every route must name what it needs."""

    def __init__(self, name, import_name, *, face, **options):
        self.face = face
        super().__init__(name, import_name, **options)

    def add_url_rule(
        self,
        rule,
        endpoint=None,
        view_func=None,
        provide_automatic_options=None,
        *,
        needs,
        fresh=False,
        extends=True,
        once=True,
        shows=None,
        takes=None,
        signed=None,
        **options,
    ):
        """Register a route; without ``needs=`` the program does not start.

        ``fresh`` asks who has not proved lately who they are to do so first. ``extends=False`` is for what a page
        fetches by itself: it does not count as somebody being there. ``once=False`` is for a form that changes nothing
        and may be sent as often as one likes: a search. ``shows`` says what the answer shows ("patients" or "visits"):
        the one that the address names, or a list. The audit log then has an entry of it, or nothing is shown.
        ``takes`` is how many bytes may be sent where a form of words is too small a measure: a file. ``signed`` names
        the outside service that calls the route and whose signature stands in for a form's token; see webhooks.py.
        """
        guarded = Need(needs, self.face, fresh, extends, once, shows, takes, signed)
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        name = endpoint or view_func.__name__
        if signed:
            self.record(lambda state: state.app.extensions["csrf"].exempt(view_func))
        self.record(lambda state: _remember(state, name, guarded))


def _remember(state, name, need):
    endpoint = f"{state.name_prefix}.{state.name}.{name}".lstrip(".")
    state.app.extensions["needs"][endpoint] = need


class Need:
    """What one route asks of who comes."""

    __slots__ = ("extends", "face", "fresh", "once", "permission", "shows", "signed", "takes")

    def __init__(
        self, permission, face, fresh=False, extends=True, once=True, shows=None, takes=None, signed=None
    ):  # fmt: skip
        self.permission = Permission(permission)
        self.face = face
        self.fresh = fresh
        self.extends = extends
        self.once = once
        self.shows = shows
        self.takes = takes
        self.signed = signed

    def __repr__(self):
        return f"{self.permission.value} on {self.face}"
