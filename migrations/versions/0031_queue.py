"""The queue, screens that nobody signs in to, and days that are closed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from clinic.migrating import protect, touch

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Each looks at every patient's visits of the clinic that is asked for, whoever asks, and tells nothing of anybody.
SEEN = "seen text := current_setting('app.patient_ids', true);"
LOOK = "PERFORM set_config('app.patient_ids', '', true);"
LOOK_AWAY = "PERFORM set_config('app.patient_ids', coalesce(seen, ''), true);"

# Six digits that no other visit of the day has. Whoever moves a visit onto a day that knows the code gets another.
GIVE_CODE = f"""
CREATE FUNCTION give_check_in_code() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE {SEEN}
BEGIN
    {LOOK}
    NEW.check_in_on := (NEW.starts_at AT TIME ZONE NEW.timezone)::date;
    WHILE NEW.check_in_code IS NULL OR EXISTS (
        SELECT 1 FROM visits AS v WHERE v.clinic_id = NEW.clinic_id AND v.check_in_on = NEW.check_in_on
           AND v.check_in_code = NEW.check_in_code AND v.id <> NEW.id) LOOP
        NEW.check_in_code := lpad((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 1000000)::text, 6, '0');
    END LOOP;
    {LOOK_AWAY}
    RETURN NEW;
END $$
"""
CODES = """
CREATE TRIGGER visits_give_check_in_code BEFORE INSERT OR UPDATE OF starts_at, visit_mode ON visits FOR EACH ROW
WHEN (NEW.kind = 'scheduled' AND NEW.visit_mode = 'in_person' AND NEW.status IN ('requested', 'booked', 'confirmed'))
EXECUTE FUNCTION give_check_in_code()
"""
CODES_OF_VISITS_TO_COME = """
DO $$
DECLARE place record;
BEGIN
    FOR place IN SELECT id FROM clinics LOOP
        PERFORM set_config('app.clinic_id', place.id::text, true), set_config('app.patient_ids', '', true);
        UPDATE visits SET starts_at = starts_at
         WHERE clinic_id = place.id AND status IN ('requested', 'booked', 'confirmed')
           AND starts_at > now() - interval '1 day';
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
END $$
"""
BY_CODE = f"""
CREATE FUNCTION visit_by_code(clinic uuid, code text, born int, OUT visit_id uuid, OUT patient_id uuid)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE {SEEN}
BEGIN
    {LOOK}
    SELECT v.id, v.patient_id INTO visit_id, patient_id
      FROM visits AS v
      JOIN clinics AS c ON c.id = v.clinic_id
      JOIN patients AS p ON p.clinic_id = v.clinic_id AND p.id = v.patient_id
       AND num_nonnulls(p.deleted_at, p.deceased_at, p.erased_at, p.merged_into_id) = 0
     WHERE v.clinic_id = clinic AND v.check_in_on = (now() AT TIME ZONE c.timezone)::date AND v.check_in_code = code
       AND v.status IN ('booked', 'confirmed', 'checked_in') AND v.visit_mode = 'in_person'
       AND extract(year FROM p.date_of_birth) = born;
    {LOOK_AWAY}
