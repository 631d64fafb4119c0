"""Entries of the audit log as people read them: in sentences, by kinds, with who did it and to whom."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from clinic.models.accounts import Role
from clinic.models.audit import Decision
from clinic.views.deed_words import DID, TRIED
from clinic.views.deed_words_to_patients import TO_PATIENTS

KINDS = {
    "opened": (_l("Records opened and lists seen"), ("patients.open", "patients.list", "visits.open", "visits.list")),
    "special": (_l("Emergencies, support and standing in"), ("grants", "break_glass")),
    "visits": (_l("Visits"), ("visits", "visit_rooms", "booking", "series", "walk_ins", "queue", "day_closing",
                              "holds", "moving", "requests", "request_offers", "waitlist")),
    "offers": (_l("Times offered"), ("offers", "offer_links", "offer_returns", "strandings", "stranding_offers",
                                     "stranding_places", "stranding_undo")),
    "telling": (_l("Messages to patients and calls"), ("telling", "calls", "texts")),
    "patients": (_l("Patients"), ("patients", "connections", "same_people", "sign_ups", "erasures", "legal_holds",
                                   "exports", "insurance", "patient_merges", "deletions", "deaths")),
    "records": (_l("The clinical record"), ("conditions", "allergies", "immunizations", "procedures", "measurements",
                                              "prescriptions", "favourite_medicines", "drugs",
                                              "documents", "referrals", "excuse_notes",
                                              "consultations", "note_templates", "lab_orders", "lab_results")),
    "links": (_l("Visits’ links, questions before and answers after"), ("visit_links", "own_visits", "intake",
                                                                         "visit_feedback", "calendar_feeds")),
    "schedule": (_l("Hours, doctors and visit types"), ("hours", "blocks", "groups", "closures", "providers",
                                                     "visit_types", "locations", "rooms", "busy_sources")),
    "people": (_l("Colleagues and accounts"), ("accounts", "users", "user_tokens", "emails", "resets", "closing")),
    "signing_in": (_l("Signing in"), ("sign_ins", "second_steps", "proving", "factors", "passkeys", "recovery_codes")),
    "clinic": (_l("The clinic and its data"), ("organizations", "security", "clinics", "audit", "backups", "keeping",
                                               "keyring", "imports", "screens")),
}  # fmt: skip
OPENED = KINDS["opened"][1]


def actions_of(kind):
    """The acts of a kind, by name; none for no kind."""
    if not kind:
        return ()
    wanted = KINDS[kind][1]
    found = [name for name in DID if name in wanted or name.partition(".")[0] in wanted]
    return tuple(found if kind == "opened" else [name for name in found if name not in OPENED])


def sentence(row, names):
    """One entry in words; an act without words of its own is told by its name."""
    who = names.get(row.actor_id) or nobodys(row.actor_role)
    whom = names.get(row.patient_id) or (row.resource_type == "users" and names.get(row.resource_id)) or _("somebody")
    if row.decision == Decision.REFUSED:
        said = TRIED.get(row.action) or _l("%(who)s was refused a page or an act (%(act)s)")
    else:
        said = DID.get(row.action) or _l("%(who)s did something (%(act)s)")
    return str(said) % {"who": who, "whom": whom, "act": row.action}


def to_patient(action):
    """An act in the words a patient reads after the name of who did it."""
    return TO_PATIENTS.get(action) or _l("worked on your record")


def detail(key):
    """What a detail of an entry is called; one without a word of its own by its name."""
    known = {
        "page": _("Page"), "status": _("Answered with"), "ids": _("Ids"), "listed": _("People listed"),
        "cause": _("Cause"), "break_glass": _("Emergency"), "support": _("Support window"),
        "relation": _("Acts for the patient as"), "rows": _("Rows"), "made": _("Made"), "who": _("Who"),
        "visit_link": _("Link of the visit"), "link": _("Link of the visit"), "signed_in": _("Signed in as"),
        "kind": _("What"), "since": _("From"), "until": _("To"), "decision": _("Decision"),
    }  # fmt: skip
    return known.get(key, key)


def nobodys(role):
    """Who did what no signed-in person did."""
    return {
        "job": _("The clinic’s program"), "operator": _("The people who run the program"),
        "kiosk": _("The check-in screen"), "visit_link": _("Whoever holds the visit’s link"),
        "calendar_feed": _("A calendar program"), "note_check": _("Somebody who has the note’s code"),
    }.get(role, _("Somebody"))  # fmt: skip


def role(written):
    """The roles an entry names, as words: ``admin as receptionist`` is an administrator standing in for one."""
    own, _as, other = (written or "").partition(" as ")
    words = ", ".join(_(Role(each).label) for each in own.split("+") if each in set(Role))
    return _("%(role)s, in the place of a colleague", role=words) if other else words
