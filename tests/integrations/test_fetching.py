"""A fetch goes outside or nowhere: whatever is typed, looked up or led on to, nothing inside hears of it."""

import sys
import time
from dataclasses import replace
from ipaddress import ip_address

import dns.resolver
import pytest

from clinic.integrations.fetching import NotAllowed, NotAnswered, NotFetched, Policy, by_name_servers, fetch, post
from clinic.integrations.public_addresses import is_public
from tests.integrations.outside import Listener, name_server, redirect, slowly, tls_contexts

TYPED = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0", "0.0.0.0", "localhost", "LOCALHOST.", "localhost.localdomain", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[2606:4700::1111%25lo]", "[fc00::1]",
    "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "169.254.169.254", "0xa9fea9fe",
    "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "198.18.0.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "１２７.０.０.１", "①②⑦.0.0.1",
    "127。0。0。1", "a.example\\@127.0.0.1", "user@127.0.0.1", "user:word@127.0.0.1", "a.example#@127.0.0.1",
    "127.0.0.1\t", "127.0.0.1%00.a.example", "%31%32%37.0.0.1", "intranet",
]  # fmt: skip
NAMED = [
    ["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["169.254.169.254"], ["10.1.2.3"], ["64:ff9b::7f00:1"], ["0.0.0.0"],
    ["1.1.1.1", "127.0.0.1"], ["2606:4700::1111", "::1"],
]  # fmt: skip
SCHEMES = [
    "file:///etc/passwd",
    "ftp://a.example/",
    "gopher://127.0.0.1/",
    "unix:///run/x",
    "//127.0.0.1/",
    "",
    "http:///x",
]


class Knocks:
    """How often this process tried to open a connection over the network."""

    def __init__(self):
        self.watching, self.count = False, 0

    def __call__(self, event, arguments):
        if self.watching and event == "socket.connect" and isinstance(arguments[1], tuple):
            self.count += 1


KNOCKS = Knocks()
# An audit hook stays for as long as the process does.
sys.addaudithook(KNOCKS)


@pytest.fixture
def knocks():
    KNOCKS.count, KNOCKS.watching = 0, True
    yield KNOCKS
    KNOCKS.watching = False


@pytest.fixture
def inside():
    """What must not be reached."""
    with Listener() as listener:
        yield listener


def resolving(*answers):
    """A resolver that says one after the other, then the last for ever; `asked` tells how often."""
    left = list(answers)

    def resolve(name, seconds):
        resolve.asked += 1
        return left.pop(0) if len(left) > 1 else left[0]

    resolve.asked = 0
    return resolve


def only(*allowed, **more):
    """A policy that takes these loopback addresses for the outside."""
    there = {ip_address(each) for each in allowed}
    return Policy(permits=lambda address: address in there, **{"ports": range(65536), "seconds": 3, **more})


class TestInside:
    @pytest.mark.promise(37, f"{len(TYPED)} ways to type an address inside: 0 connections")
    @pytest.mark.parametrize("host", TYPED)
    def test_nothing_typed_reaches_inside(self, host, inside, knocks):
        policy = Policy(ports=frozenset({inside.port}), resolve=resolving(["127.0.0.1"]))
        with pytest.raises(NotAllowed):
            fetch(f"http://{host}:{inside.port}/", policy=policy)
        assert (knocks.count, inside.connections) == (0, 0)

    def test_what_counts_the_connections_does_count(self, inside, knocks):
        fetch(f"http://127.0.0.1:{inside.port}/", policy=only("127.0.0.1"))
        assert (knocks.count, inside.connections) == (1, 1)

    @pytest.mark.promise(37, f"{len(NAMED)} names that lead inside, wholly or in part: 0 connections")
    @pytest.mark.parametrize("addresses", NAMED, ids=str)
    def test_no_name_leads_inside_not_even_with_one_of_its_addresses(self, addresses, inside, knocks):
        policy = Policy(ports=frozenset({inside.port}), resolve=resolving(addresses))
        with pytest.raises(NotAllowed):
            fetch(f"http://feeds.example:{inside.port}/", policy=policy)
        assert (knocks.count, inside.connections) == (0, 0)

    @pytest.mark.parametrize("url", SCHEMES)
    def test_only_web_addresses_are_fetched(self, url, knocks):
        with pytest.raises(NotAllowed):
            fetch(url, policy=only("127.0.0.1"))
        assert knocks.count == 0

    @pytest.mark.parametrize("port", [0, 22, 25, 5432, 6379, 8080])
    def test_only_the_webs_ports_are_fetched_from(self, port, knocks):
        with pytest.raises(NotAllowed, match="port"):
            fetch(f"http://1.1.1.1:{port}/")
        assert knocks.count == 0

    @pytest.mark.promise(37, "a name that means another address the second time it is asked: 0 connections to that one")
    def test_a_name_that_means_another_address_the_second_time_is_asked_once(self, inside):
        with Listener(host="127.0.0.2", port=inside.port) as outside:
            resolve = resolving(["127.0.0.2"], ["127.0.0.1"])
            answer = fetch(f"http://feeds.example:{inside.port}/", policy=only("127.0.0.2", resolve=resolve))
        assert answer.body == b"ok" and resolve.asked == 1
        assert (outside.connections, inside.connections) == (1, 0)

    @pytest.mark.promise(37, "redirects inside by all five statuses: 0 connections")
    @pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/", "http://inside.example:{port}/", "//127.1:{port}/"])
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_no_redirect_leads_inside(self, where, status, inside):
        with Listener(redirect(where.format(port=inside.port), status), "127.0.0.2") as outside:
            policy = only("127.0.0.2", resolve=resolving(["127.0.0.1"]))
            with pytest.raises(NotAllowed):
                fetch(f"http://127.0.0.2:{outside.port}/", policy=policy)
        assert (outside.connections, inside.connections) == (1, 0)

    def test_no_proxy_of_the_environment_is_asked(self, inside, monkeypatch):
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")
        with Listener(host="127.0.0.2") as outside:
            assert fetch(f"http://127.0.0.2:{outside.port}/", policy=only("127.0.0.2")).body == b"ok"
        assert inside.connections == 0

    def test_loopback_is_let_in_by_no_setting_but_by_a_policy_of_the_callers(self, inside):
        with pytest.raises(NotAllowed):
            fetch(f"http://127.0.0.1:{inside.port}/", policy=Policy(ports=range(65536)))
        assert fetch(f"http://127.0.0.1:{inside.port}/", policy=only("127.0.0.1")).status == 200

    @pytest.mark.parametrize(
        "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    )
    def test_the_outside_is_outside(self, address):
        assert is_public(ip_address(address))

    def test_a_refusal_shows_nothing_of_what_is_inside(self):
        with pytest.raises(NotAllowed) as told:
            fetch("http://feeds.example/", policy=Policy(resolve=resolving(["10.9.8.7"])))
        assert "10.9.8.7" not in str(told.value)


class TestOutside:
    def test_it_is_asked_by_its_name_and_as_a_stranger(self):
        with Listener() as outside:
            policy = only("127.0.0.1", resolve=resolving(["127.0.0.1"]))
            answer = fetch(f"http://Feeds.Example:{outside.port}/a b?c=ö".replace(" ", "%20"), policy=policy)
        asked = outside.requests[0].decode().lower()
        assert asked.startswith("get /a%20b?c=%c3%b6 http/1.1\r\n") and f"host: feeds.example:{outside.port}" in asked
        assert "cookie" not in asked and "authorization" not in asked
        assert (answer.status, answer.headers["content-length"]) == (200, "2")

    def test_an_encrypted_server_is_known_by_the_name_that_was_typed(self, tmp_path):
        server, client, asked = tls_contexts(tmp_path, "feeds.example")
        with Listener(tls=server) as outside:
            policy = only("127.0.0.1", resolve=resolving(["127.0.0.1"]), tls=client)
            assert fetch(f"https://feeds.example:{outside.port}/", policy=policy).body == b"ok"
            with pytest.raises(NotAnswered):
                fetch(f"https://other.example:{outside.port}/", policy=policy)
            with pytest.raises(NotAnswered):
                fetch(f"https://feeds.example:{outside.port}/", policy=replace(policy, tls=None))
        assert asked == ["feeds.example", "other.example", "feeds.example"]
        assert b"feeds.example" in outside.requests[0] and len(outside.requests) == 1

    def test_an_address_that_does_not_answer_gives_way_to_the_next(self):
        with Listener(host="127.0.0.2") as outside:
            policy = only("127.0.0.2", "127.0.0.3", resolve=resolving(["127.0.0.3", "127.0.0.2"]))
            assert fetch(f"http://feeds.example:{outside.port}/", policy=policy).body == b"ok"

    def test_three_redirects_are_followed_and_no_fourth(self):
        with Listener() as last:
            policy = only("127.0.0.1")
            with Listener(redirect(f"http://127.0.0.1:{last.port}/there")) as first:
                answer = fetch(f"http://127.0.0.1:{first.port}/", headers={"X-Key": "canary"}, policy=policy)
            assert answer.url == f"http://127.0.0.1:{last.port}/there" and answer.body == b"ok"
            assert b"canary" in first.requests[0] and b"canary" not in last.requests[0]
        with Listener(redirect("/again")) as circle, pytest.raises(NotAllowed, match="too often"):
            fetch(f"http://127.0.0.1:{circle.port}/", policy=policy)
        assert circle.connections == 4

    def test_no_redirect_leads_away_from_an_encrypted_connection(self, tmp_path, inside):
        server, client, _asked = tls_contexts(tmp_path, "feeds.example")
        with Listener(redirect(f"http://feeds.example:{inside.port}/"), tls=server) as outside:
            policy = only("127.0.0.1", resolve=resolving(["127.0.0.1"]), tls=client)
            with pytest.raises(NotAllowed, match="encrypted"):
                fetch(f"https://feeds.example:{outside.port}/", policy=policy)
        assert inside.connections == 0

    def test_what_is_posted_goes_to_the_address_typed_and_nowhere_else(self, inside):
        with Listener(redirect(f"http://127.0.0.1:{inside.port}/")) as outside:
            answer = post(f"http://127.0.0.1:{outside.port}/hook", b"canary", headers={}, policy=only("127.0.0.1"))
        assert answer.status == 302 and outside.requests[0].startswith(b"POST /hook") and inside.connections == 0


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKS = b"100\r\n" + b"x" * 256 + b"\r\n" + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 2
TOO_MUCH = {
    "more than the limit": HEAD + b"Connection: close\r\n\r\n" + b"x" * 2000,
    "more than the limit in pieces": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "less than it says": HEAD + b"Content-Length: 500\r\n\r\nx",
    "endless headers": HEAD + b"X: " + b"x" * 200_000,
    "compressed": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "nothing": b"",
}


class TestBounds:
    @pytest.mark.parametrize("answer", TOO_MUCH.values(), ids=TOO_MUCH)
    def test_an_answer_that_is_not_as_it_should_be_is_not_taken(self, answer):
        with Listener(answer) as outside, pytest.raises(NotAnswered):
            fetch(f"http://127.0.0.1:{outside.port}/", policy=only("127.0.0.1", most_bytes=1000))

    def test_as_much_as_the_limit_is_taken(self):
        with Listener(HEAD + b"Connection: close\r\n\r\n" + b"x" * 1000) as outside:
            assert (
                len(fetch(f"http://127.0.0.1:{outside.port}/", policy=only("127.0.0.1", most_bytes=1000)).body) == 1000
            )

    @pytest.mark.parametrize(
        "answer", [HEAD + b"X-Slow: " + b"x" * 900, HEAD + b"Content-Length: 900\r\n\r\n" + b"x" * 900]
    )
    def test_a_server_cannot_stretch_the_time_byte_by_byte(self, answer):
        began = time.monotonic()
        with Listener(slowly(answer, 0.02)) as outside, pytest.raises(NotAnswered, match="too long"):
            fetch(f"http://127.0.0.1:{outside.port}/", policy=only("127.0.0.1", seconds=0.5))
        assert time.monotonic() - began < 3

    def test_all_redirects_together_have_the_time_of_one_fetch(self):
        began = time.monotonic()
        with Listener(slowly(redirect("/again"), 0.004)) as outside, pytest.raises(NotAnswered, match="too long"):
            fetch(f"http://127.0.0.1:{outside.port}/", policy=only("127.0.0.1", seconds=0.5))
        assert time.monotonic() - began < 3


class TestNames:
    @pytest.fixture
    def asked(self, monkeypatch):
        with name_server({"feeds.example": ["192.0.2.1", "192.0.2.2"], "slow.example": None}) as (port, asked):
            resolver = dns.resolver.Resolver(configure=False)
            resolver.nameservers, resolver.port = ["127.0.0.1"], port
            monkeypatch.setattr(dns.resolver, "Resolver", lambda: resolver)
            yield asked

    def test_a_name_has_all_the_addresses_its_servers_say(self, asked):
        assert sorted(by_name_servers("feeds.example", 3)) == ["192.0.2.1", "192.0.2.2"]

    def test_a_name_that_there_is_not_is_not_looked_for_elsewhere(self, asked):
        with pytest.raises(NotFetched, match="No server of this name"):
            by_name_servers("nowhere.example", 3)
        assert set(asked) == {"nowhere.example"}

    def test_a_name_server_that_is_silent_is_not_waited_for(self, asked):
        began = time.monotonic()
        with pytest.raises(NotAnswered):
            by_name_servers("slow.example", 0.5)
        assert time.monotonic() - began < 3
