"""What acts on insurance, merged and deleted records are called in the audit log; they join those of deed_words.py."""

from flask_babel import lazy_gettext as _l

OF_PATIENTS = {
    "insurance.add": _l("%(who)s added an insurance of %(whom)s"),
    "insurance.change": _l("%(who)s changed an insurance of %(whom)s"),
    "insurance.verify": _l("%(who)s verified an insurance of %(whom)s"),
    "insurance.ask": _l("%(who)s had an outside service asked about an insurance of %(whom)s"),
    "insurance.answer": _l("%(who)s took in what an outside service said of an insurance of %(whom)s"),
    "insurance.end": _l("%(who)s ended an insurance of %(whom)s"),
    "insurance.restore": _l("%(who)s put an insurance of %(whom)s in force again"),
    "patient_merges.ask": _l("%(who)s asked for another record to become part of that of %(whom)s"),
    "patient_merges.decline": _l("%(who)s left two records of %(whom)s two"),
    "patient_merges.approve": _l("%(who)s merged two records of %(whom)s that a colleague had asked about"),
    "patient_merges.merge": _l("%(who)s merged two records of %(whom)s"),
    "patient_merges.undo": _l("%(who)s made two records of that of %(whom)s again"),
    "patient_merges.sweep": _l("%(who)s fetched what came late to a merged record of %(whom)s"),
    "deletions.delete": _l("%(who)s deleted the record of %(whom)s"),
    "deletions.restore": _l("%(who)s restored the record of %(whom)s"),
    "deaths.record": _l("%(who)s recorded that %(whom)s has died"),
    "deaths.take_back": _l("%(who)s took back that %(whom)s had died"),
}
