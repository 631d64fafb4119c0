"""What is true: every table, its constraints and the questions it can answer. No verbs, no web."""

from clinic.models import (
    accounts,
    audit,
    closures,
    factors,
    grants,
    idempotency,
    integrations,
    keeping,
    kept_forms,
    organizations,
    patients,
    people,
    providers,
    schedule,
    visits,
)

__all__ = [
    "accounts",
    "audit",
    "closures",
    "factors",
    "grants",
    "idempotency",
    "integrations",
    "keeping",
    "kept_forms",
    "organizations",
    "patients",
    "people",
    "providers",
    "schedule",
    "visits",
]
