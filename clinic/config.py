"""Every setting the product reads, from the environment, with safe defaults."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


def _psycopg(url: str) -> str:
    """The same address, spoken by SQLAlchemy's psycopg 3 dialect."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def _list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


@dataclass
class Config:
    """One start's settings. Times are in seconds, sizes in bytes, unless the name says otherwise."""

    DATABASE_URL: str = field(default_factory=lambda: _psycopg(os.environ.get("DATABASE_URL", "")))
    DATABASE_OWNER_URL: str = field(default_factory=lambda: _psycopg(os.environ.get("DATABASE_OWNER_URL", "")))
    DATABASE_KEEPER_URL: str = field(default_factory=lambda: _psycopg(os.environ.get("DATABASE_KEEPER_URL", "")))
    # Set for `flask backup` and `flask restore` alone: no process that serves people needs a role this mighty.
    DATABASE_BACKUP_URL: str = field(default_factory=lambda: _psycopg(os.environ.get("DATABASE_BACKUP_URL", "")))
    DATABASE_DIRECT_URL: str = field(default_factory=lambda: _psycopg(os.environ.get("DATABASE_DIRECT_URL", "")))
    DATABASE_POOL: int = field(default_factory=lambda: _number("DATABASE_POOL", 16))
    DATABASE_POOL_WAIT: int = field(default_factory=lambda: _number("DATABASE_POOL_WAIT", 5))
    # Set to 0 behind a PgBouncer older than 1.21, which loses prepared statements.
    DATABASE_PREPARE: int = field(default_factory=lambda: _number("DATABASE_PREPARE", 5))

    SECRET_KEY: str = field(default_factory=lambda: os.environ.get("SECRET_KEY") or secrets.token_hex(32))
    # Never made up: a key that is gone after a restart takes with it what it sealed.
    SECRET_KEYS: str = field(default_factory=lambda: os.environ.get("SECRET_KEYS", ""))
    TRUSTED_HOSTS: list[str] = field(default_factory=lambda: _list("TRUSTED_HOSTS"))
    PROXIES: int = field(default_factory=lambda: _number("PROXIES", 0))
    HTTPS: bool = field(default_factory=lambda: os.environ.get("HTTPS", "") == "1")

    # Where people open this product; links in mails are built on it, never on what a request said of its host.
    PUBLIC_URL: str = field(default_factory=lambda: os.environ.get("PUBLIC_URL", ""))
    MAIL_URL: str = field(default_factory=lambda: os.environ.get("MAIL_URL", ""))
    MAIL_FROM: str = field(default_factory=lambda: os.environ.get("MAIL_FROM", ""))
    # Text messages: https://account:token@api.twilio.com, and the number or messaging service they come from.
    SMS_URL: str = field(default_factory=lambda: os.environ.get("SMS_URL", ""))
    SMS_FROM: str = field(default_factory=lambda: os.environ.get("SMS_FROM", ""))
    # Where SMS_URL names a key instead: whose account it is, and the token that signs what the service calls here.
    SMS_ACCOUNT: str = field(default_factory=lambda: os.environ.get("SMS_ACCOUNT", ""))
    SMS_TOKEN: str = field(default_factory=lambda: os.environ.get("SMS_TOKEN", ""))
    SMS_SIGNED: str = field(default_factory=lambda: os.environ.get("SMS_SIGNED", "sha1"))
    # In the trial: where mails and text messages are kept instead of sent.
    MAIL_FOLDER: str = field(default_factory=lambda: os.environ.get("MAIL_FOLDER", ""))

    # Where files are kept: file:///a/folder, or s3://bucket?region=…; who we are there AWS's own variables say.
    DOCUMENTS_URL: str = field(default_factory=lambda: os.environ.get("DOCUMENTS_URL", ""))
    # Bytes that one clinic's documents may have together.
    DOCUMENTS_ROOM: int = field(default_factory=lambda: _number("DOCUMENTS_ROOM", 200 * 2**30))
    # Let browsers send files to the bucket and fetch them there themselves, with addresses that are signed for seconds.
    DOCUMENTS_DIRECT: bool = field(default_factory=lambda: os.environ.get("DOCUMENTS_DIRECT", "") == "1")

    # Folders with fonts for PDFs, for names in writings that no font of this machine has.
    PDF_FONTS: list[str] = field(default_factory=lambda: _list("PDF_FONTS"))

    SESSION_HOURS: int = field(default_factory=lambda: _number("SESSION_HOURS", 12))
    SESSION_IDLE_MINUTES: int = field(default_factory=lambda: _number("SESSION_IDLE_MINUTES", 60))
    LIVE_STREAMS: int = field(default_factory=lambda: _number("LIVE_STREAMS", 48))
    LOG_LEVEL: str = field(default_factory=lambda: os.environ.get("LOG_LEVEL", "WARNING").upper())
    LANGUAGE: str = field(default_factory=lambda: os.environ.get("CLINIC_LANGUAGE", "en"))

    def __post_init__(self):
        self.DATABASE_OWNER_URL = self.DATABASE_OWNER_URL or self.DATABASE_URL
        self.DATABASE_KEEPER_URL = self.DATABASE_KEEPER_URL or self.DATABASE_OWNER_URL
        self.DATABASE_DIRECT_URL = self.DATABASE_DIRECT_URL or self.DATABASE_URL
        self.DOCUMENTS_URL = self.DOCUMENTS_URL or f"file://{HOME}/instance/documents"
        if self.DOCUMENTS_DIRECT and not self.DOCUMENTS_URL.startswith("s3://"):
            raise ValueError("DOCUMENTS_DIRECT=1 needs a bucket: a folder has no address that browsers could use.")
        if not self.PUBLIC_URL and (self.HTTPS or self.MAIL_URL):
            raise ValueError("HTTPS=1 and MAIL_URL need PUBLIC_URL, the address people open: links are built on it.")
        if self.MAIL_URL and not self.MAIL_FROM:
            raise ValueError("MAIL_URL needs MAIL_FROM, the address that mails come from.")
        if self.SMS_URL and not (self.SMS_FROM and self.PUBLIC_URL):
            raise ValueError("SMS_URL needs SMS_FROM, the number that text messages come from, and PUBLIC_URL.")
        if self.SMS_SIGNED not in ("sha1", "sha256"):
            raise ValueError("SMS_SIGNED is sha1 or sha256, as the service signs what it calls here.")
        self.PUBLIC_URL = (self.PUBLIC_URL or "http://127.0.0.1:8000").rstrip("/")

    def for_flask(self) -> dict:
        """These settings and the ones they decide, as Flask and its extensions name them."""
        return {
            **self.__dict__,
            "TRUSTED_HOSTS": self.TRUSTED_HOSTS or None,
            "SQLALCHEMY_DATABASE_URI": self.DATABASE_URL,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_size": self.DATABASE_POOL,
                "max_overflow": 0,
                "pool_timeout": self.DATABASE_POOL_WAIT,
                # A failing statement's parameters are patient data; they must not reach a log.
                "hide_parameters": True,
                "connect_args": {
                    "prepare_threshold": self.DATABASE_PREPARE or None,
                    "connect_timeout": 5,
                },
            },
            "SESSION_COOKIE_NAME": "__Host-clinic" if self.HTTPS else "clinic",
            "SESSION_COOKIE_SECURE": self.HTTPS,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_TIME_LIMIT": None,
            # A form of words; a route that takes a file says how large a one (`takes=`).
            "MAX_CONTENT_LENGTH": 256 * 1024,
            "MAX_FORM_MEMORY_SIZE": 256 * 1024,
            "SEND_FILE_MAX_AGE_DEFAULT": 31536000,
            "BOOTSTRAP_SERVE_LOCAL": True,
            "BABEL_DEFAULT_LOCALE": self.LANGUAGE,
        }
