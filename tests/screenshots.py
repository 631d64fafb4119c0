"""The README's pictures, taken of the product with its demo: `python -m tests.screenshots` writes docs/images."""

from flask_migrate import upgrade
from PIL import Image

from clinic import create_app
from clinic.config import HOME, Config
from clinic.seed.cast import PASSWORD
from tests.databases import scratch_database, scratch_server
from tests.journeys.browser import DESK, Window, chromium
from tests.live_server import SECRET_KEY, SECRET_KEYS, served

FOLDER = HOME / "docs" / "images"
PHONE = {"width": 390, "height": 800}
# Who, which page, on what, and the way on from there: links by where they lead.
PICTURES = [
    ("desk", "amara@rose-street.example", "/staff/day", DESK),
    ("calendar", "amara@rose-street.example", "/staff/calendar", DESK),
    ("doctor", "kwame@rose-street.example", "/staff/my-day", DESK),
    ("note", "kwame@rose-street.example", "/staff/my-day", DESK, "/consultation"),
    ("patient", "maya@rose-street.example", "/portal/", PHONE),
]


def main():
    """Seed a scratch database, serve it, sign in as each and take the picture."""
    FOLDER.mkdir(exist_ok=True)
    with scratch_server() as server, scratch_database(server) as addresses:
        app = create_app(Config(**addresses, SECRET_KEY=SECRET_KEY, SECRET_KEYS=SECRET_KEYS))
        with app.app_context():
            upgrade()
        app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
        with served(addresses) as live, chromium() as browser:
            for picture in PICTURES:
                _take(browser, live.url, *picture)


def _take(browser, url, name, email, address, size, *ways_on):
    window = Window(browser, url, size=size)
    window.sign_in(email, PASSWORD)
    window.go(address)
    for way in ways_on:
        window.page.locator(f'main a[href*="{way}"]').first.click()
        window.page.wait_for_url(f"**{way}*")
    window.check()
    picture = FOLDER / f"{name}.png"
    window.page.screenshot(path=picture, caret="initial")
    # A palette is enough for a page of plain colours, and a third of the size.
    Image.open(picture).convert("RGB").quantize(128).save(picture, optimize=True)
    window.close()


if __name__ == "__main__":
    main()
