"""How long what is kept, and why: classes that the nightly purge runs and docs/keeping.md is drawn from."""

from dataclasses import dataclass

HELD = "EXISTS (SELECT 1 FROM legal_holds AS h WHERE h.ended_at IS NULL AND h.patient_id = {table}.patient_id)"
AUDIT_YEARS = 6
# After a clinic is closed or a patient's record was deleted, where the clinic has not said otherwise.
CLOSED_YEARS = 10
SETTING = "kept_years"


@dataclass(frozen=True, slots=True)
class Kept:
    """One class of data: what it is, until when it is kept and why; ``gone`` is the SQL of rows whose time is over.

    Without ``gone`` the nightly purge leaves the class alone; ``how`` says what ends it instead.
    """

    what: str
    tables: tuple
    until: str
    why: str
    gone: str | None = None
    how: str = "every night"

    @property
    def is_of_clinics(self):
        """Whether its rows are seen inside a clinic only."""
        return self.tables[0] in ("access_grants", "legal_holds", "open_notes")


CLASSES = (
    Kept(
        "Sign-ins", ("user_sessions",), "90 days after they ended",
        "Somebody who asks what happened to their account last month gets an answer.",
        "least(user_sessions.expires_at, user_sessions.revoked_at) < now() - interval '90 days'",
    ),
    Kept(
        "Links sent or shown to a person", ("user_tokens",), "90 days after they were used or ran out",
        "The same.",
        "coalesce(user_tokens.used_at, user_tokens.expires_at) < now() - interval '90 days' AND NOT "
        + HELD.format(table="user_tokens"),
    ),
    Kept(
        "Recovery codes", ("recovery_codes",), "90 days after they were used", "The same.",
        "recovery_codes.used_at < now() - interval '90 days'",
    ),
    Kept(
        "Counts of tries", ("throttles",), "until their window is over, a day at most",
        "A limit needs no longer memory.", how="every hour, by `throttles.purge`",
    ),
    Kept(
        "Outside services that failed lately", ("breakers",), "until the service answers again",
        "They hold nothing of anybody.", how="by the next mail that is taken",
    ),
    Kept(
        "Numbers that were written to, as hashes", ("text_numbers",), "a year after the last text message",
        "Somebody may answer late. Who asked for no more messages is remembered for good.",
        "text_numbers.stopped_at IS NULL AND text_numbers.last_at < now() - interval '1 year'",
    ),
    Kept(
        "Answers to forms", ("idempotency_keys",), "24 hours", "Nobody sends a form again a day later.",
        "idempotency_keys.expires_at < now()",
    ),
    Kept(
        "Forms sent after a sign-in ran out", ("kept_forms",), "an hour", "The person is back by then, or will not be.",
        "kept_forms.expires_at < now()",
    ),
    Kept(
        "Jobs that are done or were given up", ("procrastinate_jobs", "procrastinate_events"), "30 days",
        "What failed is looked into. What went well leaves no row at all.",
        "procrastinate_jobs.status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS ("
        "SELECT 1 FROM procrastinate_events AS e WHERE e.job_id = procrastinate_jobs.id"
        " AND e.at > now() - interval '30 days')",
    ),
    Kept(
        "When jobs were due by the clock", ("procrastinate_periodic_defers",), "30 days", "The same.",
        "procrastinate_periodic_defers.job_id IS NULL"
        " AND to_timestamp(procrastinate_periodic_defers.defer_timestamp) < now() - interval '30 days'",
    ),
    Kept(
        "Rights held for a while", ("access_grants",), f"{AUDIT_YEARS} years after they ended",
        "As long as the audit log that speaks of them.",
        f"access_grants.until < now() - interval '{AUDIT_YEARS} years'",
    ),
    Kept(
        "Legal holds that were ended", ("legal_holds",), f"{AUDIT_YEARS} years after they ended", "The same.",
        f"legal_holds.ended_at < now() - interval '{AUDIT_YEARS} years'",
    ),
    Kept(
        "The audit log", ("audit_entries",), f"{AUDIT_YEARS} years, by whole months",
        "HIPAA 164.316 asks for six. The database itself refuses to part with a younger month, or with one in which a"
        " clinic that holds a record has an entry. An old month is taken out of the log and keeps its rows, until"
        " whoever runs the database exports it and drops it.",
        how="every night, by the function detach_audit_partitions",
    ),
    Kept("The seals of the audit log", ("audit_seals",), "for good", "They hold nothing of anybody.", how="never"),
    Kept(
        "Patients whose record was deleted", (
            "patients", "patient_words", "patient_access", "patient_tags", "series", "visits", "visit_events",
            "external_ids", "erasures",
        ),
        f"for good, or as many years as the clinic's setting `{SETTING}` says",
        "The law of the clinic's country decides.",
        how="every night, in clinics with the setting",
    ),
    Kept(
        "Patients who are not deleted, and their visits", ("patients", "series", "visits", "visit_events"), "for good",
        "A record is only ever complete. It can be erased on request; see docs/decisions/0035-erasure.md.",
        how="by an administrator's request and another's confirmation",
    ),
    Kept(
        "Patients' links to their visits, what they answered before them and how they found them",
        ("visit_links", "intake_answers", "visit_feedback"), "as long as the visit",
        "They are part of the visit. Erasing a record revokes the links and removes the words.", how="with the visit",
    ),
    Kept(
        "Doctors’ notes about visits and what was added to them", ("consultations", "consultation_addenda"),
        "as long as the visit", "They are part of the visit. Erasing a record removes the words.",
        how="with the visit",
    ),
    Kept(
        "Who has a note open at the moment", ("open_notes",), "a day after the page was closed",
        "Whoever opens the note too is told so, and nobody asks later.",
        "open_notes.seen_at < now() - interval '1 day'",
    ),
    Kept(
        "What patients were told, by which way and whether it arrived; calls about it and answers to it",
        ("notifications", "call_attempts", "text_replies"), "as long as the record",
        "Somebody who missed a visit asks what they were told. Erasing a record removes the words and addresses.",
        how="with the record",
    ),
    Kept("That a record was erased", ("erasures",), "as long as the record's row",
         "A restored backup must erase it again.", how="with the record"),
    Kept(
        "Patients' insurance, what was known of them before, and which records became one",
        ("insurance_policies", "patient_changes", "patient_merges"), "as long as the record",
        "They are part of it. Erasing a record removes every word of them.", how="with the record",
    ),
    Kept(
        "Documents and their files", ("documents",), "as long as the record",
        "They are part of it. What nobody sent on for a day, and files that belong to no row, go by themselves;"
        " erasing a record removes rows and files.", how="with the record",
    ),
    Kept(
        "Holds of a time, with their rooms", ("slots", "seat_holds", "slot_rooms"), "until they run out",
        "Nobody owns a time they did not book.", how="every 15 seconds",
    ),
    Kept(
        "Times offered to patients", ("slot_offers", "stranded_visits"), "as long as the patient's visits",
        "They say why a visit is at another time than it was booked for.", how="with the patient's record",
    ),
    Kept(
        "What an outside system calls our rows", ("external_ids", "integrations"), "as long as the rows",
        "The same import again changes rows instead of doubling them.",
        how="with the row, and when a patient is erased",
    ),
    Kept(
        "People who sign in", ("users", "memberships", "passkeys"), "for good, without name and address once closed",
        "The history of visits and the audit log name them by id.", how="when somebody closes their account",
    ),
    Kept(
        "Numbers drawn in the queue, and screens without a sign-in", ("ticket_days", "screens"),
        "as long as the clinic's data", "They hold nothing of anybody.", how="with the clinic",
    ),
    Kept(
        "That a day was closed, and what was open then", ("day_closings",), "as long as the clinic's data",
        "Who signed what is asked for years later.", how="with the clinic",
    ),
    Kept(
        "Visits asked for without a time, and the waiting list", (
            "visit_requests", "request_events", "waitlist_entries",
        ),
        "as long as the patient's record", "They say why a visit came about, and when the clinic answered.",
        how="with the record; what somebody wrote is blanked when it is erased",
    ),
    Kept(
        "What is known of patients’ health: conditions, allergies, vaccinations, procedures, measured values", (
            "conditions", "allergies", "immunizations", "procedures", "measurements",
        ),
        "as long as the record", "They are part of it. Erasing a record removes them.", how="with the record",
    ),
    Kept(
        "Laboratory orders and results", ("lab_orders", "lab_results"), "as long as the patient's record",
        "What was found is compared with what is found years later.",
        how="with the record; what was ordered and found is blanked when it is erased",
    ),
    Kept(
        "Referrals and excuse notes", ("referrals", "excuse_notes"), "as long as the patient's record",
        "They say to whom a patient was sent and what came of it, and which days somebody was excused.",
        how="with the record; what was written is blanked when it is erased, and a note's code is then unknown",
    ),
    Kept(
        "Addresses at which calendar programs read visits", ("calendar_feeds",), "90 days after they ended",
        "An address that ended opens nothing; for a while the log still names it.",
        "calendar_feeds.ended_at < now() - interval '90 days'",
    ),
    Kept(
        "Prescriptions, with what was stopped and why", ("prescriptions", "prescription_items", "prescription_stops"),
        "as long as the patient's record", "What somebody was told to take must be known as it was told.",
        how="with the record; what a doctor wrote of the person is blanked when it is erased",
    ),
    Kept(
        "Lists of medicines, and doctors' favourites among them", ("drugs", "drug_words", "favourite_medicines"),
        "as long as the clinic's data", "They hold nothing of any patient.", how="with the clinic",
    ),
    Kept(
        "What a clinic is and offers", (
            "clinics", "locations", "providers", "provider_visit_types", "visit_types", "availabilities",
            "closures", "busy_sources", "called_off_groups", "rooms", "room_kinds", "visit_type_needs",
            "intake_questions", "strandings", "note_templates",
        ),
        f"{CLOSED_YEARS} years after the clinic was closed, or as many as its setting `{SETTING}` says",
        "With everything else of the clinic's.", how="by `flask clinics purge`, refused before",
    ),
)  # fmt: skip
