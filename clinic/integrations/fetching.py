"""Fetching what is published outside, from addresses that people type, without being led inside by one."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from ssl import SSLContext
from urllib.parse import urljoin

import dns.exception
import dns.resolver
import httpcore2

from clinic.integrations.public_addresses import is_public
from clinic.integrations.web_addresses import PORTS, NotAWebAddress, WebAddress

REDIRECTS = {301, 302, 303, 307, 308}
HEADERS = {"User-Agent": "Clinic", "Accept-Encoding": "identity"}


class NotFetched(Exception):
    """Nothing was fetched; the message is a sentence that shows nothing of what is inside."""


class NotAllowed(NotFetched):
    """The address leads where nobody outside may send us."""


class NotAnswered(NotFetched):
    """There is no answer, or none that can be used."""


def by_name_servers(name: str, seconds: float) -> Iterable[str]:
    """Ask the name servers, and nothing else, for the addresses of a name; `/etc/hosts` names what is inside."""
    try:
        return list(dns.resolver.Resolver().resolve_name(name, lifetime=seconds, search=False).addresses())
    except dns.exception.DNSException:
        raise NotAnswered("No server of this name can be found.") from None


@dataclass(frozen=True)
class Policy:
    """Where a fetch may go, and what it may cost with all its redirects: in seconds and, each answer, in bytes."""

    ports: frozenset[int] = frozenset(PORTS.values())
    seconds: float = 5
    most_bytes: int = 1024 * 1024
    most_redirects: int = 3
    permits: Callable[[IPv4Address | IPv6Address], bool] = is_public
    resolve: Callable[[str, float], Iterable[str]] = by_name_servers
    tls: SSLContext | None = None


OUTSIDE = Policy()


@dataclass(frozen=True)
class Answer:
    """What came back, from which address in the end; the names of headers are in small letters."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


def fetch(url: str, *, headers: Mapping[str, str] | None = None, policy: Policy = OUTSIDE) -> Answer:
    """Get `url`, whatever status it answers with; raises NotAllowed or NotAnswered.

    Every redirect is judged as the first address was; headers of the caller's go to the first server only.
    """
    fetching = _Fetching(policy)
    answer = fetching.ask("GET", _read(url), headers or {})
    for _ in range(policy.most_redirects):
        if not _leads_on(answer):
            return answer
        target = _read(urljoin(answer.url, answer.headers["location"]))
        if answer.url.startswith("https:") and target.scheme != "https":
            raise NotAllowed("This web address leads away from its encrypted connection.")
        answer = fetching.ask("GET", target, {})
    if _leads_on(answer):
        raise NotAllowed("This web address leads on too often.")
    return answer


def post(url: str, body: bytes, *, headers: Mapping[str, str], policy: Policy = OUTSIDE) -> Answer:
    """Send `body` to `url`, and follow no redirect; raises NotAllowed or NotAnswered."""
    return _Fetching(policy).ask("POST", _read(url), headers, body)


def _read(url):
    try:
        return WebAddress.parse(url)
    except NotAWebAddress as told:
        raise NotAllowed(str(told)) from None


def _leads_on(answer):
    return answer.status in REDIRECTS and "location" in answer.headers


class _Fetching:
    """One fetch under a policy, its redirects included; the clock runs for all of them."""

    def __init__(self, policy):
        self.policy = policy
        self.until = time.monotonic() + policy.seconds

    @property
    def seconds_left(self):
        left = self.until - time.monotonic()
        if left <= 0:
            raise NotAnswered("The server took too long to answer.")
        return left

    def ask(self, method, url, headers, body=None):
        """Send one request to one server and read its answer."""
        if url.port not in self.policy.ports:
            raise NotAllowed("Web addresses with this port are not fetched.")
        origin = httpcore2.Origin(url.scheme.encode(), url.host.encode(), url.port)
        backend = _CheckedBackend(self, self.addresses(url))
        try:
            with (
                httpcore2.HTTPConnection(origin, ssl_context=self.policy.tls, network_backend=backend) as connection,
                connection.stream(method, str(url), headers={**HEADERS, **headers}, content=body) as response,
            ):
                told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(str(url), response.status, told, self.body(response, told))
        except httpcore2.TimeoutException:
            raise NotAnswered("The server took too long to answer.") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            raise NotAnswered("The server does not answer as it should.") from None

    def addresses(self, url):
        """Where the host is, asked once; one address inside is one too many."""
        found = [url.ip] if url.ip else [ip_address(each) for each in self.policy.resolve(url.host, self.seconds_left)]
        if not all(self.policy.permits(each) for each in found):
            raise NotAllowed("This web address leads to a place that cannot be reached from outside.")
        return found

    def body(self, response, headers):
        """The answer's content, plain and within bounds."""
        if headers.get("content-encoding", "identity").lower() != "identity":
            # Asked for plain; what comes compressed anyway may be meant to grow.
            raise NotAnswered("The server's answer has a form that was not asked for.")
        read = bytearray()
        for piece in response.iter_stream():
            read += piece
            if len(read) > self.policy.most_bytes:
                raise NotAnswered("The server's answer is too large.")
        return bytes(read)


class _CheckedBackend(httpcore2.SyncBackend):
    """Opens sockets to the addresses that were judged, never to a name, which could mean another one by now."""

    def __init__(self, fetching, addresses):
        self.fetching, self.addresses = fetching, addresses

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        failed = httpcore2.ConnectError("there is no address")
        for address in self.addresses:
            try:
                stream = super().connect_tcp(
                    str(address), port, self.fetching.seconds_left, local_address, socket_options
                )
                return _TimedStream(self.fetching, stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every step has only the time that is left: a slow server cannot stretch it byte by byte."""

    def __init__(self, fetching, stream):
        self.fetching, self.stream = fetching, stream

    def read(self, max_bytes, timeout=None):
        return self.stream.read(max_bytes, self.fetching.seconds_left)

    def write(self, buffer, timeout=None):
        self.stream.write(buffer, self.fetching.seconds_left)

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        return _TimedStream(
            self.fetching, self.stream.start_tls(ssl_context, server_hostname, self.fetching.seconds_left)
        )

    def close(self):
        self.stream.close()

    def get_extra_info(self, info):
        return self.stream.get_extra_info(info)
