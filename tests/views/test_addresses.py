"""Where a browser is sent on to is a page of ours, whatever an address or a header says; and how much may be sent."""

from urllib.parse import urljoin, urlsplit

import pytest

from clinic import create_app
from tests.cast import PASSWORD
from tests.faults.routes import asked
from tests.visitor import Visitor

HERE = "http://localhost"
# Whatever a browser might take for another site, or for a script.
ELSEWHERE = [
    "https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "https:evil.example",
    "https:/evil.example", "https:///evil.example", "HTTPS://EVIL.EXAMPLE", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
    "blob:https://evil.example/1", "file:///etc/passwd", " https://evil.example", "\thttps://evil.example",
    "\n//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "/%09/evil.example",
    "/%5cevil.example", "/%2f%2fevil.example", "%2f%2fevil.example", "/.//evil.example", "/..//evil.example",
    "/staff/day/..//..//evil.example", "https://localhost@evil.example", "//localhost@evil.example",
    "https://localhost.evil.example", "https://evil.example/staff/day", "https://evil.example#/staff/day",
    "//evil。example", "/staff\x00/day", "ftp://evil.example", "mailto:a@evil.example", "?next=//evil.example",
    "#//evil.example", "/nowhere", "//", "/" * 3000, "http://[::1]:80/",
    "/staff/day\r\nLocation: https://evil.example", "／／evil.example",
]  # fmt: skip


def lands(answer):
    """Where a browser would be after this answer; None where it stays."""
    to = answer.headers.get("HX-Redirect") or answer.headers.get("Location")
    return to and urljoin(HERE + "/sign-in", to.replace("\\", "/"))


@pytest.mark.promise(27, "every way to name the page one comes back to")
def test_a_way_back_leads_only_to_pages_of_our_own(app, cast, figure):
    count, left = 0, []
    for payload in ELSEWHERE:
        nobody, amara = Visitor(app, None), Visitor(app, cast.amara)
        signing_in = {"email": cast.amara.user.email, "password": PASSWORD, "next": payload}
        part = {"HX-Request": "true", "HX-Current-URL": payload.replace("\n", "").replace("\r", "")}
        answers = [
            nobody.send("/sign-in", signing_in),
            asked(nobody, "/staff/day", headers=part),
            asked(amara, "/choose-clinic", query_string={"next": payload}),
            amara.send(f"/choose-clinic/{cast.rose.id}", {"next": payload}),
        ]  # fmt: skip
        with asked(Visitor(app, None), "/sign-in", query_string={"next": payload}) as page:
            count += 1
            if "evil" in page.text.lower() or "alert(1)" in page.text:
                left.append((payload, "the page repeats it"))
        for answer in answers:
            count += 1
            there = lands(answer)
            at = urlsplit(there or HERE)
            if (at.scheme, at.netloc) != ("http", "localhost") or "evil" in (there or "").lower():
                left.append((payload, there))
    assert not left
    figure(f"{len(ELSEWHERE)} addresses, {count} answers, 0 lead elsewhere")


@pytest.mark.parametrize("own", ["/staff/day", "/staff/day?date=2030-01-02", "/portal/", "/"])
def test_a_way_back_to_a_page_of_ours_is_kept(app, cast, own):
    signing_in = {"email": cast.amara.user.email, "password": PASSWORD, "next": own}
    assert lands(Visitor(app, None).send("/sign-in", signing_in)) == HERE + own


@pytest.fixture(scope="module")
def strict(config):
    """The application as it stands on the internet, knowing its own name."""
    return create_app(type(config)(**{**config.__dict__, "TRUSTED_HOSTS": ["clinic.example"]}))


