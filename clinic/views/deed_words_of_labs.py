"""What acts on laboratory orders and results are called in the audit log and to patients, in their own sentences."""

from flask_babel import lazy_gettext as _l

LABS = {
    "lab_orders.order": _l("%(who)s ordered laboratory tests for %(whom)s"),
    "lab_orders.start": _l("%(who)s noted that a laboratory has a sample of %(whom)s"),
    "lab_orders.complete": _l("%(who)s noted that the laboratory results of %(whom)s are all here"),
    "lab_orders.cancel": _l("%(who)s cancelled a laboratory order of %(whom)s"),
    "lab_orders.review": _l("%(who)s looked at laboratory results of %(whom)s"),
    "lab_orders.release": _l("%(who)s released laboratory results to %(whom)s"),
    "lab_orders.revoke": _l("%(who)s held laboratory results back from %(whom)s"),
    "lab_orders.release_due": _l("%(who)s released laboratory results to %(whom)s, whose days of waiting were over"),
    "lab_results.enter": _l("%(who)s wrote down laboratory results of %(whom)s"),
    "lab_results.take_in": _l("%(who)s took in a laboratory’s file about %(whom)s"),
    "lab_results.withdraw": _l("%(who)s withdrew a laboratory result of %(whom)s"),
    "lab_results.review": _l("%(who)s looked at a laboratory result of %(whom)s"),
    "lab_results.release": _l("%(who)s released a laboratory result to %(whom)s"),
    "lab_results.revoke": _l("%(who)s held a laboratory result back from %(whom)s"),
    "lab_results.release_due": _l("%(who)s released a laboratory result to %(whom)s, whose days of waiting were over"),
}
# What is not released yet is not told in other words either: those acts are work on the record.
LABS_TO_PATIENTS = {
    "lab_orders.release": _l("let you see laboratory results"),
    "lab_orders.release_due": _l("let you see laboratory results"),
    "lab_results.release": _l("let you see a laboratory result"),
    "lab_results.release_due": _l("let you see a laboratory result"),
}