END $$
"""
CALLED = f"""
CREATE FUNCTION called_tickets(clinic uuid, most int)
RETURNS TABLE (ticket_number int, place text, called_at timestamptz, times_called int, is_awaited boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE {SEEN}
BEGIN
    {LOOK}
    RETURN QUERY
    SELECT v.ticket_number, v.called_to, v.called_at, v.times_called, v.status = 'checked_in'
      FROM visits AS v JOIN clinics AS c ON c.id = v.clinic_id
     WHERE v.clinic_id = clinic AND v.ticket_on = (now() AT TIME ZONE c.timezone)::date
       AND v.ticket_number IS NOT NULL AND v.called_at IS NOT NULL AND v.status IN ('checked_in', 'in_progress')
     ORDER BY v.status = 'checked_in' DESC, v.called_at DESC LIMIT most;
    {LOOK_AWAY}
END $$
"""
# Eight of the last ten and more waited within it; whole fives of minutes, since nobody knows it better.
WAIT = f"""
CREATE FUNCTION wait_range(clinic uuid, doctor uuid, type uuid, walked_in boolean,
                           OUT low int, OUT high int, OUT counted int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE {SEEN}
BEGIN
    {LOOK}
    SELECT floor(percentile_cont(0.1) WITHIN GROUP (ORDER BY x.minutes) / 5)::int * 5,
           greatest(ceil(percentile_cont(0.9) WITHIN GROUP (ORDER BY x.minutes) / 5)::int * 5, 5), count(*)::int
      INTO low, high, counted
      FROM (SELECT extract(epoch FROM v.started_at - v.checked_in_at)::float / 60 AS minutes
              FROM visits AS v
             WHERE v.clinic_id = clinic AND (doctor IS NULL OR v.provider_id = doctor)
               AND v.visit_type_id IS NOT DISTINCT FROM type AND (v.kind = 'walk_in') = walked_in
               AND v.starts_at > now() - interval '60 days' AND v.starts_at <= now()
               AND v.started_at >= v.checked_in_at
             ORDER BY v.starts_at DESC LIMIT 30) AS x;
    {LOOK_AWAY}
END $$
"""
FUNCTIONS = (
    "give_check_in_code()", "visit_by_code(uuid, text, int)", "called_tickets(uuid, int)",
    "wait_range(uuid, uuid, uuid, boolean)",
)  # fmt: skip
COLUMNS = {
    "ticket_on": sa.Date, "severity": sa.Text, "check_in_code": sa.Text, "check_in_on": sa.Date,
    "called_at": lambda: sa.DateTime(timezone=True), "called_to": sa.Text, "wait_low": sa.Integer,
    "wait_high": sa.Integer,
}  # fmt: skip
CHECKS = {
    "severity_is_known": "severity IN ('green', 'yellow', 'orange', 'red')",
    "wait_in_order": "wait_high >= wait_low AND wait_low >= 0",
    "check_in_code_is_digits": "check_in_code ~ '^[0-9]{6}$'",
}
UNIQUE = {"ticket_number": "ticket_on", "check_in_code": "check_in_on"}


def upgrade():
    for name, kind in COLUMNS.items():
        op.add_column("visits", sa.Column(name, kind(), nullable=True))
    op.add_column("visits", sa.Column("times_called", sa.Integer(), server_default="0", nullable=False))
    for name, sql in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_visits_{name}"), "visits", sql)
    for column, day in UNIQUE.items():
        op.create_index(
            f"uq_visits_{column}", "visits", ["clinic_id", day, column], unique=True,
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    for function in (GIVE_CODE, BY_CODE, CALLED, WAIT):
        op.execute(function)
    op.execute(CODES)
    op.execute(CODES_OF_VISITS_TO_COME)
    _ticket_days()
    _screens()
    _day_closings()


def _ticket_days():
    op.create_table(
        "ticket_days",
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        *_owned("ticket_days"),
        _moment("updated_at"),
    )
    op.create_index("uq_ticket_days_on_date", "ticket_days", ["clinic_id", "on_date"], unique=True)
    _kept("ticket_days")
    touch("ticket_days")


def _screens():
    op.create_table(
        "screens",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('display', 'kiosk')", name=op.f("ck_screens_kind_is_known")),
        *_owned("screens"),
        _moment("updated_at"),
    )
    op.create_index("uq_screens_code_hash", "screens", ["clinic_id", "code_hash"], unique=True)
    _kept("screens")
    touch("screens")


def _day_closings():
    op.create_table(
        "day_closings",
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("provider_id", sa.Uuid()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("left_open", JSONB(), server_default="{}", nullable=False),
        sa.Column("notes", sa.Text()),
        sa.Column("signed_by_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("step IN ('closed', 'reopened')", name=op.f("ck_day_closings_step_is_known")),
        sa.CheckConstraint("step = 'closed' OR notes IS NOT NULL", name=op.f("ck_day_closings_reopened_has_a_reason")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "provider_id"], ["providers.clinic_id", "providers.id"],
            name=op.f("fk_day_closings_clinic_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name=op.f("fk_day_closings_signed_by_id")),
        *_owned("day_closings"),
    )  # fmt: skip
    op.create_index(
        "uq_day_closings_number", "day_closings", ["clinic_id", "on_date", "provider_id", "number"], unique=True,
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    for column in ("provider_id", "signed_by_id"):
        op.create_index(f"ix_day_closings_{column}", "day_closings", ["clinic_id", column])
    _kept("day_closings", "SELECT, INSERT")


def _owned(table):
    return (
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=f"fk_{table}_clinic_id"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f(f"pk_{table}")),
    )


def _moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _kept(table, rights="SELECT, INSERT, UPDATE"):
    protect(table, rights)
    op.execute(f"GRANT SELECT, DELETE ON {table} TO clinic_keeper")


def downgrade():
    for table in ("day_closings", "screens", "ticket_days"):
        op.drop_table(table)
    op.execute("DROP TRIGGER visits_give_check_in_code ON visits")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for column in UNIQUE:
        op.drop_index(f"uq_visits_{column}", "visits")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_visits_{name}"), "visits")
    for name in ("times_called", *COLUMNS):
        op.drop_column("visits", name)
