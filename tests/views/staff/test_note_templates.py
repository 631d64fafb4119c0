"""The texts that a doctor begins notes from: their own list, nobody else's."""

import sqlalchemy as sa

from clinic.actions import note_templates
from clinic.models.note_templates import NoteTemplate

AT = "staff.note_templates."
COLD = {"name": "Cold", "complaints": "Runny nose", "diagnosis_codes": "j00, R05.9", "treatment": "Rest"}


def test_a_doctor_keeps_changes_and_removes_a_text(cast, session, osei):
    assert "No template yet" in osei.open(AT + "index").text
    assert osei.open(AT + "new").status_code == 200
    assert osei.send(AT + "create", COLD).status_code == 303
    session.rollback()
    [made] = session.scalars(sa.select(NoteTemplate)).all()
    assert made.diagnosis_codes == ["J00", "R05.9"] and made.provider_id == cast.osei.provider_id
    assert "J00, R05.9" in osei.open(AT + "edit", template_id=made.id).text
    assert osei.send(AT + "update", COLD | {"name": "A cold"}, template_id=made.id).status_code == 303
    assert osei.send(AT + "retire", template_id=made.id).status_code == 303
    assert "A cold" not in osei.open(AT + "index").text
    assert osei.send(AT + "restore", template_id=made.id).status_code == 303
    assert "A cold" in osei.open(AT + "index").text


def test_a_name_is_there_once_and_what_is_no_code_is_said(cast, session, osei):
    osei.send(AT + "create", COLD)
    again = osei.send(AT + "create", COLD | {"name": "COLD"})
    assert again.status_code == 409 and "with this name already" in again.text and "Runny nose" in again.text
    wrong = osei.send(AT + "create", COLD | {"name": "Other", "diagnosis_codes": "nonsense"})
    assert wrong.status_code == 422 and "is no ICD-10 code" in wrong.text and "nonsense" in wrong.text
    assert osei.send(AT + "create", COLD | {"name": ""}).status_code == 422


def test_another_doctors_text_is_as_unknown_as_none_and_the_desk_keeps_none(cast, session, osei, amara):
    theirs = note_templates.add(session, by=cast.lind.actor, name="Hers", treatment="Rest")
    session.commit()
    assert "Hers" not in osei.open(AT + "index").text
    assert osei.open(AT + "edit", template_id=theirs.id).status_code == 404
    for verb in ("update", "retire", "restore"):
        assert osei.send(AT + verb, COLD, template_id=theirs.id).status_code == 404
    assert amara.open(AT + "index").status_code == 403 and amara.send(AT + "create", COLD).status_code == 403
