"""Text messages: handing one to a service that speaks Twilio's wire format, or keeping it in the trial's folder."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit

from uuid_utils.compat import uuid7

VERSION = "2010-04-01"
SECONDS_TO_ANSWER = 20
LARGEST_ANSWER = 64 * 1024
MOST_KEPT = 500
# What the service says of a message, in the order in which it can become true; what is final ends it.
RANKS = {"accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4, "delivered": 5, "read": 6,
         "partially_delivered": 5, "undelivered": 5, "failed": 5, "canceled": 5}  # fmt: skip
ARRIVED = {"delivered", "read"}
LOST = {"undelivered", "failed", "canceled"}
STOPPED = "21610"
ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


class SmsNotSent(Exception):
    """The service did not take the message, and it may be tried again; says why without naming anybody."""


class SmsRefused(SmsNotSent):
    """The service will not take this message, now or later; ``code`` is its word for why."""

    def __init__(self, code):
        super().__init__(f"the message was refused: {code}")
        self.code = code


class SmsUnclear(SmsNotSent):
    """The message was handed over and nobody answered: it may be under way, so it must not be sent again."""


@dataclass(frozen=True, slots=True)
class SmsService:
    """Where the service is, who we are there, and the number or messaging service that texts come from."""

    scheme: str
    host: str
    port: int
    account: str
    user: str
    secret: str
    sender: str

    def __repr__(self):
        """The host alone: the secret must not reach a log."""
        return f"<SmsService {self.host}:{self.port}>"


@dataclass(frozen=True, slots=True)
class Taken:
    """What the service calls a message that it took, and where it stands."""

    id: str
    status: str


def service_of(url: str, sender: str, account: str = "") -> SmsService:
    """Read ``https://account:token@api.twilio.com``; with a key in place of both, ``account`` says whose it is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username or not parts.password:
        raise ValueError("SMS_URL is https://account:token@api.twilio.com")
    user, secret = unquote(parts.username), unquote(parts.password)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return SmsService(parts.scheme, parts.hostname, port, account or user, user, secret, sender)


def send(service: SmsService, to: str, body: str, callback: str) -> Taken:
    """Hand the message over; raises SmsNotSent, SmsRefused or SmsUnclear.

    ``to`` is a number in E.164; ``callback`` is where the service says what becomes of the message.
    """
    # A messaging service's name goes by another field than a number.
    sender = "MessagingServiceSid" if service.sender.startswith("MG") else "From"
    form = urlencode({"To": to, sender: service.sender, "Body": body, "StatusCallback": callback})
    line = _connected(service)
    try:
        line.request("POST", f"/{VERSION}/Accounts/{quote(service.account, safe='')}/Messages.json", form, {
            "Authorization": "Basic " + base64.b64encode(f"{service.user}:{service.secret}".encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
        })  # fmt: skip
        response = line.getresponse()
        return _read(response.status, response.read(LARGEST_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        raise SmsUnclear(type(error).__name__) from None
    finally:
        line.close()


def _connected(service):
    kind = http.client.HTTPSConnection if service.scheme == "https" else http.client.HTTPConnection
    tls = {"context": ssl.create_default_context()} if service.scheme == "https" else {}
    line = kind(service.host, service.port, timeout=SECONDS_TO_ANSWER, **tls)
    try:
        line.connect()
    except OSError as error:
        # Nothing of the message has left this machine.
        raise SmsNotSent(type(error).__name__) from None
    return line


def _read(status, body):
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if status in (200, 201) and said.get("sid"):
        return Taken(str(said["sid"]), str(said.get("status", "")))
    if status in (429, 503):
        raise SmsNotSent(f"the service answered {status}")
    if 400 <= status < 500:
        raise SmsRefused(str(said.get("code") or status))
    raise SmsUnclear(f"the service answered {status}")


def signature(secret: str, url: str, fields: Mapping[str, Sequence[str]], algorithm: str = "sha1") -> str:
    """What ``X-Twilio-Signature`` says of a form sent to ``url``: its fields by name, blank ones too."""
    said = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    made = hmac.new(secret.encode(), said.encode("utf-8", "surrogatepass"), ALGORITHMS[algorithm])
    return base64.b64encode(made.digest()).decode()


def is_signed(given: str, secret: str, url: str, fields: Mapping[str, Sequence[str]], algorithm: str = "sha1") -> bool:
    """Whether the signature is the service's; the address may be written with its usual port or without."""
    wanted = [signature(secret, each, fields, algorithm) for each in (url, _with_port(url))]
    return any(hmac.compare_digest(each.encode(), given.encode("utf-8", "replace")) for each in wanted)


def _with_port(url):
    parts = urlsplit(url)
    if parts.port or not parts.hostname:
        return url
    return parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}").geturl()


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text message of the trial, as its page shows it."""

    id: str
    sent_at: datetime
    to: str
    text: str
    subject = None


def keep(folder: Path, to: str, body: str, name: str | None = None) -> Path:
    """Write the message as a file for its owner only; the same ``name`` again writes the same file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = name or str(uuid7())
    unfinished, file = folder / f"{name}.part", folder / f"{name}.sms"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(json.dumps({"to": to, "text": body}).encode())
    unfinished.rename(file)
    for old in _files(folder)[MOST_KEPT:]:
        old.unlink(missing_ok=True)
    return file


def kept(folder: Path, most: int) -> list[KeptText]:
    """The newest messages in the folder, newest first."""
    return [_kept(file) for file in _files(folder)[:most]]


def _files(folder):
    return sorted(folder.glob("*.sms"), key=lambda file: file.stat().st_mtime, reverse=True)


def _kept(file):
    said = json.loads(file.read_bytes())
    return KeptText(file.stem, datetime.fromtimestamp(file.stat().st_mtime, UTC), said["to"], said["text"])
