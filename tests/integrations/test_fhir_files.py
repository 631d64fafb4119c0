"""Reading FHIR files: what is in them, what is broken, and how much memory that takes."""

import json
import tracemalloc

import pytest

from clinic.integrations.fhir_files import Broken, Found, files_in, read
from tests.integrations.samples import bundle, encounter, lines, patient, write


def everything(path):
    """All that is found in a file."""
    return list(read(path, lambda at: None))


class TestRead:
    @pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
    def test_lines_plain_or_compressed(self, tmp_path, name):
        found = everything(write(tmp_path / name, lines(patient(), "", encounter())))
        assert [each.resource["resourceType"] for each in found] == ["Patient", "Encounter"]

    @pytest.mark.parametrize("kind", ["transaction", "collection"])
    @pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
    def test_bundles_with_the_addresses_of_their_entries(self, tmp_path, name, kind):
        found = everything(write(tmp_path / name, bundle(patient(), encounter(), kind=kind)))
        assert [each.full_url for each in found] == ["urn:uuid:p1", "urn:uuid:e1"]

    def test_a_bundle_that_says_what_it_is_at_its_end(self, tmp_path):
        text = json.dumps({"entry": [{"resource": patient()}], "resourceType": "Bundle"})
        assert everything(write(tmp_path / "a.json", text)) == [Found(patient())]

    def test_a_file_that_is_one_resource(self, tmp_path):
        assert everything(write(tmp_path / "a.json", json.dumps(patient(), indent=1))) == [Found(patient())]

    def test_a_broken_line_is_told_with_its_number_and_the_rest_goes_on(self, tmp_path):
        path = write(tmp_path / "a.ndjson", lines(patient(1), '{"resourceType": "Pat', "[1]", "{}", patient(2)))
        found = everything(path)
        assert [each.line for each in found if isinstance(each, Broken)] == [2, 3, 4]
        assert [each.resource["id"] for each in found if isinstance(each, Found)] == ["p1", "p2"]

    def test_bytes_that_are_no_text_are_a_broken_line(self, tmp_path):
        path = tmp_path / "a.ndjson"
        path.write_bytes(b'{"resourceType": "\xff"}\n' + lines(patient()).encode())
        assert [type(each) for each in everything(path)] == [Broken, Found]

    def test_a_bundle_that_breaks_off_gives_what_came_before(self, tmp_path):
        text = bundle(patient(1), patient(2))
        found = everything(write(tmp_path / "a.json", text[: text.index('"p2"')]))
        assert [type(each) for each in found] == [Found, Broken]

    def test_a_compressed_file_that_breaks_off_is_told(self, tmp_path):
        path = write(tmp_path / "a.ndjson.gz", lines(*[patient(number, note="x" * 50) for number in range(200)]))
        path.write_bytes(path.read_bytes()[:-40])
        assert isinstance(everything(path)[-1], Broken)

    @pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", '"text"', "[" * 5000])
    def test_what_is_no_resource_is_broken_and_nothing_falls_over(self, tmp_path, text):
        assert all(isinstance(each, Broken) for each in everything(write(tmp_path / "a.json", text)))

    def test_memory_stays_flat_however_many_lines_and_entries(self, tmp_path):
        few, many = (self._peak(tmp_path, count) for count in (200, 4000))
        assert many < few * 1.5 + 200_000

    def _peak(self, tmp_path, count):
        resources = [patient(number, text={"div": "x" * 500}) for number in range(count)]
        paths = [write(tmp_path / "a.ndjson.gz", lines(*resources)), write(tmp_path / "b.json", bundle(*resources))]
        del resources
        tracemalloc.start()
        read_all = sum(isinstance(found, Found) for path in paths for found in read(path, lambda at: None))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read_all == 2 * count
        return peak


class TestFilesIn:
    def test_folders_are_walked_in_the_order_of_names_and_other_files_left_out(self, tmp_path):
        (tmp_path / "b").mkdir()
        for name in ("c.json", "b/a.ndjson.gz", "a.jsonl", "notes.txt", "x.json.gz"):
            write(tmp_path / name, "{}")
        names = [str(each.relative_to(tmp_path)) for each in files_in([tmp_path])]
        assert names == ["a.jsonl", "b/a.ndjson.gz", "c.json", "x.json.gz"]
