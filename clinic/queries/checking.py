"""Every rule of the data asked at once; `flask check`, a restore, and the end of every race and fault ask this."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from clinic.db import tell
from clinic.models.audit import NO_CLINIC
from clinic.models.organizations import Clinic
from clinic.queries.invariants import CHAIN_RULES, PARAMETERS, RULES, Rule
from clinic.queries.invariants_catalogue import CATALOGUE_RULES, key_rules, missing_keys, persons_own
from clinic.queries.invariants_documents import DOCUMENT_RULES
from clinic.queries.invariants_health import HEALTH_RULES
from clinic.queries.invariants_labs import LAB_RULES
from clinic.queries.invariants_merges import MERGE_RULES
from clinic.queries.invariants_messages import MESSAGE_RULES
from clinic.queries.invariants_notes import NOTE_RULES
from clinic.queries.invariants_outside import OUTSIDE_RULES
from clinic.queries.invariants_papers import PAPER_RULES
from clinic.queries.invariants_prescriptions import PRESCRIPTION_RULES
from clinic.scope import Scope

# Nor is anything compiled: of many rules in one statement each is too small to be worth it.
NO_LIMIT = sa.text("SELECT set_config('statement_timeout', '0', true), set_config('jit', 'off', true)")
MISSING_KEY = Rule("I4", "the database lacks a key that keeps rows together", "")
# What is asked in every clinic.
CLINICS_RULES = (
    *RULES, *HEALTH_RULES, *NOTE_RULES, *PRESCRIPTION_RULES, *PAPER_RULES, *LAB_RULES, *DOCUMENT_RULES,
    *MERGE_RULES, *MESSAGE_RULES, *CHAIN_RULES,
)  # fmt: skip
ALL_RULES = (*CLINICS_RULES, *OUTSIDE_RULES, *CATALOGUE_RULES, MISSING_KEY)
IDS_SHOWN = 5
# There are hundreds of rules for each clinic; asked one by one, most of a small one's check is the way there and back.
# Nor are all of them one statement: what each needs to sort and join is held until the statement ends.
ASKED_AT_ONCE = 25
BREAKERS = "ARRAY(SELECT id::text FROM ({}) AS broken (id))"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that something breaks: where (a clinic's slug, or None outside of any), and what breaks it, as text."""

    rule: Rule
    where: str | None
    ids: list[str]

    def __str__(self):
        shown = ", ".join(map(str, self.ids[:IDS_SHOWN])) + (" ..." if len(self.ids) > IDS_SHOWN else "")
        where = f"{self.where}: " if self.where else ""
        kind = "warning" if self.rule.is_warning else "fault"
        return f"{kind}: {where}{self.rule.sentence} [{self.rule.number}] ({shown})"


def findings(connection) -> Iterator[Finding]:
    """Everything that breaks a rule, in every clinic and outside of any, as the application's role sees it.

    The connection is in a transaction, whose role and scope this changes; roll it back afterwards.
    """
    _enter(connection, Scope.person())
    of_clinic, others = key_rules(connection)
    if missing := missing_keys(connection):
        yield Finding(MISSING_KEY, None, missing)
    yield from _broken(connection, (*CATALOGUE_RULES, *OUTSIDE_RULES, *others), None, None)
    clinics = connection.execute(sa.select(Clinic.__table__.c.id, Clinic.__table__.c.slug)).all()
    for clinic_id, slug in sorted(clinics, key=lambda each: each.slug):
        _enter(connection, Scope.staff(clinic_id))
        yield from _broken(connection, (*CLINICS_RULES, *of_clinic), slug, clinic_id)
    _enter(connection, Scope.staff(NO_CLINIC))
    yield from _broken(connection, CHAIN_RULES, None, NO_CLINIC)


def _enter(connection, scope):
    tell(connection, scope)
    connection.execute(NO_LIMIT)


def _broken(connection, rules, where, clinic_id):
    values = {"clinic_id": clinic_id, "persons_own": persons_own(), **PARAMETERS}
    for first in range(0, len(rules), ASKED_AT_ONCE):
        some = rules[first : first + ASKED_AT_ONCE]
        statement = sa.text("SELECT " + ", ".join(BREAKERS.format(rule.sql) for rule in some))
        wanted = {name: values[name] for name in statement._bindparams}
        for rule, ids in zip(some, connection.execute(statement, wanted).one(), strict=True):
            if ids:
                yield Finding(rule, where, ids)
