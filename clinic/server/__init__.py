"""The one supervisor and its embedded PostgreSQL: `python -m clinic.server`, which is what `make run` calls."""

from clinic.server.embedded import EmbeddedServer
from clinic.server.errors import ServerError

__all__ = ["EmbeddedServer", "ServerError"]
