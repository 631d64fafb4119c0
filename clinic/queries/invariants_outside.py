"""What must be true of the rows that are no clinic's: sessions, keys of forms, the job queue, the log's months."""

from clinic.queries.invariants import Rule

OUTSIDE_RULES = (
    Rule(
        "I8",
        "a form was answered under one key twice, or has been waiting for its answer for more than five minutes",
        """SELECT min(k.id::text) FROM idempotency_keys AS k GROUP BY k.user_id, k.key HAVING count(*) > 1
           UNION ALL SELECT k.id::text FROM idempotency_keys AS k
            WHERE k.status_code IS NULL AND k.created_at < now() - interval '5 minutes'""",
    ),
    Rule(
        "I10",
        "a job is in the hands of a worker that is gone",
        """SELECT j.id FROM procrastinate_jobs AS j LEFT JOIN procrastinate_workers AS w ON w.id = j.worker_id
            WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - interval '2 minutes')""",
    ),
    Rule(
        "I10",
        "a job has been due for more than a quarter of an hour: does the worker run?",
        """SELECT j.id FROM procrastinate_jobs AS j
            WHERE j.status = 'todo' AND now() - interval '15 minutes' > coalesce(j.scheduled_at, (
                  SELECT max(e.at) FROM procrastinate_events AS e WHERE e.job_id = j.id))""",
    ),
    Rule(
        "I10",
        "a job waits twice",
        """SELECT min(j.id) FROM procrastinate_jobs AS j WHERE j.status = 'todo' AND j.queueing_lock IS NOT NULL
            GROUP BY j.queueing_lock HAVING count(*) > 1""",
    ),
    Rule(
        "I10",
        "a job was given up after its last try",
        "SELECT j.id FROM procrastinate_jobs AS j WHERE j.status = 'failed'",
        is_warning=True,
    ),
    Rule(
        "I11",
        "the audit log has no place for this month; the worker makes them",
        """SELECT to_char(month, 'YYYY-MM') FROM generate_series(
                  date_trunc('month', now() AT TIME ZONE 'UTC'),
                  date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months', interval '1 month') AS month
            WHERE to_regclass('public.audit_entries_' || to_char(month, 'YYYY_MM')) IS NULL""",
    ),
    Rule(
        "I11",
        "measured values have no place for this year or the next; the worker makes them",
        """SELECT year FROM generate_series(extract(year FROM now() AT TIME ZONE 'UTC')::int,
                                            extract(year FROM now() AT TIME ZONE 'UTC')::int + 1) AS year
            WHERE to_regclass('public.measurements_' || year) IS NULL""",
    ),
    Rule(
        "I14",
        "somebody who may not sign in has a live session",
        """SELECT s.id FROM user_sessions AS s JOIN users AS u ON u.id = s.user_id
            WHERE (u.status <> 'active' OR u.deleted_at IS NOT NULL) AND s.revoked_at IS NULL
              AND s.expires_at > now()""",
    ),
    Rule(
        "I14",
        "somebody has a live session in a clinic that is closed",
        """SELECT s.id FROM user_sessions AS s JOIN clinics AS c ON c.id = s.clinic_id
            WHERE c.closed_at IS NOT NULL AND s.revoked_at IS NULL AND s.expires_at > now()""",
    ),
)
