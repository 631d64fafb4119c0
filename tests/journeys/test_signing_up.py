"""Finding a clinic, becoming its patient, belonging to two, joining as a colleague: in a real browser."""

from tests.journeys.test_forgotten import post  # noqa: F401 (a fixture)

ADA = {
    "First name": "Ada", "Last name": "Byron", "Date of birth": "10/12/1985", "Phone": "020 7946 0991",
    "Email": "ada@example.org", "Choose a password": "a long password",
}  # fmt: skip
NOOR = {"First name": "Noor", "Last name": "Haddad", "Email": "noor@rose-street.example"}


def test_a_newcomer_finds_the_clinic_signs_up_and_is_at_the_time_they_chose(window, cast, size):
    at = window(size=size)
    at.go("/").check().press("Rose Street Clinic", role="link")
    at.check().page.locator("a.time").first.click()
    at.page.wait_for_load_state()
    at.press("Sign up")
    at.sees("Write your first name.")
    at.check()
    for label, words in ADA.items():
        at.page.get_by_label(label).fill(words)
    at.press("Sign up")
    assert "/portal/book/time?" in at.page.url
    at.check()


def test_somebody_of_another_clinic_becomes_a_patient_here_and_goes_back(window, cast, size):
    at = window(cast.stranger, size=size)
    at.go("/c/rose-street").check().press("Become a patient here")
    assert "/portal/book/" in at.page.url
    at.go("/choose-clinic").check().press("Harbour Health")
    assert "/staff/" in at.page.url


def test_a_colleague_is_invited_and_joins_by_the_link_of_the_mail_alone(window, cast, post, size):  # noqa: F811
    ines = window(cast.ines, size=size)
    ines.go("/staff/colleagues").press("Invite a colleague", role="link")
    for label, words in NOOR.items():
        ines.page.get_by_label(label).fill(words)
    ines.page.get_by_label("Role").select_option("receptionist")
    ines.check().press("Invite")
    ines.sees("They are also sent a mail with a link of their own.")
    ines.check()
    path = post.link(to=NOOR["Email"])
    at = window(size=size)
    at.go(path).check()
    at.page.get_by_label("Choose a password").fill("a brand new password")
    at.press("Join")
    at.page.get_by_role("heading", level=1, name="Today").wait_for()
    at.go("/password").check()
    at.go(path).sees("This link no longer works")
    at.check()


def test_the_error_takes_the_focus_and_a_wrong_password_is_not_typed_again(window, cast, size):
    at = window(size=size)
    at.sign_in(cast.amara.user.email, "not this one")
    at.check()
    assert at.page.evaluate("document.activeElement.className") == "error-summary"
    assert at.page.get_by_label("Email").input_value() == cast.amara.user.email
    assert at.page.get_by_label("Password", exact=True).input_value() == ""
