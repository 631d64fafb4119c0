"""Whose rows are seen, loosened: row-level security in the migrations, and the criteria of the session's scope."""

from tests.mutants.mutant import Mutant

MIGRATING, SCOPE = "clinic/migrating.py", "clinic/scope.py"
CATALOGUE = ("tests/rules/test_catalogue.py",)
ALONE = ("tests/rules/test_scope.py",)
KEEPING = ("tests/work/test_keeping.py",)

MUTANTS = (
    Mutant(
        "row-level security is not switched on", MIGRATING, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY",
        CATALOGUE,
    ),
    Mutant(
        "row-level security does not bind the owner", MIGRATING, "{table} FORCE ROW", "{table} NO FORCE ROW", CATALOGUE,
    ),
    Mutant(
        "every row is of every clinic", MIGRATING, 'ON {table} USING (clinic_id = {CLINIC})")',
        'ON {table} USING (clinic_id = {CLINIC} OR true)")', CATALOGUE,
    ),
    Mutant(
        "the rule about patients widens the one about clinics", MIGRATING,
        'of_patient ON {table} AS RESTRICTIVE USING ({EVERYBODY}', 'of_patient ON {table} USING ({EVERYBODY}',
        CATALOGUE,
    ),
    Mutant(
        "a patient sees every patient's rows", MIGRATING, '({EVERYBODY} OR {patient})")',
        '({EVERYBODY} OR {patient} OR true)")', CATALOGUE,
    ),
    Mutant(
        "a patient sees what is about any patient", MIGRATING, 'return f"{column} = ANY ({PATIENTS}::uuid[])"',
        'return f"({column} IS NOT NULL OR {PATIENTS} IS NULL)"', CATALOGUE,
    ),
    Mutant(
        "what hangs on a visit is seen whoever sees the visit", MIGRATING, '" AND parent.id = {table}.{column})"',
        '")"', ALONE,
    ),
    Mutant(
        "what is on no patient's record is seen from the portal", "migrations/versions/0017_erasures.py",
        'protect("erasures", patient=EVERYBODY)', 'protect("erasures")', CATALOGUE,
    ),
    Mutant(
        "a patient sees who holds which record", "migrations/versions/0015_keeping.py",
        'protect("legal_holds", patient=EVERYBODY)', 'protect("legal_holds")', CATALOGUE,
    ),
    Mutant(
        "an ended hold holds, and a live one does not", MIGRATING,
        'hold.ended_at IS NULL"', 'hold.ended_at IS NOT NULL"',
        KEEPING,
    ),
    Mutant(
        "a record that is held may be deleted, any other not", MIGRATING, "USING (NOT EXISTS (", "USING (EXISTS (",
        KEEPING,
    ),
    Mutant(
        "the audit log is every clinic's", "migrations/versions/0014_audit_seals.py",
        'op.execute(f"CREATE POLICY reading ON audit_entries FOR SELECT USING (clinic_id = {CLINIC})")',
        'op.execute("CREATE POLICY reading ON audit_entries FOR SELECT USING (true)")', CATALOGUE,
    ),
    Mutant(
        "a patient reads everybody's audit log", "migrations/versions/0014_audit_seals.py",
        "FOR SELECT USING ({EVERYBODY} OR ({OWN}))", "FOR SELECT USING (true)", ALONE,
    ),
    Mutant(
        "the application may change the audit log", "migrations/versions/0007_audit.py",
        'grant("audit_entries", "SELECT, INSERT")', 'grant("audit_entries", "SELECT, INSERT, UPDATE, DELETE")',
        CATALOGUE,
    ),
    Mutant(
        "everybody reads everybody's roles in every clinic", "migrations/versions/0002_clinics_and_people.py",
        'own ON memberships FOR SELECT USING (user_id = {USER})', 'own ON memberships FOR SELECT USING (true)',
        (*CATALOGUE, *ALONE),
    ),
    Mutant(
        "a patient reads who works in the clinic and who else is a patient",
        "migrations/versions/0002_clinics_and_people.py",
        "RESTRICTIVE USING ({EVERYBODY} OR user_id = {USER})", "RESTRICTIVE USING (user_id IS NOT NULL)", ALONE,
    ),
    Mutant(
        "the session keeps no clinic's rows apart", SCOPE, "lambda row: row.clinic_id == clinic_id",
        "lambda row: row.clinic_id.is_not(None)", ALONE,
    ),
    Mutant(
        "the session shows every clinic's rows but one's own", SCOPE, "lambda row: row.clinic_id == clinic_id",
        "lambda row: row.clinic_id != clinic_id", ALONE,
    ),
    Mutant(
        "the session keeps no patient's rows apart", SCOPE, "    if scope.patient_ids is None:\n        return (own,)",
        "    if True:\n        return (own,)", ALONE,
    ),
    Mutant(
        "the session shows every patient's rows but one's own", SCOPE, "lambda row: row.patient_id.in_(ids)",
        "lambda row: row.patient_id.not_in(ids)", ALONE,
    ),
    Mutant(
        "what was deleted is shown", SCOPE, "lambda row: row.deleted_at.is_(None)", "lambda row: sa.true()", ALONE,
    ),
    Mutant(
        "a statement without a scope runs", SCOPE, '        raise ScopeMissing("a statement ran without a scope")',
        "        return", CATALOGUE,
    ),
    Mutant(
        "the portal's scope is the staff's", "clinic/current.py", '        if self.face == "staff":\n',
        '        if self.face != "public":\n', ALONE,
    ),
    Mutant(
        "a public page's scope names every patient", SCOPE,
        'patients = "" if self.patient_ids is None else', 'patients = "" if not self.patient_ids else', CATALOGUE,
    ),
)  # fmt: skip
