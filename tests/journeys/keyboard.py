"""A window in which everything is done by the keyboard alone, and where the focus is can always be seen."""

from datetime import date

from tests.journeys.browser import Window

# More keys than any page needs from one control to another.
MOST_KEYS = 150
# The link that leads past the menu is followed. Of radio buttons with one name Tab stops at one, the arrows lead on.
NEXT_KEY = """(wanted) => {
    const at = document.activeElement;
    if (at === wanted) return "";
    if (at.matches(".skip") && document.querySelector("main").contains(wanted)) return "Enter";
    if (at.type === "radio" && at.name === wanted.name && at.form === wanted.form) return "ArrowDown";
    return at.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
# A control may show its focus on its label, as a time to choose does. Nothing that stays in its place may lie over it.
SEEN = """(wanted) => {
    const shown = getComputedStyle(wanted).opacity === "0" ? wanted.labels[0] : wanted;
    const style = getComputedStyle(shown), box = shown.getBoundingClientRect();
    const on_top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return ring && [shown, wanted].some((each) => each.contains(on_top));
}"""


class Keys(Window):
    """A window without a mouse."""

    def reach(self, found):
        """Come to a control as people do, mostly with Tab; fails where no key leads there or the focus is not seen."""
        found.wait_for()
        for _key in range(MOST_KEYS):
            key = found.evaluate(NEXT_KEY)
            if key:
                self.page.keyboard.press(key)
            elif found.evaluate(SEEN):
                return found
            else:
                # A part that comes anew by itself gives the focus back a moment later.
                self.page.wait_for_timeout(50)
        raise AssertionError(f"{self.page.url}: no key leads to {found}, or the focus on it cannot be seen")

    def click(self, found):
        """Press what was found: a tick with the space bar, everything else with Enter."""
        ticked = self.reach(found).get_attribute("type") in ("radio", "checkbox")
        found.press("Space" if ticked else "Enter")
        self.page.wait_for_load_state()
        return self

    def write(self, label, words):
        """Write into the field that is called so; a day as 2026-11-30, typed as the browser asks for it."""
        found = self.reach(self.page.get_by_label(label).first)
        if found.get_attribute("type") == "date":
            self._write_day(found, words)
        else:
            self.page.keyboard.type(words)

    def _write_day(self, found, words):
        day = date.fromisoformat(words)
        self.page.keyboard.type(f"{day:%m%d%Y}")
        if found.input_value() != words:
            # The order of its parts is the machine's. From the last of them two arrows lead back to the first.
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.press("ArrowLeft")
            self.page.keyboard.type(f"{day:%d%m%Y}")
        assert found.input_value() == words

    def choose(self, label, value):
        """Choose from the list that is called so, by typing what the choice is called."""
        found = self.reach(self.page.get_by_label(label).first)
        self.page.keyboard.type(found.locator(f'option[value="{value}"]').inner_text())
        assert found.input_value() == value
