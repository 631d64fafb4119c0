"""What acts on the clinical record are called in the clinic's audit log; these sentences join deed_words.py's."""

from flask_babel import lazy_gettext as _l

from clinic.views.deed_words_of_documents import DOCUMENTS
from clinic.views.deed_words_of_health import HEALTH
from clinic.views.deed_words_of_labs import LABS

RECORDS = {
    **DOCUMENTS,
    **HEALTH,
    **LABS,
    "prescriptions.issue": _l("%(who)s prescribed something to %(whom)s"),
    "prescriptions.stop": _l("%(who)s stopped what was prescribed to %(whom)s"),
    "favourite_medicines.keep": _l("%(who)s kept a favourite medicine"),
    "favourite_medicines.remove": _l("%(who)s took a medicine off their favourites"),
    "drugs.take_in": _l("%(who)s loaded a list of medicines"),
    "referrals.write": _l("%(who)s wrote a referral of %(whom)s"),
    "referrals.rewrite": _l("%(who)s changed a referral of %(whom)s before it was sent"),
    "referrals.mark_ready": _l("%(who)s said that a referral of %(whom)s is ready to be sent"),
    "referrals.unmark_ready": _l("%(who)s said that a referral of %(whom)s is not ready to be sent after all"),
    "referrals.send": _l("%(who)s noted that a referral of %(whom)s was sent"),
    "referrals.accept": _l("%(who)s noted that a referral of %(whom)s was accepted"),
    "referrals.complete": _l("%(who)s closed a referral of %(whom)s with its outcome"),
    "referrals.cancel": _l("%(who)s called off a referral of %(whom)s"),
    "referrals.undo": _l("%(who)s took back a step of a referral of %(whom)s"),
    "excuse_notes.write": _l("%(who)s wrote an excuse note for %(whom)s"),
    "excuse_notes.rewrite": _l("%(who)s changed an excuse note for %(whom)s before it was sent"),
    "excuse_notes.mark_ready": _l("%(who)s said that an excuse note for %(whom)s is ready to be sent"),
    "excuse_notes.unmark_ready": _l("%(who)s said that an excuse note for %(whom)s is not ready to be sent after all"),
    "excuse_notes.send": _l("%(who)s noted that %(whom)s was given an excuse note"),
    "excuse_notes.withdraw": _l("%(who)s withdrew an excuse note of %(whom)s"),
    "excuse_notes.check": _l("%(who)s asked whether an excuse note of %(whom)s is genuine"),
}
