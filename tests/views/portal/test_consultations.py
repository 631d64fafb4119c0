"""What patients read of their visits: what was signed, all of it that is theirs, and nothing before."""

import io
import json
import zipfile
from dataclasses import replace

import pypdf

from clinic.actions import consultations
from tests.noting import COUGH, begun, signed, written

AT = "portal.consultations."
NOTE = replace(COUGH, notes="Ask about smoking, kindly")


def _copied(maya):
    """What the patient's own copy says of notes."""
    answer = maya.send("portal.exports.create", patient_id=maya.person.patient_id)
    with answer, zipfile.ZipFile(io.BytesIO(answer.data)) as file:
        return json.loads(file.read("consultations.json"))


def test_nothing_is_there_before_the_signature(cast, session, maya):
    visit = begun(cast, patient=cast.maya_patient)
    written(visit, NOTE, by=cast.osei)
    assert maya.open(AT + "show", visit_id=visit.id).status_code == 404
    for page in (maya.open(AT + "index"), maya.open("portal.visits.show", visit_id=visit.id)):
        assert page.status_code == 200 and "/summary" not in page.text and "Rest and tea" not in page.text
    assert _copied(maya) == []


def test_from_then_on_it_is_found_from_each_side_with_what_was_added(cast, session, maya):
    visit, note = signed(cast, NOTE, patient=cast.maya_patient)
    consultations.add_addendum(note, "The culture grew nothing.", by=cast.lind.actor)
    session.commit()
    way = f"/portal/visits/{visit.id}/summary"
    for page in (maya.open(AT + "index"), maya.open("portal.visits.show", visit_id=visit.id)):
        assert way in page.text
    page = maya.open(AT + "show", visit_id=visit.id)
    for words in ("Cough for a week", "A cold", "Rest and tea", "Acute nasopharyngitis", "Signed by Dr Kwame Osei",
                  "The culture grew nothing.", "Dr Astrid Lind"):  # fmt: skip
        assert words in page.text, words
    [copied] = _copied(maya)
    assert copied["treatment"] == "Rest and tea" and "smoking" not in page.text + str(copied)


def test_it_is_printed_and_kept_as_a_tagged_pdf_with_the_same_words(cast, session, maya):
    visit, note = signed(cast, NOTE, patient=cast.maya_patient)
    consultations.add_addendum(note, "The culture grew nothing.", by=cast.lind.actor)
    session.commit()
    page = maya.open(AT + "show", visit_id=visit.id).text
    for way in ("sheet", "pdf"):
        assert maya.url(AT + way, visit_id=visit.id) in page
    answer = maya.open(AT + "pdf", visit_id=visit.id)
    file = pypdf.PdfReader(io.BytesIO(answer.data))
    assert file.trailer["/Root"]["/MarkInfo"]["/Marked"] and "attachment" in answer.headers["Content-Disposition"]
    kept = " ".join(" ".join(each.extract_text() for each in file.pages).split())
    for told in (kept, maya.open(AT + "sheet", visit_id=visit.id).text):
        for words in ("Maya Okafor", "Cough for a week", "A cold", "Rest and tea", "Acute nasopharyngitis",
                      "The culture grew nothing.", "Dr Astrid Lind", "Signed by Dr Kwame Osei"):  # fmt: skip
            assert words in told, words
        assert "smoking" not in told


def test_no_paper_is_there_before_the_signature_nor_of_anybody_else(cast, session, maya, amara):
    visit = begun(cast, patient=cast.maya_patient)
    written(visit, NOTE, by=cast.osei)
    theirs, _note = signed(cast, NOTE, starts_at=cast.tomorrow_at(15))
    for way in ("sheet", "pdf"):
        for each in (visit, theirs):
            assert maya.open(AT + way, visit_id=each.id).status_code == 404
        assert amara.open(AT + way, visit_id=visit.id).status_code == 403


def test_another_patients_summary_is_as_unknown_as_none(cast, session, maya):
    visit, _note = signed(cast, NOTE)
    assert maya.open(AT + "show", visit_id=visit.id).status_code == 404
    assert str(visit.id) not in maya.open(AT + "index").text
