"""`flask import fhir` after two records became one: what the source says of either is the one patient's."""

import sqlalchemy as sa

from clinic.actions import patient_merges
from clinic.models.integrations import ExternalId
from clinic.models.patient_changes import PatientChange
from clinic.models.patients import Patient
from clinic.models.visits import Visit
from tests.integrations.samples import encounter, lines, patient, practitioner, write


def take_in(app, session, folder, *resources):
    """Import these into Rose Street."""
    path = write(folder / "a.ndjson", lines(*resources))
    result = app.test_cli_runner().invoke(args=["import", "fhir", "--clinic", "rose-street", str(path)])
    assert result.exit_code == 0, result.output
    session.rollback()
    session.expire_all()


def of_source(session, model):
    """The row that the source's one resource became."""
    known = sa.select(ExternalId.resource_id).where(ExternalId.resource_type == model.__tablename__)
    return session.scalars(sa.select(model).where(model.id.in_(known))).one()


def test_a_visit_that_comes_after_the_merge_is_of_the_record_that_stays(app, cast, session, tmp_path):
    take_in(app, session, tmp_path, patient(), practitioner())
    imported = of_source(session, Patient)
    tom = session.get(Patient, (cast.rose.id, cast.tom.id))
    patient_merges.merge(tom, imported, "The source numbers them alike", by=cast.ines.actor)
    session.commit()
    for _ in range(2):
        take_in(app, session, tmp_path, patient(), practitioner(), encounter())
    assert of_source(session, Visit).patient_id == cast.tom.id
    assert session.get(Patient, (cast.rose.id, imported.id)).merged_into_id == cast.tom.id


def test_what_a_source_changes_of_a_patient_is_kept_in_their_history(app, cast, session, tmp_path):
    take_in(app, session, tmp_path, patient())
    take_in(app, session, tmp_path, patient() | {"birthDate": "1971-02-03"})
    changes = session.scalars(sa.select(PatientChange)).all()
    assert [(row.field, row.after) for row in changes] == [("date_of_birth", "1971-02-03")]
    assert changes[0].before and changes[0].patient_id == of_source(session, Patient).id
