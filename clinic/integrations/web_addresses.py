"""Web addresses that people type, taken apart in one way only, so that what is judged is what is fetched."""

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import idna

PORTS = {"http": 80, "https": 443}
LONGEST = 2000
# What some readers take for an end, a beginning or nothing at all.
AMBIGUOUS = re.compile(r'[\x00-\x20\x7f-\xa0\\"<>^`{|}\u2028\u2029]')
NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


class NotAWebAddress(ValueError):
    """This is no address that we fetch from; the message says why."""


@dataclass(frozen=True)
class WebAddress:
    """The scheme, the host as a name or a plain IP address, the port, and what is asked for there."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, typed: str) -> "WebAddress":
        """Take apart what somebody typed; raises NotAWebAddress."""
        try:
            parts = urlsplit(typed)
            port = parts.port
        except ValueError:
            raise NotAWebAddress("This is not a web address.") from None
        if AMBIGUOUS.search(typed) or len(typed) > LONGEST or parts.scheme not in PORTS or not parts.hostname:
            raise NotAWebAddress("This is not a web address: it begins with https:// and holds no spaces.")
        if "@" in parts.netloc:
            raise NotAWebAddress("A web address with a name or a password in it is not fetched.")
        path, query = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~"), quote(parts.query, safe="/?%:@!$&'()*+,;=~[]")
        port = PORTS[parts.scheme] if port is None else port
        return cls(parts.scheme, _host(parts.hostname), port, path + (f"?{query}" if query else ""))

    @property
    def ip(self):
        """The IP address that the host is, or None where it is a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    def __str__(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def _host(typed):
    """The host in its one plain form. Numbers that only some programs read as an address are no names."""
    with suppress(ValueError):
        # After a percent sign stands one of this machine's own network cards.
        if "%" not in typed:
            return str(ip_address(typed))
    try:
        name = idna.encode(typed.removesuffix("."), uts46=True).decode() if not typed.isascii() else typed
    except idna.IDNAError:
        raise NotAWebAddress("The name in this web address cannot be read.") from None
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not NAME.fullmatch(name):
        raise NotAWebAddress("The name in this web address is none that everybody can reach.")
    return name
