"""A time chosen on the clinic's page is not lost to somebody who has an account."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit


def test_whoever_has_an_account_comes_back_to_the_time_too(nobody, maya, amara):
    there = "/portal/book/time?day=2026-12-01"
    page = nobody.open("public.clinics.sign_up", slug="rose-street", next=there).text
    ways = [unescape(each) for each in re.findall(r'href="(/sign-in[^"]+)"', page)]
    assert len(ways) == 2 and len(set(ways)) == 1
    (back,) = parse_qs(urlsplit(ways[0]).query)["next"]
    assert parse_qs(urlsplit(back).query) == {"next": [there]}
    told = {"slug": "rose-street", "next": there}
    assert maya.open("public.clinics.show", **told).location == there
    assert maya.open("public.clinics.show", **told | {"next": "https://elsewhere.example/"}).status_code == 200
    page = amara.open("public.clinics.show", **told)
    assert page.status_code == 200 and f'value="{there}"' in page.text
    assert amara.send("public.clinics.join", {"next": there}, slug="rose-street").location == there
