"""Room for measured values is made before the year comes."""

from datetime import UTC, datetime

import sqlalchemy as sa

from clinic.models.audit import NO_CLINIC
from clinic.work.handlers import run
from clinic.work.measurements import YEARS_AHEAD

MADE = "SELECT metadata FROM audit_entries WHERE clinic_id = :nil AND action = 'measurements.ensure_partitions'"


def test_a_year_without_a_place_gets_one_and_a_second_run_has_nothing_to_do(app, cast, superuser):
    name = f"measurements_{datetime.now(UTC).year + YEARS_AHEAD}"
    with superuser.connect() as connection:
        connection.exec_driver_sql(f"DROP TABLE {name}")
        run(app, "measurements.partitions", {})
        run(app, "measurements.partitions", {})
        secured = connection.execute(
            sa.text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = :name"), {"name": name}
        ).scalar()
        made = connection.execute(sa.text(MADE), {"nil": NO_CLINIC}).scalars().all()
    assert secured and made == [{"made": 1, "years_ahead": YEARS_AHEAD}]
