"""Jobs that let go of what has been kept long enough, class by class, as the keeper; each run is audited."""

import sqlalchemy as sa

from clinic.actions.acting import audit
from clinic.models.organizations import Clinic
from clinic.models.retention import CLASSES, SETTING
from clinic.queries.about_patients import tables_about_patients
from clinic.scope import Scope
from clinic.work.handlers import handles
from clinic.work.keeper import keeper

BATCH = 2000
# What is known of somebody's health goes with the person.
HEALTH = ("conditions", "allergies", "immunizations", "procedures", "measurements")
PATIENTS_AT_ONCE = 200

GONE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT {table}.ctid FROM {table} WHERE {gone} LIMIT {batch}))
"""
# Words about a person in tables that only the keeper may change.
BLANKED = {
    "prescriptions": "advice = NULL",
    "prescription_items": "notes = NULL, allergy_warning = NULL, allergy_reason = NULL",
    "prescription_stops": "reason = ''",
}
# Deleted as long ago as the clinic says, nobody's other record leads here, nothing is to come and nothing holds it.
LONG_DELETED = """
SELECT p.id FROM patients AS p
 WHERE p.clinic_id = %(clinic_id)s AND p.deleted_at < now() - make_interval(years => %(years)s)
   AND NOT EXISTS (SELECT 1 FROM patients AS o WHERE o.clinic_id = p.clinic_id AND o.merged_into_id = p.id)
   AND NOT EXISTS (SELECT 1 FROM legal_holds AS h WHERE h.clinic_id = p.clinic_id AND h.patient_id = p.id
                      AND h.ended_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM visits AS v WHERE v.clinic_id = p.clinic_id AND v.patient_id = p.id
                      AND v.status IN ('requested', 'booked', 'confirmed', 'checked_in', 'in_progress'))
 LIMIT %(batch)s
"""
SEATS_BACK = """
WITH gone AS (SELECT v.slot_id, count(*) AS seats FROM visits AS v
               WHERE v.clinic_id = %(clinic_id)s AND v.patient_id = ANY (%(ids)s) AND v.slot_id IS NOT NULL GROUP BY 1)
UPDATE slots AS s SET taken = s.taken - gone.seats FROM gone
 WHERE s.clinic_id = %(clinic_id)s AND s.id = gone.slot_id RETURNING s.id
"""
# A signed note too: the keeper alone may, and only this.
WORDLESS = "complaints = NULL, diagnosis = NULL, diagnosis_codes = '{}', treatment = NULL, notes = NULL"
EMPTY_SLOTS = "DELETE FROM slots WHERE clinic_id = %(clinic_id)s AND id = ANY (%(ids)s) AND taken = 0 AND kind = 'open'"
OUTSIDE_NAMES = """
DELETE FROM external_ids WHERE clinic_id = %(clinic_id)s AND resource_type = 'patients' AND resource_id = ANY (%(ids)s)
"""


@handles("keeping.purge", cron="41 2 * * *")
def purge(session, *, by):
    """Remove what is past its time, in every class of clinic/models/retention.py; a second run finds nothing."""
    removed = {each.what: _purge_class(each) for each in CLASSES if each.gone and not each.is_of_clinics}
    with keeper() as connection:
        removed["The audit log"] = connection.execute("SELECT detach_audit_partitions()").fetchone()[0]
    audit(session, "keeping.purge", by=by, details=_told(removed))
    for clinic_id, settings in _clinics(session):
        _purge_clinic(session, clinic_id, settings, by)


@handles("erasures.finish", when_closed=True)
def finish(session, *, by, patient_id):
    """Erase what only the keeper may touch: notes in the visits' history, portal access, links to other systems."""
    which = {"clinic_id": by.clinic_id, "ids": [patient_id]}
    erased = session.execute(
        sa.text("SELECT erased_at IS NOT NULL FROM patients WHERE clinic_id = :clinic_id AND id = :id"),
        {"clinic_id": by.clinic_id, "id": patient_id},
    ).scalar()
    if not erased:
        return
    with keeper(by.clinic_id) as connection:
        history = next(each for each in tables_about_patients() if each.table == "visit_events")
        words = f"UPDATE visit_events SET notes = NULL WHERE notes IS NOT NULL AND {_percent(history.condition)}"
        count = connection.execute(words, which).rowcount
        for table in ("intake_answers", "consultation_addenda", *HEALTH):
            connection.execute(f"DELETE FROM {table} WHERE {_about(table)}", which)
        connection.execute(f"UPDATE consultations SET {WORDLESS} WHERE {_about('consultations')}", which)
        for each in tables_about_patients():
            if said := BLANKED.get(each.table):
                connection.execute(f"UPDATE {each.table} SET {said} WHERE {_percent(each.condition)}", which)
        connection.execute("DELETE FROM patient_access WHERE clinic_id = %(clinic_id)s AND patient_id = ANY (%(ids)s)",
                           which)  # fmt: skip
        connection.execute("UPDATE patient_changes SET before = NULL, after = NULL WHERE clinic_id = %(clinic_id)s"
                           " AND patient_id = ANY (%(ids)s)", which)  # fmt: skip
        connection.execute(OUTSIDE_NAMES, which)
    audit(session, "erasures.finish", by=by, resource=("patients", patient_id), details={"notes": count})


