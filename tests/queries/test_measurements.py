"""The last values of a patient are found at the end of an index, however much was measured on everybody."""

import sqlalchemy as sa

from clinic.models.measurements import Kind
from clinic.queries import measurements
from clinic.queries.measurements import LATEST

MANY = """
INSERT INTO measurements (clinic_id, id, measured_at, patient_id, kind, value, unit, source, context)
SELECT :clinic, gen_random_uuid(), timestamptz '2023-01-01' + number * interval '3 hours', :patient,
       CASE number % 2 WHEN 0 THEN 'heart_rate' ELSE 'steps' END, 60 + number % 40, '/min', 'device', 'unknown'
  FROM generate_series(1, 8000) AS number
"""


def test_the_strip_reads_no_table_from_end_to_end(session, cast, superuser):
    with superuser.connect() as connection:
        for patient in (cast.tom, cast.maya_patient):
            connection.execute(sa.text(MANY), {"clinic": cast.rose.id, "patient": patient.id})
        connection.exec_driver_sql("ANALYZE measurements")
    asked = {"clinic_id": cast.rose.id, "patient_id": cast.tom.id, "kinds": [each.value for each in Kind]}
    asked |= {"since": measurements.EVER, "most": 2}
    compiled = LATEST.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {compiled}", asked).scalars().all()
    told = "\n".join(plan)
    assert "Seq Scan on measurements" not in told, told
    # The newest year is asked first, and the years before it not at all where that is enough.
    assert "never executed" in told, told
    found = measurements.latest(session, cast.rose.id, cast.tom.id)
    assert [len(values) for values in found.values()] == [2] and set(found) == {Kind.HEART_RATE}
