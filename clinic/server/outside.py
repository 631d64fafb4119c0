"""A PostgreSQL that somebody else runs, named by DATABASE_URL."""

from collections.abc import Mapping

import psycopg

from clinic.server.errors import ServerError

OLDEST_MAJOR = 15
# What each kind of work logs in with; whichever is not given is the one before it in this chain.
FALLBACKS = {
    "DATABASE_OWNER_URL": "DATABASE_URL",
    "DATABASE_KEEPER_URL": "DATABASE_OWNER_URL",
    "DATABASE_DIRECT_URL": "DATABASE_URL",
}


def outside_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return all database addresses, checked that the server answers and is new enough."""
    addresses = {"DATABASE_URL": given["DATABASE_URL"]}
    for name, fallback in FALLBACKS.items():
        addresses[name] = given.get(name) or addresses[fallback]
    with connect(addresses["DATABASE_OWNER_URL"]) as connection:
        major = connection.info.server_version // 10000
    if major < OLDEST_MAJOR:
        raise ServerError(f"DATABASE_URL is a PostgreSQL {major}; {OLDEST_MAJOR} or newer is needed.")
    return addresses


def connect(url: str) -> psycopg.Connection:
    """Open a connection to an address written in SQLAlchemy's or in PostgreSQL's own way."""
    try:
        return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=10)
    except psycopg.Error as error:
        raise ServerError(f"The PostgreSQL of DATABASE_URL does not answer: {error}") from None