def _about(table):
    return _percent(next(each.condition for each in tables_about_patients() if each.table == table))


def _clinics(session):
    rows = session.execute(sa.select(Clinic.__table__.c.id, Clinic.__table__.c.settings))
    return [tuple(row) for row in rows]


def _purge_clinic(session, clinic_id, settings, by):
    session.enter(Scope.staff(clinic_id))
    removed = {each.what: _purge_class(each, clinic_id) for each in CLASSES if each.gone and each.is_of_clinics}
    if years := settings.get(SETTING):
        removed["Patients whose record was deleted"] = _purge_patients(clinic_id, int(years))
    if told := _told(removed):
        audit(session, "keeping.purge", by=type(by).job(clinic_id, by.user_agent), details=told)


def _purge_class(kept, clinic_id=None):
    """Delete the class's rows that are past their time, a batch at a time; how many there were."""
    statement, total = GONE.format(table=kept.tables[0], gone=kept.gone, batch=BATCH), 0
    while True:
        with keeper(clinic_id) as connection:
            count = connection.execute(statement).rowcount
        total += count
        if count < BATCH:
            return total


def _purge_patients(clinic_id, years):
    """Delete the records that were deleted long enough ago, with everything about them; how many there were."""
    total = 0
    while True:
        with keeper(clinic_id) as connection:
            which = {"clinic_id": clinic_id, "years": years, "batch": PATIENTS_AT_ONCE}
            ids = [patient_id for (patient_id,) in connection.execute(LONG_DELETED, which)]
            _remove(connection, {"clinic_id": clinic_id, "ids": ids})
        total += len(ids)
        if len(ids) < PATIENTS_AT_ONCE:
            return total


def _remove(connection, which):
    slots = [slot_id for (slot_id,) in connection.execute(SEATS_BACK, which)]
    # A merge names two records; by the one that stays it is found below.
    connection.execute("DELETE FROM patient_merges WHERE clinic_id = %(clinic_id)s AND other_id = ANY (%(ids)s)", which)
    for each in reversed(tables_about_patients()):
        connection.execute(f"DELETE FROM {each.table} WHERE {_percent(each.condition)}", which)
    connection.execute(OUTSIDE_NAMES, which)
    connection.execute(EMPTY_SLOTS, {"clinic_id": which["clinic_id"], "ids": slots})


def _percent(condition):
    return condition.replace(":clinic_id", "%(clinic_id)s").replace(":ids", "%(ids)s")


def _told(removed):
    return {what: count for what, count in removed.items() if count}
