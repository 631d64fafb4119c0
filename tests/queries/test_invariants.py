"""`flask check` finds what is planted past every protection: each way to break a rule, one after the other."""

import sqlalchemy as sa

from clinic.queries.checking import ALL_RULES
from clinic.queries.invariants import PARAMETERS

TOMS = "(SELECT v.id FROM visits AS v JOIN patients AS p ON p.id = v.patient_id WHERE p.full_name = 'Tom Baker')"
MAYA = "(SELECT id FROM patients WHERE full_name = 'Maya Okafor')"
ERASED = "UPDATE patients SET erased_at = now() - interval '1 hour'"
FIRST = "clinic_id, id, patient_id, visit_id"
# Something of each kind that is written down of Maya, at Tom's visit.
OF_HEALTH = (
    f"INSERT INTO conditions ({FIRST}, name, recorded_at, source)"
    f" SELECT clinic_id, gen_random_uuid(), {MAYA}, id, 'Asthma', now(), 'clinic' FROM visits WHERE id = {TOMS}",
    f"INSERT INTO allergies ({FIRST}, status, substance, recorded_at, source)"
    f" SELECT clinic_id, gen_random_uuid(), {MAYA}, id, 'active', 'Nuts', now(), 'clinic' FROM visits"
    f" WHERE id = {TOMS}",
    f"INSERT INTO immunizations ({FIRST}, vaccine, status, given_at, source)"
    f" SELECT clinic_id, gen_random_uuid(), {MAYA}, id, 'Tetanus', 'completed', now(), 'clinic' FROM visits"
    f" WHERE id = {TOMS}",
    f"INSERT INTO procedures ({FIRST}, name, status, performed_at, source)"
    f" SELECT clinic_id, gen_random_uuid(), {MAYA}, id, 'X-ray', 'completed', now(), 'clinic' FROM visits"
    f" WHERE id = {TOMS}",
    f"INSERT INTO measurements ({FIRST}, measured_at, kind, source, context, value)"
    f" SELECT clinic_id, gen_random_uuid(), {MAYA}, id, now(), 'weight', 'desk', 'unknown', 70 FROM visits"
    f" WHERE id = {TOMS}",
)
NOTE = (
    "INSERT INTO consultations (clinic_id, id, visit_id, provider_id, signed_at, complaints)"
    " SELECT clinic_id, gen_random_uuid(), id, provider_id, {signed}, {words} FROM visits"
)
ORDER = (
    "INSERT INTO lab_orders (clinic_id, id, patient_id, tests, status, ordered_at, completed_at, release_rule,"
    " release_after_days, release_due_at)"
    " SELECT clinic_id, gen_random_uuid(), patient_id, '{{Sodium}}', 'completed', now(), now(), 'after_days', 1, {due}"
    " FROM visits"
)
DOCUMENT = (
    "INSERT INTO documents (clinic_id, id, patient_id, category, title, recorded_at, storage_key, file_name, file_size,"
    " received, state, problem, updated_at{more})"
    " SELECT v.clinic_id, gen_random_uuid(), v.patient_id, 'report', 'X', now(), v.id, 'x.pdf', 9, {received}, {state},"
    " {problem}, now() - interval {ago}{values} FROM visits AS v"
)


def document(state="'sending'", problem="NULL", ago="'1 minute'", received=0, **more):
    """The statement that makes a document of each visit's patient."""
    names, values = "".join(f", {name}" for name in more), "".join(f", {value}" for value in more.values())
    return DOCUMENT.format(state=state, problem=problem, ago=ago, received=received, more=names, values=values)


def reply(service_id, created="now()"):
    """The statement that makes an answer which nobody is shown."""
    return (
        "INSERT INTO text_replies (clinic_id, id, service_id, sender, text, meaning, result, created_at)"
        f" SELECT id, gen_random_uuid(), '{service_id}', '+44', 'Hm?', 'other', 'to_read', {created} FROM clinics"
    )


