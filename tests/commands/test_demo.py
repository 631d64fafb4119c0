"""The demo: a busy week in two clinics, the same twice, with nothing wrong in it."""

import pytest
from sqlalchemy import text

from clinic.actions import passwords
from clinic.seed.cast import PASSWORD


@pytest.fixture
def ask(superuser, demo):
    """Ask the database past every rule."""

    def answer(sql, **values):
        with superuser.connect() as connection:
            return connection.execute(text(sql), values).all()

    return answer


TODAY = """SELECT v.status, count(*) FROM visits AS v JOIN clinics AS c ON c.id = v.clinic_id
            WHERE c.slug = :slug AND (v.starts_at AT TIME ZONE c.timezone)::date = (now() AT TIME ZONE c.timezone)::date
            GROUP BY v.status"""


class TestSeed:
    def test_it_makes_two_clinics_of_two_countries_and_asks_the_database_for_no_more_than_they_need(self, demo, ask):
        result, statements = demo
        assert result.exit_code == 0, result.output
        # What they need is some 25 statements a visit; how long they take is for `make bench` to say.
        assert len(statements) < 20_000
        assert len(ask("SELECT DISTINCT country, currency, locale, timezone FROM clinics")) == 2

    def test_patients_of_one_clinic_speak_several_languages_and_of_some_nothing_is_known(self, ask):
        of_it = """SELECT DISTINCT language FROM patients
                   WHERE clinic_id = (SELECT id FROM clinics WHERE slug = :slug)"""
        for slug in ("rose-street", "praxis-am-hafen"):
            assert {row.language for row in ask(of_it, slug=slug)} == {"de", "en", None}

    def test_what_patients_read_and_say_is_in_the_language_of_their_clinic(self, ask):
        words = """SELECT DISTINCT c.slug, said.words FROM clinics AS c JOIN (
                     SELECT clinic_id, unnest(choices || question || hint) AS words FROM intake_questions
                      UNION SELECT clinic_id, answer FROM intake_answers WHERE answer !~ '^[0-9]+$' AND answer != 'yes'
                      UNION SELECT clinic_id, comment FROM visit_feedback
                      UNION SELECT clinic_id, text FROM text_replies
                      UNION SELECT clinic_id, reason FROM visits
                      UNION SELECT clinic_id, reason FROM visit_requests) AS said ON said.clinic_id = c.id
                    WHERE said.words IS NOT NULL"""
        by_clinic = {"rose-street": set(), "praxis-am-hafen": set()}
        for row in ask(words):
            by_clinic[row.slug].add(row.words)
        assert "Blood pressure" in by_clinic["rose-street"] and "Blutdruck" in by_clinic["praxis-am-hafen"]
        assert not by_clinic["rose-street"] & by_clinic["praxis-am-hafen"]

    def test_today_has_visits_that_wait_go_on_are_over_and_are_to_come(self, ask):
        found = dict(ask(TODAY, slug="rose-street"))
        assert {"booked", "confirmed", "checked_in", "in_progress", "completed", "cancelled"} <= set(found)

    def test_walk_ins_wait_with_tickets_and_somebody_was_squeezed_in(self, ask):
        waiting = ask(
            "SELECT v.ticket_number, v.severity, v.called_to FROM visits AS v JOIN clinics AS c ON c.id = v.clinic_id"
            " WHERE v.kind = 'walk_in' AND c.slug = 'rose-street' ORDER BY v.checked_in_at"
        )
        assert [row.severity for row in waiting] == ["orange", "yellow", "green", None] and waiting[0].called_to
        numbers = ask("SELECT ticket_on, array_agg(ticket_number ORDER BY ticket_number) AS numbers FROM visits"
                      " WHERE ticket_number IS NOT NULL GROUP BY clinic_id, ticket_on")  # fmt: skip
        assert len(numbers) > 6 and all(row.numbers == list(range(1, len(row.numbers) + 1)) for row in numbers)
        assert ask("SELECT 1 FROM slots WHERE overbooked AND overbooked_reason IS NOT NULL")

    def test_who_walked_in_and_can_be_written_to_was_told_the_number_they_have(self, ask):
        told = ask(
            "SELECT n.state, n.text, v.ticket_number, n.visit_starts_at = v.starts_at AS of_it"
            " FROM notifications AS n JOIN visits AS v ON v.clinic_id = n.clinic_id AND v.id = n.visit_id"
            " WHERE n.kind = 'ticket'"
        )
        assert told and all(line.state == "sent" and line.of_it for line in told)
        assert all(str(line.ticket_number) in line.text for line in told)

    def test_a_visit_is_asked_for_and_its_answer_is_waited_for(self, ask):
        asked = ask("SELECT id::text FROM visits WHERE status = 'requested' AND answer_by > now()")
        waiting = ask("SELECT args ->> 'visit_id' FROM procrastinate_jobs WHERE task_name = 'visits.lapse'")
        assert asked and {row[0] for row in asked} == {row[0] for row in waiting}

    def test_a_doctor_who_is_not_approved_has_no_visits(self, ask):
        assert ask("SELECT 1 FROM providers WHERE approved_at IS NULL")
        assert not ask(
            "SELECT 1 FROM visits AS v JOIN providers AS p ON p.id = v.provider_id WHERE p.approved_at IS NULL"
        )

    def test_the_past_is_dated_in_the_past_and_nothing_in_the_future(self, ask):
        assert not ask(
            "SELECT 1 FROM visits WHERE status = 'completed' AND starts_at < now() - interval '1 day'"
            " AND ended_at > starts_at + interval '2 hours'"
        )
        assert not ask("SELECT 1 FROM visits WHERE greatest(checked_in_at, started_at, ended_at) > now()")
        assert not ask(
            "SELECT 1 FROM visit_events AS e JOIN visits AS v ON v.id = e.visit_id"
            " WHERE v.starts_at < now() - interval '1 day' AND e.created_at > now() - interval '1 hour'"
        )

    def test_a_parent_may_act_for_a_child(self, ask):
        assert ask("SELECT 1 FROM patient_access WHERE relation = 'parent'")

    def test_a_second_run_changes_nothing_and_says_so(self, flask, ask):
        before = ask("SELECT count(*), max(updated_at) FROM visits")
        result = flask("seed")
        assert result.exit_code == 0 and "nothing was changed" in result.output
        assert ask("SELECT count(*), max(updated_at) FROM visits") == before

    def test_nothing_in_it_breaks_a_rule(self, flask, demo):
        result = flask("check")
        assert result.exit_code == 0 and "fault:" not in result.output, result.output


class TestSignIns:
    def test_it_prints_addresses_that_open_with_the_printed_password(self, flask, ask):
        result = flask("sign-ins")
        assert result.exit_code == 0 and PASSWORD in result.output
        printed = {word for word in result.output.split() if "@" in word}
        kept = dict(ask("SELECT email, password_hash FROM users"))
        assert len(printed) == 8 and all(passwords.matches(kept[email], PASSWORD) for email in printed)
        for role in ("Administrator", "Receptionist", "Doctor", "Patient"):
            assert role in result.output
