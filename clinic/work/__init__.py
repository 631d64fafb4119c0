"""What the worker runs: handlers by subject, each called with a session in the scope of the clinic it is about."""

from clinic.work import (
    accounts,
    audit,
    busy_sources,
    connections,
    documents,
    documents_kept,
    emails,
    factors,
    grants,
    holds,
    insurance,
    keeping,
    labs,
    measurements,
    notifications,
    offers,
    passwords,
    patient_merges,
    strandings,
    texts,
    throttles,
    visit_feedback,
    visits,
    waitlist,
)

__all__ = [
    "accounts", "audit", "busy_sources", "connections", "documents", "documents_kept", "emails", "factors", "grants",
    "holds", "insurance", "keeping", "labs", "measurements", "notifications", "offers", "passwords", "patient_merges",
    "strandings", "texts", "throttles", "visit_feedback", "visits", "waitlist",
]  # fmt: skip