WAITS_TWICE = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock) VALUES ('default', 'planted', 'one')"
)
# By the rule's sentence each way to break it, as the statements that do so.
PLANTED = {
    "two times keep one room at once": [[
        "ALTER TABLE slot_rooms DROP CONSTRAINT ex_slot_rooms_room",
        "INSERT INTO slot_rooms (clinic_id, id, slot_id, room_id, busy_from, busy_until)"
        " SELECT clinic_id, gen_random_uuid(), id, clinic_id, starts_at, starts_at + interval '2 hours' FROM slots",
    ]],
    "a room is not kept for as long as the time it goes with": [[
        "INSERT INTO slot_rooms (clinic_id, id, slot_id, room_id, busy_from, busy_until)"
        " SELECT clinic_id, gen_random_uuid(), id, gen_random_uuid(), busy_from,"
        " busy_until - interval '1 minute' FROM slots",
    ]],
    "a visit to come is in a room that its time does not keep": [["UPDATE visits SET room_id = gen_random_uuid()"]],
    "a time has more visits than seats": [["UPDATE visits SET slot_id = (SELECT min(id::text)::uuid FROM slots)"]],
    "an offer that is still good keeps no time": [[
        "INSERT INTO slot_offers (clinic_id, id, patient_id, purpose, status, provider_id, visit_type_id, visit_mode,"
        " starts_at, ends_at, until) SELECT clinic_id, gen_random_uuid(), patient_id, 'waitlist', 'prepared',"
        " provider_id, visit_type_id, visit_mode, starts_at, ends_at, now() + interval '1 hour' FROM visits",
    ]],
    "an answer by text message was kept twice": [[
        "DROP INDEX uq_text_replies_service_id", reply("SM1"), reply("SM1"),
    ]],
    "an answer that somebody has to read stands on no list": [[reply("SM1", "now() - interval '16 minutes'")]],
    "a message is being sent for more than a quarter of an hour: does the worker run?": [[
        "INSERT INTO notifications (clinic_id, id, patient_id, kind, state, channel, send_at) SELECT clinic_id,"
        " gen_random_uuid(), patient_id, 'booked', 'sending', 'email', now() - interval '16 minutes' FROM visits",
    ]],
    "a job waits twice": [["DROP INDEX procrastinate_jobs_queueing_lock_idx_v1", WAITS_TWICE, WAITS_TWICE]],
    "measured values have no place for this year or the next; the worker makes them": [[
        "DO $$ BEGIN EXECUTE 'ALTER TABLE measurements_' || extract(year FROM now() AT TIME ZONE 'UTC')"
        " || ' RENAME TO planted'; END $$",
    ]],
    "a visit is of another patient than its series": [[
        "WITH made AS (INSERT INTO series (clinic_id, id, patient_id, provider_id, visit_type_id, visit_mode, unit,"
        " every, times, first_on, at_time, timezone) SELECT clinic_id, gen_random_uuid(), gen_random_uuid(),"
        " provider_id, visit_type_id, visit_mode, 'week', 1, 2, current_date, '10:00', timezone FROM visits LIMIT 1"
        " RETURNING id) UPDATE visits SET series_id = (SELECT id FROM made)",
    ]],
    "something is still known of an erased patient's health": [[made, ERASED] for made in OF_HEALTH],
    "the note of an erased patient's visit still says something": [
        [NOTE.format(signed="now()", words="'A cough'"), ERASED],
    ],
    "a document may be opened although it was not looked through": [
        ["ALTER TABLE documents DROP CONSTRAINT ck_documents_ready_is_whole", document("'ready'", received=9)],
    ],
    "a document is on its way for more than two days, or waits to be looked through for more than an hour:"
    " does the worker run?": [
        [document("'sending'", ago="'49 hours'")], [document("'checking'", ago="'61 minutes'", received=9)],
    ],
    "a document is about a visit or an insurance of another patient's": [
        [document(visit_id="(SELECT w.id FROM visits AS w WHERE w.patient_id <> v.patient_id)")],
        ["INSERT INTO insurance_policies (clinic_id, id, patient_id, insurer_name) SELECT clinic_id, gen_random_uuid(),"
         f" {MAYA}, 'Bluebell' FROM visits WHERE id = {TOMS}",
         document(insurance_policy_id="(SELECT id FROM insurance_policies)")],
    ],
    "the file of a document is missing in the storage; bring it back, and the nightly look finds it": [
        [document("'refused'", "'lost'", received=9)],
    ],
    "a signed note says nothing, though its patient was not erased": [[NOTE.format(signed="now()", words="NULL")]],
    "something was added to a note that is not signed": [[
        NOTE.format(signed="NULL", words="'A cough'"),
        "INSERT INTO consultation_addenda (clinic_id, id, consultation_id, text)"
        " SELECT clinic_id, gen_random_uuid(), id, 'Later' FROM consultations",
    ]],
    "a patient is said to know of no allergy, and has one": [[
        *OF_HEALTH[1:2],
        "INSERT INTO allergies (clinic_id, id, patient_id, status, is_none_known, recorded_at, source)"
        " SELECT clinic_id, gen_random_uuid(), patient_id, 'active', true, now(), 'clinic' FROM allergies",
    ]],
    "something is recorded of one patient at a visit of another's": [[made] for made in OF_HEALTH],
    "a blood pressure that people entered has one value only": [[
        *OF_HEALTH[4:], "UPDATE measurements SET kind = 'blood_pressure', value = 120",
    ]],
    "a patient sees a laboratory result whose order is held back or not released": [[
        ORDER.format(due="NULL"),
        "INSERT INTO lab_results (clinic_id, id, patient_id, order_id, analyte, sampled_at, source, value, released_at)"
        " SELECT clinic_id, gen_random_uuid(), patient_id, id, 'Sodium', now(), 'typed', 139, now() FROM lab_orders",
    ]],
    "laboratory results should have come to their patient a day ago": [
        [ORDER.format(due="now() - interval '25 hours'")],
        ["INSERT INTO lab_results (clinic_id, id, patient_id, analyte, sampled_at, source, value, release_rule,"
         " release_after_days, release_due_at) SELECT clinic_id, gen_random_uuid(), patient_id, 'Sodium', now(),"
         " 'typed', 139, 'after_days', 1, now() - interval '25 hours' FROM visits"],
    ],
}  # fmt: skip


def test_every_rule_finds_each_way_to_break_it_and_nothing_before(session, cast, superuser):
    cast.booked()
    cast.booked(cast.tomorrow_at(11), patient=cast.maya_patient)
    session.rollback()
    asked = {"clinic_id": cast.rose.id, **PARAMETERS}
    rules = {rule.sentence: sa.text(rule.sql) for rule in ALL_RULES if rule.sentence in PLANTED}
    assert rules.keys() == PLANTED.keys()
    engine = superuser.execution_options(isolation_level="READ COMMITTED")
    with engine.connect() as connection, connection.begin() as all_of_it:

        def broken(sentence):
            wanted = {name: asked[name] for name in rules[sentence]._bindparams}
            return connection.execute(rules[sentence], wanted).scalars().all()

        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for sentence, ways in PLANTED.items():
            assert not broken(sentence), sentence
            for way in ways:
                with connection.begin_nested() as this:
                    for statement in way:
                        connection.exec_driver_sql(statement)
                    assert broken(sentence), (sentence, way)
                    this.rollback()
        all_of_it.rollback()
