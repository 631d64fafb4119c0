"""A real Chromium with the content policy on: every page that is looked at is checked as a person would feel it."""

import os
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.machine import browser as system_browser

DESK, PHONE, NARROWEST = {"width": 1280, "height": 800}, {"width": 360, "height": 740}, 320
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
PROBLEMS = """async (options) => (await axe.run(options)).violations.map(
    (found) => [found.id, found.nodes.map((node) => node.html.slice(0, 160))]
)"""
# What Chromium and htmx say on the console of an answer that is no success; the answer itself is what a test looks at.
AN_ANSWER = ("Failed to load resource: the server responded with a status of 4", "Response Status Error Code 4")
# And what htmx says of a request that was on its way when somebody went to another page.
LEFT = ("htmx:afterRequest, ", "htmx:sendAbort, ")
# Pixels, as a word because 0 would count as "not yet"; asked again until the page is whole.
# A function: asked a second time, the content policy lets no text be read as script.
TOO_WIDE_BY = "() => document.readyState === 'complete' && String(document.documentElement.scrollWidth - innerWidth)"


@contextmanager
def chromium():
    """The system's Chromium, or Playwright's own where it has been downloaded."""
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
                 "--disable-component-update", "--no-first-run"]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=system_browser(), args=quiet)
        yield browser
        browser.close()


class Window:
    """One person's window on one screen."""

    def __init__(self, browser, url, size=DESK, javascript=True, timezone="Europe/London"):
        self.url, self.javascript = url, javascript
        self.context = browser.new_context(
            viewport=size, reduced_motion="reduce", locale="en-GB", timezone_id=timezone,
            java_script_enabled=javascript, base_url=url,
        )  # fmt: skip
        self.page: Page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message):
        if message.type == "error" and not message.text.startswith(AN_ANSWER + LEFT):
            self.complaints.append(message.text)

    def sign_in(self, email, password):
        """Sign in as a person does."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_load_state()

    def come_in(self, cookie):
        """Be signed in by a cookie that was made elsewhere, and land where signing in leads."""
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.url}])
        self.page.goto("/")

    def go(self, address):
        """Open an address."""
        answer = self.page.goto(address)
        assert answer.status < 500, f"{address}: {answer.status}"
        return self

    def press(self, name, role="button"):
        """Press a button, or follow a link, by the words on it."""
        return self.click(self.page.get_by_role(role, name=name).first)

    def click(self, found):
        """Press what was found: a button, a link, a box to tick."""
        found.click()
        self.page.wait_for_load_state()
        return self

    def write(self, label, words):
        """Write into the field that is called so."""
        self.page.get_by_label(label).first.fill(words)

    def choose(self, label, value):
        """Choose from the list that is called so."""
        self.page.get_by_label(label).first.select_option(value)

    def sees(self, text, timeout=15000):
        """Wait until the text is on the page, without loading it again."""
        self.page.get_by_text(text).first.wait_for(timeout=timeout)

    def check(self):
        """Nothing the content policy refused, nothing axe finds, nothing cut off at the side."""
        assert not self.complaints, self.complaints
        # A link that was just followed may still be between two pages, with no document to measure.
        wide = int(self.page.wait_for_function(TOO_WIDE_BY).json_value())
        assert wide <= 0, f"{self.page.url} is {wide} px too wide for {self.page.viewport_size['width']}"
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(Axe().axe_script)
        problems = self.page.evaluate(PROBLEMS, AXE)
        assert not problems, f"{self.page.url}: {problems}"
        return self

    def check_on_both(self, name=None):
        """Check the page as it is on a wide screen and on a phone, and keep a picture of each where it has a name."""
        before = self.page.viewport_size
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)
            if name:
                self.picture(f"{name}-{size['width']}")
            self.check()
        self.page.set_viewport_size(before)
        return self

    def look(self, name):
        """Check the page as it is and keep a picture with its width in the name; without script nothing is measured."""
        return self.check().picture(f"{name}-{self.page.viewport_size['width']}") if self.javascript else self

    def picture(self, name):
        """Keep a picture where somebody asked for pictures."""
        folder = os.environ.get("PICTURES")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png", caret="initial", full_page=True)
        return self

    def close(self):
        """Close the window."""
        self.context.close()