class TestHosts:
    FALSE = (
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "clinic.example@evil.example",
        "",
        "[::1",
        "a b",
    )

    @pytest.mark.promise(28, "a host that is not ours")
    def test_another_host_is_refused_whatever_is_asked(self, strict, cast, figure):
        count = 0
        for host in self.FALSE:
            for path in ("/", "/sign-in", "/staff/day", "/static/clinic.css", "/nowhere"):
                for method in ("GET", "POST"):
                    asking = {"method": method, "headers": {"Host": host}, "base_url": "http://clinic.example"}
                    answer = strict.test_client().open(path, **asking)
                    assert answer.status_code == 400, (host, path, answer.status_code)
                    assert "evil" not in answer.text + str(answer.headers)
                    assert answer.headers["X-Frame-Options"] == "DENY"
                    count += 1
                    answer.close()
        figure(f"{count} requests with a false host, {count} refused")

    def test_its_own_is_taken(self, strict, cast):
        assert strict.test_client().get("/sign-in", headers={"Host": "clinic.example"}).status_code == 200

    @pytest.mark.promise(28, "a host in an answer")
    def test_no_answer_repeats_what_a_request_says_of_its_host(self, app, cast, figure):
        said = {
            "Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
            "Forwarded": "host=evil.example", "X-Original-URL": "https://evil.example/", "X-Rewrite-URL": "/evil",
            "X-Forwarded-Prefix": "/evil",
        }  # fmt: skip
        count = 0
        for who in (None, cast.amara, cast.maya):
            visitor = Visitor(app, who)
            for path in ("/", "/sign-in", "/staff/day", "/staff/colleagues", "/portal/", "/c/rose-street", "/nowhere"):
                for name, value in said.items():
                    with asked(visitor, path, headers={name: value}) as answer:
                        count += 1
                        assert "evil" not in answer.text + str(answer.headers), (path, name)
        figure(f"{count} answers, 0 repeat it")


class TestProxies:
    def test_a_proxy_is_believed_as_many_times_as_the_setting_says(self, config, cast):
        for hops, scheme in ((0, "http"), (1, "https"), (2, "http")):
            behind = create_app(type(config)(**{**config.__dict__, "PROXIES": hops}))
            answer = behind.test_client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
            assert ("Strict-Transport-Security" in answer.headers) == (scheme == "https"), hops

    def test_the_address_is_the_one_our_own_proxy_saw(self, config, cast, monkeypatch):
        from flask import request

        seen = {}
        for hops in (0, 1, 2):
            behind = create_app(type(config)(**{**config.__dict__, "PROXIES": hops}))
            behind.before_request(lambda hops=hops: seen.update({hops: request.remote_addr}))
            behind.test_client().get("/nowhere", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        assert seen == {0: "127.0.0.1", 1: "203.0.113.9", 2: "198.51.100.1"}


class TestTooMuch:
    def test_each_route_takes_what_it_is_for_and_says_what_to_do_with_more(self, app, cast):
        ines = Visitor(app, cast.ines)
        for path, size, status in (
            ("/staff/clinic", 200_000, 422), ("/staff/clinic", 300_000, 413), ("/staff/clinic/logo", 300_000, 422),
            ("/staff/clinic/logo", 5_000_000, 413), ("/staff/patients/find", 300_000, 413), ("/sign-in", 300_000, 413),
            ("/nowhere", 300_000, 413),
        ):  # fmt: skip
            answer = ines.send(path, {"name": "x" * size})
            assert answer.status_code == (404 if path == "/nowhere" else status), (path, size)
            if answer.status_code == 413:
                assert "Send less text, or a smaller file" in answer.text

    def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_same_measure(self, app, cast):
        ines = Visitor(app, cast.ines)
        answer = ines.send("/staff/clinic", {f"field{number}": "x" * 1000 for number in range(1200)})
        assert answer.status_code == 413

    def test_cookies_and_headers_of_any_size_are_no_fault(self, app, cast):
        amara = Visitor(app, cast.amara)
        for headers in (
            {"Cookie": "clinic=" + "x" * 60_000}, {"Cookie": "; ".join(f"c{n}=1" for n in range(3000))},
            {"X-Long": "x" * 60_000}, {"Accept-Language": ",".join(["en"] * 5000)}, {"Accept": "x/" * 5000},
            {"If-None-Match": '"x",' * 5000}, {"Range": "bytes=" + ",".join(["0-1"] * 5000)},
            {"Content-Length": "9" * 400},
        ):  # fmt: skip
            for path in ("/staff/day", "/sign-in", "/static/clinic.css"):
                with asked(amara, path, headers=headers) as answer:
                    assert answer.status_code < 500, (path, list(headers))
