"""What must be true of the database itself: row-level security, powers, views, and keys that stay inside a clinic."""

import sqlalchemy as sa

from clinic.db import Base
from clinic.queries.invariants import Rule

OURS = "c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'procrastinate_%'"
CATALOGUE_RULES = (
    Rule(
        "I16",
        "a clinic's table does not force row-level security, or has no policy of the clinic",
        f"""SELECT c.relname FROM pg_class AS c
              JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'clinic_id' AND a.attnotnull
             WHERE {OURS} AND c.relkind IN ('r', 'p') AND c.relname <> ALL (:persons_own)
               AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
                    OR (NOT c.relispartition AND c.relname NOT LIKE 'old_audit_entries_%' AND NOT EXISTS (
                        SELECT 1 FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polpermissive
                           AND pg_get_expr(p.polqual, c.oid) LIKE '%app.clinic_id%')))""",
    ),
    Rule(
        "I16",
        "a policy lets the application see rows whoever asks",
        f"""SELECT c.relname || '.' || p.polname FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
             WHERE {OURS} AND p.polpermissive
               AND (0 = ANY (p.polroles) OR 'clinic_app'::regrole = ANY (p.polroles))
               AND concat(pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid))
                   NOT SIMILAR TO '%app.(clinic|user)!_id%' ESCAPE '!'""",
    ),
    Rule(
        "I17",
        "a role of the application owns something or has a power",
        """SELECT r.rolname FROM pg_roles AS r WHERE r.rolname IN ('clinic_app', 'clinic_keeper')
              AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
                   OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid)
                   OR EXISTS (SELECT 1 FROM pg_class AS c WHERE c.oid = 'public.clinics'::regclass
                                 AND pg_has_role(r.oid, c.relowner, 'MEMBER')))""",
    ),
    Rule(
        "I17",
        "the application may change what is only ever added to",
        """SELECT name FROM unnest(ARRAY[
                'audit_entries', 'audit_seals', 'day_closings', 'intake_answers', 'patient_changes',
                'prescriptions', 'prescription_items', 'prescription_stops', 'visit_events']) AS name
            WHERE has_table_privilege('clinic_app', name, 'UPDATE, DELETE, TRUNCATE')
               OR has_any_column_privilege('clinic_app', name, 'UPDATE')""",
    ),
    Rule(
        "I18",
        "a view does not run as its caller",
        f"""SELECT c.relname FROM pg_class AS c WHERE {OURS} AND c.relkind IN ('v', 'm')
               AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false)""",
    ),
    Rule(
        "I19",
        "a key between two tables of clinics does not carry the clinic",
        f"""SELECT k.conname FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
             WHERE k.contype = 'f' AND {OURS} AND k.confrelid <> 'public.clinics'::regclass
               AND EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attname = 'clinic_id')
               AND EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = k.confrelid AND a.attname = 'clinic_id')
               AND NOT EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = k.conrelid
                                  AND a.attname = 'clinic_id' AND a.attnum = ANY (k.conkey))""",
    ),
)
KEYS = sa.text(
    f"""SELECT k.conname AS name, c.relname AS child, p.relname AS parent,
               ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (num, place)
                       JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = n.num ORDER BY n.place) AS ours,
               ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n (num, place)
                       JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = n.num ORDER BY n.place)
                   AS theirs,
               EXISTS (SELECT 1 FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attname = 'clinic_id')
                   AS names_clinic
          FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS p ON p.oid = k.confrelid
         WHERE k.contype = 'f' AND NOT c.relispartition AND {OURS} ORDER BY k.conname"""
)


def persons_own() -> list[str]:
    """The tables that name a clinic but are a person's own: read before anybody is in a clinic."""
    tables = Base.metadata.tables.values()
    return [table.name for table in tables if "clinic_id" in table.c and not table.c.clinic_id.primary_key]


def key_rules(connection) -> tuple[list[Rule], list[Rule]]:
    """I4, a rule for each foreign key of the database: those of tables that name a clinic, and the others."""
    of_clinic, others = [], []
    for key in connection.execute(KEYS):
        (of_clinic if key.names_clinic else others).append(_reaches(key))
    return of_clinic, others


def _reaches(key):
    names = _quoted(key)
    wanted = " AND ".join(f"c.{name} IS NOT NULL" for name in names["ours"])
    if key.names_clinic:
        wanted += " AND c.clinic_id = :clinic_id"
    same = " AND ".join(f"p.{theirs} = c.{ours}" for ours, theirs in zip(names["ours"], names["theirs"], strict=True))
    return Rule(
        "I4",
        f"a row of {key.child} points at a row of {key.parent} that is not there or not this clinic's ({key.name})",
        # Under row-level security another clinic's row is not there; a row without an id is told by its place.
        f"""SELECT coalesce(to_jsonb(c) ->> 'id', c.ctid::text) FROM {names["child"]} AS c
             WHERE {wanted} AND NOT EXISTS (SELECT 1 FROM {names["parent"]} AS p WHERE {same})""",
    )


def _quoted(key):
    """The key's names, quoted for SQL."""
    quote = sa.dialects.postgresql.dialect().identifier_preparer.quote
    return {
        "child": quote(key.child), "parent": quote(key.parent),
        "ours": [quote(name) for name in key.ours], "theirs": [quote(name) for name in key.theirs],
    }  # fmt: skip


def missing_keys(connection) -> list[str]:
    """The foreign keys that the models have and the database has not: nothing then keeps their rows together."""
    there = {(key.child, frozenset(key.ours), key.parent) for key in connection.execute(KEYS)}
    wanted = {
        (table.name, frozenset(column.name for column in key.columns), key.referred_table.name)
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
    }
    return sorted(f"{child} ({', '.join(sorted(ours))}) to {parent}" for child, ours, parent in wanted - there)
