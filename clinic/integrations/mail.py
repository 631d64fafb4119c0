"""Mail: handing a message to an SMTP server or, in the trial, keeping it in a folder where everybody can read it."""

import contextlib
import os
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from uuid_utils.compat import uuid7

SECONDS_TO_ANSWER = 20
MOST_KEPT = 500


class MailNotSent(Exception):
    """The server did not take the message; says why without naming anybody. Whether it helps to try again is open."""


class MailRefused(MailNotSent):
    """The server will not take this message, now or later: there is no such mailbox, or it dislikes what it says."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server and how to speak to it: "tls" from the start, "starttls", or "none"."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""

    def __repr__(self):
        """The host alone: the password must not reach a log."""
        return f"<MailServer {self.host}:{self.port}>"


def server_of(url: str) -> MailServer:
    """Read ``smtp://user:password@host:587`` or ``smtps://…``; ``?starttls=no`` gives up encryption, as on loopback."""
    parts = urlsplit(url)
    wanted = parse_qs(parts.query).get("starttls", ["yes"])[0].lower()
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or wanted not in ("yes", "no"):
        raise ValueError("MAIL_URL is smtp://user:password@host:587, if need be with ?starttls=no, or smtps://…")
    security = "tls" if parts.scheme == "smtps" else "starttls" if wanted == "yes" else "none"
    port = parts.port or (465 if security == "tls" else 587)
    return MailServer(parts.hostname, port, security, unquote(parts.username or ""), unquote(parts.password or ""))


def send(server: MailServer, message: EmailMessage, context: ssl.SSLContext | None = None) -> None:
    """Hand the message over; returns once the server has said that it has it, raises MailNotSent otherwise."""
    context = context or ssl.create_default_context()
    try:
        line = _connected(server, message, context)
        try:
            line.send_message(message)
        except BaseException:
            line.close()
            raise
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _reason in error.recipients.values()})
        raise _verdict(codes[0])(f"the recipient was refused: {codes}") from None
    except smtplib.SMTPDataError as error:
        raise _verdict(error.smtp_code)(f"the message was refused: {error.smtp_code}") from None
    except smtplib.SMTPResponseException as error:
        raise MailNotSent(f"the server answered {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailNotSent(type(error).__name__) from None
    # The server has the message; how the line ends changes nothing, and trying again would send it twice.
    with contextlib.suppress(OSError, smtplib.SMTPException):
        line.quit()


def _verdict(code):
    return MailRefused if code >= 500 else MailNotSent


def _connected(server, message, context):
    # Otherwise smtplib looks up a name for this machine, which can take long and tells the world what it is called.
    own_name = message["From"].addresses[0].domain or "localhost"
    options = {"timeout": SECONDS_TO_ANSWER, "local_hostname": own_name}
    if server.security == "tls":
        line = smtplib.SMTP_SSL(server.host, server.port, context=context, **options)
    else:
        line = smtplib.SMTP(server.host, server.port, **options)
    try:
        if server.security == "starttls":
            line.starttls(context=context)
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A message of the trial, as its page shows it."""

    id: str
    sent_at: datetime
    sender: str
    to: str
    subject: str
    text: str


def keep(folder: Path, message: EmailMessage, name: str | None = None) -> Path:
    """Write the message as a file for its owner only; the oldest go when there are very many.

    ``name`` is an id in order of time; the same one again writes the same file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = name or str(uuid7())
    unfinished, file = folder / f"{name}.part", folder / f"{name}.eml"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(message.as_bytes())
    unfinished.rename(file)
    for old in _files(folder)[MOST_KEPT:]:
        old.unlink(missing_ok=True)
    return file


def kept(folder: Path, most: int) -> list[KeptMail]:
    """The newest messages in the folder, newest first."""
    return [_read(file) for file in _files(folder)[:most]]


def _files(folder):
    # The names are ids in order of time.
    return sorted(folder.glob("*.eml"), reverse=True)


def _read(file):
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    sent_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    text = message.get_body(("plain",)).get_content()
    return KeptMail(file.stem, sent_at, message["From"], message["To"], message["Subject"], text)
