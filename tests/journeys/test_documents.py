"""A document's way: sent from the desk over a line that breaks, looked through, shown; and a patient's from a phone."""

import os
import re

import pytest

from clinic.models.documents import PART
from tests.documents import PDF, looked_through, picture
from tests.journeys.browser import DESK, PHONE

AWAY = re.compile(f"/part.offset={PART}$")


@pytest.fixture
def worked(app, session, cast):
    """Let the worker look through what has arrived."""
    return lambda: looked_through(app, session, cast.rose.id)


def chosen(window, *files):
    window.page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    )
    window.press("Send")


def test_files_arrive_whatever_the_line_does_and_only_then_are_seen(window, worked, cast):
    page = f"/staff/patients/{cast.tom.id}/documents"
    desk = window(cast.amara, size=DESK).go(page).check()
    desk.page.get_by_label("What is it?").select_option("consent_form")
    # The line breaks in the middle of the large file, and comes back.
    desk.page.route(AWAY, lambda route: route.abort(), times=2)
    chosen(desk, ("long.pdf", PDF + os.urandom(PART + 1000)), ("photo.jpg", picture("JPEG", (900, 600))))
    desk.page.locator(".sending-state", has_text="It goes on by itself.").wait_for()
    desk.picture("documents-broken-1280")
    desk.page.locator(".sending-state", has_text="Is being checked").first.wait_for()
    assert not desk.page.locator("a", has_text="long").count()
    worked()
    desk.page.locator(".sending-done").first.wait_for()
    # Of the second line: the first one, which was checked just now, may still say it.
    desk.page.locator(".sendings li").nth(1).locator(".sending-state", has_text="Is being checked").wait_for()
    worked()
    desk.page.locator(".document-list a", has_text="photo").wait_for()
    desk.complaints.clear()
    desk.check().picture("documents-1280").press("photo", role="link")
    desk.page.locator(".pages img").wait_for()
    desk.check().picture("document-1280")
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("link", name="Save the file").click()
    assert saved.value.suggested_filename == "photo.jpg"
    phone = window(cast.amara, size=PHONE).go(page).check().picture("documents-360")
    phone.press("photo", role="link")
    phone.check().picture("document-360")


def test_a_patient_sends_a_picture_from_a_phone_with_and_without_script(window, worked, cast):
    maya = window(cast.maya, size=PHONE).go("/portal/documents").check().picture("own-documents-empty-360")
    maya.page.get_by_label("What is it?").select_option("picture")
    maya.page.locator("#camera").set_input_files(
        [{"name": "arm.png", "mimeType": "image/png", "buffer": picture(size=(800, 600))}]
    )
    maya.page.locator(".sending-state", has_text="Is being checked").wait_for()
    worked()
    maya.page.locator(".document-list a", has_text="arm").wait_for()
    maya.check().picture("own-documents-360").press("arm", role="link")
    maya.page.locator(".pages img").wait_for()
    maya.check().picture("own-document-360")
    plain = window(cast.maya, size=DESK, javascript=False).go("/portal/documents")
    plain.page.get_by_label("What is it?").select_option("insurance_card")
    chosen(plain, ("front.png", picture()), ("back.png", picture()))
    plain.sees("2 files are here and are being checked.")
    worked()
    plain.go("/portal/documents").picture("own-documents-1280")
    assert plain.page.locator(".document-list a").count() == 3
