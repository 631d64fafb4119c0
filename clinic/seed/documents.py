"""Papers and pictures in the demo: signed forms, insurance cards, a result on paper, and what a patient sent."""

import io

from PIL import Image, ImageDraw, ImageFont

from clinic.actions import documents
from clinic.models.documents import FIRST_PART, DocumentCategory, key_of
from clinic.stored import storage

C = DocumentCategory
ROOM = 2**30
CONSENT = ("Consent to treatment", "", "I have read what the treatment is and may bring,", "and I agree to it.", "",
           "Signed: ______________________")  # fmt: skip
RESULT = ("Laboratory North", "", "Haemoglobin   13.9 g/dl", "Leucocytes   6.1 /nl", "Ferritin   24 ng/ml")
CARD = ("HEALTH INSURANCE", "", "Member since 2019", "Show this card at every visit.")


def hand_in(session, week):
    """Send the demo's documents; the worker looks through them as it does with everybody's."""
    opened = week.opened
    doctor = opened.doctors[0][1]
    for name, sender in list(opened.portal.items())[:2]:
        patient = opened.patients[name]
        _send(patient, "consent.pdf", _drawn(CONSENT, "PDF"), C.CONSENT_FORM, "Consent to treatment", week.desk)
        _send(patient, "card.png", _drawn(CARD, "PNG", (640, 400)), C.INSURANCE_CARD, "Insurance card", week.desk)
        _send(patient, "result.pdf", _drawn(RESULT, "PDF"), C.LAB_REPORT, "Blood count, by letter", doctor)
        _send(patient, "arm.jpg", _drawn(("",), "JPEG", (640, 480)), C.PICTURE, "My arm this morning", sender)


def _send(patient, name, content, category, title, by):
    facts = {"category": category, "title": title}
    document = documents.begin(patient, by=by, room=ROOM, file_name=name, file_size=len(content), **facts)
    storage().put(key_of(document.clinic_id, document.id, FIRST_PART), io.BytesIO(content))
    documents.arrived(document)


def _drawn(lines, kind, size=(744, 1052)):
    """A page with a few lines on it."""
    page = Image.new("RGB", size, (250, 248, 243) if lines[0] else (214, 170, 148))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(22)
    for number, line in enumerate(lines):
        pen.text((60, 70 + 36 * number), line, fill=(30, 40, 50), font=font)
    out = io.BytesIO()
    page.save(out, kind)
    return out.getvalue()
