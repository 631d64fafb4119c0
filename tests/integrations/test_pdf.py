"""Letters as PDF: tagged for screen readers, every name as it is written, what was typed never taken as a command."""

import io
from importlib.util import find_spec
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from clinic.integrations import pdf


def _picture():
    out = io.BytesIO()
    Image.new("RGBA", (40, 20), (11, 93, 94, 128)).save(out, "PNG")
    return out.getvalue()


CLINIC = {"name": "Rose Street Clinic", "address": ["18 Rose Street", "WC2E 9EA London"], "reach": ["+44 20 7946 0000"],
          "colour": None, "logo": None}  # fmt: skip


def letter(**more):
    """What a prescription's template is given."""
    return {
        "title": "Prescription", "letterhead": CLINIC, "mark": None, "about": [["Patient", "Maya Okafor"]],
        "columns": ["No.", "Medicine", "Strength", "How much", "How often", "For how long"],
        "rows": [{"medicine": "Amoxicillin", "notes": ["with food"],
                  "rest": ["500 mg", "1 capsule", "three times a day", "7 days"]}],
        "advice_title": "Advice", "advice": "Rest.\nDrink enough.", "signature": ["Dr Kwame Osei"], **more,
    }  # fmt: skip


def read(made):
    """The PDF as a reader sees it."""
    return pypdf.PdfReader(io.BytesIO(made))


def words(made):
    """Everything written in it, on one line."""
    return " ".join(" ".join(page.extract_text() for page in read(made).pages).split())


def test_it_is_tagged_for_screen_readers_in_its_language():
    reader = read(pdf.rendered("prescription", letter(), "en_GB"))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB"
    assert "/StructTreeRoot" in root and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Prescription"
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode()


def test_the_table_has_a_heading_row_and_the_title_is_a_heading():
    made = read(pdf.rendered("prescription", letter(), "en_GB"))
    kinds = {each.get_object().get("/S") for each in _tags(made.trailer["/Root"]["/StructTreeRoot"])}
    assert {"/H1", "/Table", "/THead", "/TH", "/TD"} <= kinds


@pytest.mark.parametrize(
    "name", ["Ζωή Παπαδοπούλου", "Łukasz Zieliński", "Nguyễn Thị Mai", "Анна Каренина", "मीरा देशमुख", "فاطمة السيد"],
    ids=["greek", "polish", "vietnamese", "cyrillic", "devanagari", "arabic"],
)  # fmt: skip
def test_a_name_comes_out_as_it_is_written(name):
    made = pdf.rendered("prescription", letter(about=[["Patient", name]]), "en_GB")
    assert set(name) - {" "} <= set(words(made))


def test_what_was_typed_is_never_taken_as_a_command():
    typed = '#panic("x") $x^2$ *bold* <b> = not a heading // gone? \\ @here #read("/etc/passwd")'
    assert typed in words(pdf.rendered("prescription", letter(advice=typed), "en_GB"))


def test_a_logo_stands_beside_the_name_and_has_words_of_its_own():
    made = pdf.rendered("prescription", letter(letterhead={**CLINIC, "logo": _picture(), "colour": "#0b5d5e"}), "en_GB")
    reader = read(made)
    assert len(reader.pages[0].images) == 1
    figures = [each.get_object() for each in _tags(reader.trailer["/Root"]["/StructTreeRoot"])]
    assert [each["/Alt"] for each in figures if each.get("/S") == "/Figure"] == ["Rose Street Clinic"]


@pytest.mark.parametrize(("locale", "width"), [("en_GB", 595), ("de_DE", 595), ("en_US", 612), ("en_CA", 612)])
def test_the_paper_is_the_size_that_people_have(locale, width):
    made = read(pdf.rendered("prescription", letter(), locale))
    assert round(float(made.pages[0].mediabox.width)) == width


def test_a_long_prescription_goes_on_and_repeats_the_names_of_its_columns():
    rows = [
        {"medicine": f"Medicine {n}", "notes": ["a long note " * 12], "rest": ["1", "2", "3", "4"]} for n in range(20)
    ]
    reader = read(pdf.rendered("prescription", letter(rows=rows), "en_GB"))
    assert len(reader.pages) > 1
    assert all("How often" in page.extract_text() for page in reader.pages[:2])


def test_every_word_above_the_table_stays_whole_beside_the_longest_of_medicines():
    rows = [{"medicine": "Hydroxypropylmethylcellulosephthalate" * 2, "notes": [], "rest": ["500 mg", "1", "2", "3"]}]
    made = read(pdf.rendered("prescription", letter(rows=rows), "en_GB"))
    lines = made.pages[0].extract_text()
    assert {word for name in letter()["columns"] for word in name.split()} <= set(lines.split())


def test_a_template_that_goes_wrong_tells_nothing_of_what_was_in_it():
    with pytest.raises(pdf.NotRendered) as told:
        pdf.rendered("prescription", letter(rows="Amoxicillin"), "en_GB")
    assert str(told.value) == "prescription" and told.value.__cause__ is None


def test_fonts_of_a_folder_that_the_setting_names_are_used(tmp_path, monkeypatch):
    own = Path(find_spec("fontpkg_noto_sans_devanagari").origin).parent / "files"
    for file in own.glob("*.ttf"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    # As though the product brought none for this writing.
    monkeypatch.setattr(pdf, "FONTS", ("fontpkg_noto_sans",))
    monkeypatch.setenv("PDF_FONTS", f"{tmp_path}, {tmp_path / 'nothing'}")
    pdf._fonts.cache_clear()
    try:
        assert "Noto Sans Devanagari" in pdf._fonts().families()
        assert "द" in words(pdf.rendered("prescription", letter(about=[["Patient", "मीरा देशमुख"]]), "en_GB"))
    finally:
        pdf._fonts.cache_clear()


def _tags(element):
    element = element.get_object()
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        child = child.get_object() if hasattr(child, "get_object") else child
        if isinstance(child, dict) and ("/S" in child or "/K" in child):
            yield child
            yield from _tags(child)
