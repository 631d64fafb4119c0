"""A paper's way: the doctor writes it, the desk gives it out unread, the patient prints it, an office checks it."""

from tests.journeys.browser import DESK, PHONE
from tests.papers import RESTRICTIONS, note


def test_an_excuse_note_from_the_doctor_to_whoever_gets_it(window, session, cast):
    cast.booked(patient=cast.maya_patient)
    chart = f"/staff/patients/{cast.maya_patient.id}"
    osei = window(cast.osei, size=DESK).go(f"{chart}/referrals/new").check().picture("referral-new")
    osei.page.get_by_label("To", exact=True).fill("Dr Heart\n1 Vein Road")
    osei.page.get_by_label("Urgent").check()
    osei.page.get_by_label("Why, and what you ask of them").fill("A murmur since spring")
    osei.press("Save")
    osei.sees("Nobody has got it yet.")
    osei.check().picture("referral-1280").go(f"{chart}/excuse-notes").check().picture("notes-1280")

    made = note(session, cast, cast.maya_patient)
    maya = window(cast.maya, size=PHONE).go("/portal/record/excuse-notes").check()
    assert not maya.page.get_by_text("For work").count()
    amara = window(cast.amara, size=PHONE).go(f"{chart}/record").check()
    assert not amara.page.get_by_role("link", name="Excuse note").count()
    osei.go(f"{chart}/excuse-notes/{made.id}").check().picture("draft-1280")
    osei.press("Finished: the front desk may send it")
    osei.sees("The front desk may give it out now.")
    amara.go(f"{chart}/record").check().picture("existing-360")
    amara.press("Excuse note", role="link")
    amara.check().picture("paper-360").press("Note that the patient got it")
    amara.sees("Noted.")
    assert RESTRICTIONS not in amara.page.content()

    maya.go("/portal/record/excuse-notes").check().picture("own-notes-360")
    maya.page.locator(".past a").first.click()
    maya.sees(RESTRICTIONS)
    maya.check().picture("own-note-360").press("Print the note", role="link")
    maya.check().picture("print-360")
    session.rollback()
    session.refresh(made)
    maya.sees(made.code_in_groups)
    office = window(size=PHONE).go("/check").check()
    office.page.get_by_label("Code on the note").fill(made.code_in_groups.lower())
    office.press("Check it")
    office.sees("Genuine")
    office.check().picture("check-360")
    osei.go(f"{chart}/excuse-notes/{made.id}").check().picture("note-1280")
