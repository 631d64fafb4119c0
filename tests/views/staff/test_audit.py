"""The audit log on screen: in words, filtered, page after page, saved as a file; and what everybody did themselves."""

import csv
import io
from uuid import uuid4

import pytest
import sqlalchemy as sa

from clinic.actions.acting import Actor, audit
from clinic.models.audit import AuditEntry
from clinic.queries import audit as queries


def saved(visitor, **asked):
    """The answer with the file; read in the context that it was asked in, as a server does."""
    return visitor._ask(visitor.client.get, visitor.url("staff.audit.export", **asked), buffered=True)


def rows_of(answer):
    """A saved file, row by row as name: value."""
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


class TestIndex:
    def test_it_tells_in_words_who_did_what_about_whom(self, amara, ines, cast):
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        page = ines.open("staff.audit.index").text
        assert "Amara Diallo opened Tom Baker’s record" in page and "Receptionist" in page
        assert "127.0.0.1" in page and "staff.patients.show" in page

    def test_what_was_refused_is_marked_and_can_be_asked_for_alone(self, lind, ines, cast):
        cast.booked()
        lind.open("staff.patients.show", patient_id=cast.tom.id)
        page = ines.open("staff.audit.index", decision="refused").text
        assert "Astrid Lind was refused the record of Tom Baker" in page and "booked a visit" not in page

    def test_a_change_shows_what_changed_and_no_word_of_the_record(self, amara, ines, cast):
        amara.send("staff.patients.update", {"full_name": "Thomas Baker", "notes": "Very private"},
                   patient_id=cast.tom.id)  # fmt: skip
        page = ines.open("staff.audit.index", kind="patients").text
        assert "patients.notes" in page and "–, then …" in page and "Very private" not in page

    def test_it_is_filtered_by_who_what_whom_and_day(self, amara, osei, ines, cast):
        cast.booked()
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        osei.open("staff.patients.show", patient_id=cast.tom.id)
        amara.open("staff.patients.show", patient_id=cast.maya_patient.id)
        told = ines.open("staff.audit.index", who=cast.osei.user.id).text
        assert "Kwame Osei opened" in told and "Amara Diallo opened" not in told
        told = ines.open("staff.audit.index", kind="visits").text
        assert "booked a visit for Tom Baker" in told and "opened" not in told.partition("deeds")[2]
        told = ines.open("staff.audit.index", patient_id=cast.maya_patient.id).text
        assert "opened Maya Okafor’s record" in told and "opened Tom" not in told
        told = ines.open("staff.audit.index", since="2020-01-01", until="2020-01-31").text
        assert "Nothing on these days" in told

    def test_a_patient_is_found_by_what_is_typed_and_no_address_carries_it(self, ines, cast):
        page = ines.send("staff.audit.find", {"q": "baker"})
        assert page.status_code == 200 and f"patient_id={cast.tom.id}" in page.text

    def test_pages_follow_each_other_without_a_gap_or_a_repetition(self, session, ines, cast):
        for number in range(queries.ON_A_PAGE + 20):
            audit(session, f"test.act_{number:03}", by=cast.amara.actor)
        session.commit()
        who = {"who": cast.amara.user.id}
        first = ines.open("staff.audit.index", **who).text
        address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        second = ines.open(address).text
        told = [f"test.act_{number:03}" for number in range(queries.ON_A_PAGE + 20)]
        on_first, on_second = ({act for act in told if act in page} for page in (first, second))
        assert on_first | on_second == set(told) and not on_first & on_second and len(on_first) == queries.ON_A_PAGE

    @pytest.mark.parametrize("asked", [{"after": "x-y"}, {"after": "9" * 30 + "-" + "0" * 32}, {"who": "x"},
                                       {"patient_id": "x"}, {"since": "2030-01-01", "until": "2020-01-01"},
                                       {"kind": "x"}, {"decision": "x"}, {"since": "9999-12-31"}])  # fmt: skip
    def test_what_cannot_be_read_is_not_found(self, ines, asked):
        assert ines.open("staff.audit.index", **asked).status_code == 404

    @pytest.mark.parametrize("who", ["amara", "osei", "maya"])
    def test_only_an_administrator_reads_it(self, request, who):
        for endpoint in ("staff.audit.index", "staff.audit.export"):
            assert request.getfixturevalue(who).open(endpoint).status_code == 403

    def test_it_shows_one_clinic_only_and_no_other_clinics_patient(self, stranger, ines, cast):
        stranger.open("staff.patients.show", patient_id=cast.sam.id)
        assert "Sam Stranger" not in ines.open("staff.audit.index").text
        assert ines.open("staff.audit.index", patient_id=cast.sam.id).status_code == 404
        assert ines.open("staff.audit.index", patient_id=uuid4()).status_code == 404

    def test_reading_it_is_an_entry_too(self, amara, ines, cast, session):
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        ines.open("staff.audit.index")
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.actor_id == cast.ines.user.id)).one()
        assert entry.action == "patients.list" and entry.details["page"] == "staff.audit.index"


class TestExport:
    def test_the_file_holds_every_entry_asked_for_and_saving_it_is_one(self, session, ines, cast):
        for number in range(queries.IN_A_BATCH + 5):
            audit(session, f"test.act_{number}", by=cast.amara.actor)
        session.commit()
        answer = saved(ines, who=cast.amara.user.id)
        rows = rows_of(answer)
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
        told = [row["act"] for row in rows if row["act"].startswith("test.")]
        assert len(told) == len(set(told)) == queries.IN_A_BATCH + 5 and rows[0]["who"] == "Amara Diallo"
        session.rollback()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "audit.export")).one()
        assert entry.actor_id == cast.ines.user.id and entry.details["who"] == str(cast.amara.user.id)

    def test_a_name_that_a_spreadsheet_would_work_out_stays_text(self, session, ines, amara, cast):
        session.add(cast.amara.user)
        cast.amara.user.first_name = "=1+1"
        session.commit()
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        names = {row["who"] for row in rows_of(saved(ines))}
        assert "'=1+1 Diallo" in names

    def test_who_has_not_proved_lately_who_they_are_does_so_first(self, ines):
        ines.left_alone()
        answer = ines.open("staff.audit.export")
        assert answer.status_code == 303 and "/prove" in answer.location


class TestOwn:
    def test_everybody_reads_what_they_did_and_nothing_else(self, amara, osei, cast):
        cast.booked()
        amara.open("staff.patients.show", patient_id=cast.tom.id)
        osei.open("staff.patients.show", patient_id=cast.tom.id)
        page = osei.open("staff.audit.own").text
        assert "Kwame Osei opened Tom Baker’s record" in page and "Amara" not in page

    def test_a_patient_has_no_such_page(self, maya):
        assert maya.open("staff.audit.own").status_code == 403

    def test_what_a_program_did_is_told_as_such(self, session, ines, cast):
        audit(session, "visits.cancel", by=Actor.job(cast.rose.id, "visits.lapse"), record=cast.booked())
        session.commit()
        page = ines.open("staff.audit.index", who="program").text
        assert "The clinic’s program cancelled a visit of Tom Baker" in page
