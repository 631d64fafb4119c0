"""What FHIR's resources are here, and why some are not."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from clinic.integrations.fhir_files import Found
from clinic.integrations.fhir_mapping import Skip, mapped, reference
from clinic.models.people import Gender, VisitMode
from clinic.models.visits import CancelReason, VisitStatus
from tests.integrations.samples import encounter, patient, practitioner

NO_DATE = "its beginning is not a full date of our times"
LONDON = ZoneInfo("Europe/London")


def columns(resource):
    """The columns of one resource."""
    return mapped(Found(resource), LONDON).columns


def reason(resource):
    """Why the resource is not taken in."""
    with pytest.raises(Skip) as skip:
        mapped(Found(resource), LONDON)
    return str(skip.value)


class TestPatient:
    def test_the_ordinary_one(self):
        found = columns(patient())
        assert found["full_name"] == "Łucja Maria Zieliński" and found["last_name"] == "Zieliński"
        assert found["date_of_birth"] == date(1984, 7, 2) and found["gender"] == Gender.FEMALE
        assert found["phone"] == "555-767-7476" and found["address_line"] == "931 Doyle Corner, Apt 89"

    @pytest.mark.parametrize("born", ["1970", "1970-05", "1732-01-01"])
    def test_a_birth_date_that_is_not_whole_is_kept_as_written_and_remarked(self, born):
        found = mapped(Found(patient(birthDate=born)), LONDON)
        assert found.columns["date_of_birth"] is None and found.columns["demographics"]["birthDate"] == born
        assert found.remarks

    def test_one_without_a_birth_date_comes_in_without_a_remark(self):
        found = mapped(Found(patient(birthDate=None)), LONDON)
        assert found.columns["date_of_birth"] is None and not found.remarks

    def test_the_dead_with_and_without_a_date(self):
        assert columns(patient(deceasedDateTime="2001-02-03T04:05:06Z"))["deceased_at"].year == 2001
        found = columns(patient(deceasedBoolean=True))
        assert found["is_deceased"] and found["demographics"]["deceased"] == "date unknown"
        assert not columns(patient(deceasedBoolean=False))["is_deceased"]

    @pytest.mark.parametrize("name", [None, [], [{}], [{"use": "old", "family": "Was"}], [{"given": [None]}], "Łucja"])
    def test_without_a_name_it_is_not_taken_in(self, name):
        assert reason(patient(name=name)) == "it has no name"

    def test_a_name_given_only_as_text_is_taken_as_it_is(self):
        assert columns(patient(name=[{"text": "Nguyễn Thị Mai"}]))["full_name"] == "Nguyễn Thị Mai"

    def test_text_the_database_cannot_hold_is_cleaned(self):
        found = columns(patient(name=[{"family": "O\x00Neill", "given": ["Si\ud800obhán"]}]))
        assert found["full_name"].encode().decode() == "Si?obhán ONeill"

    @pytest.mark.parametrize("wrong", [{"birthDate": "1984-02-30"}, {"name": [{"family": 5, "given": 7}], "id": None}])
    def test_nonsense_has_a_reason_and_never_quotes_it(self, wrong):
        assert "1984" not in reason(patient(**wrong))


class TestPractitioner:
    def test_the_name_with_its_title(self):
        assert columns(practitioner())["display_name"] == "Dr. June Kassulke"


class TestEncounter:
    @pytest.mark.parametrize(
        ("status", "here"),
        [("finished", VisitStatus.COMPLETED), ("cancelled", VisitStatus.CANCELLED), ("planned", VisitStatus.BOOKED),
         ("arrived", VisitStatus.CHECKED_IN), ("in-progress", VisitStatus.IN_PROGRESS)],
    )  # fmt: skip
    def test_its_status(self, status, here):
        assert columns(encounter(status=status))["status"] == here

    def test_one_entered_in_error_is_cancelled_as_such(self):
        assert columns(encounter(status="entered-in-error"))["cancel_reason"] == CancelReason.ENTERED_IN_ERROR

    def test_a_virtual_one(self):
        assert columns(encounter(**{"class": {"code": "VR"}}))["visit_mode"] == VisitMode.VIRTUAL

    def test_a_day_without_a_time_begins_at_the_clinics_midnight(self):
        found = columns(encounter(period={"start": "2015-07-01"}))
        assert found["starts_at"] == datetime(2015, 6, 30, 23, tzinfo=UTC) and found["ends_at"] is None

    @pytest.mark.parametrize(
        ("period", "why"),
        [(None, "it has no beginning"), ({"end": "2015-01-01"}, "it has no beginning"),
         ({"start": "2015-01"}, NO_DATE), ({"start": 2015}, NO_DATE), ({"start": "9999-12-31T23:59:59-14:00"}, NO_DATE),
         ({"start": "2015-01-02", "end": "2015-01-01"}, "it ends before it begins")],
    )  # fmt: skip
    def test_without_a_period_that_makes_sense_it_is_not_taken_in(self, period, why):
        assert reason(encounter(period=period)) == why

    def test_without_a_patient_or_a_known_status_it_is_not_taken_in(self):
        assert reason(encounter(subject={"reference": "Group/7"})) == "it names no patient"
        assert reason(encounter(status="unknown")) == "its status is not known"


@pytest.mark.parametrize(
    ("target", "name"),
    [("urn:uuid:1-2", "1-2"), ("Patient/7", "7"), ("https://a.example/fhir/Patient/7", "7"),
     ("Patient/7/_history/3", "7"), ("Group/7", None), ("#contained", None), (None, None), ("", None)],
)  # fmt: skip
def test_a_reference_names_the_same_patient_however_it_is_written(target, name):
    assert reference({"reference": target}, "Patient") == name
