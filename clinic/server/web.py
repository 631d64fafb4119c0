"""The web server's socket and command, and whether it answers."""

import http.client
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from clinic.server.children import Child
from clinic.server.errors import ServerError

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PORTS_TO_TRY = 100


def listen(given: Mapping[str, str]) -> socket.socket:
    """Return a bound socket: on PORT where it is set, else on the first free port from 8000 on.

    The supervisor holds it, so that nobody takes the port while the web server is started again.
    """
    chosen = given.get("PORT")
    if chosen and not (chosen.isdecimal() and int(chosen) < 65536):
        raise ServerError(f"PORT is {chosen!r}; a number from 0 to 65535 is needed.")
    ports = [int(chosen)] if chosen else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY)
    for port in ports:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
            return listener
        except OSError:
            listener.close()
    taken = chosen or f"{ports[0]} to {ports[-1]}"
    raise ServerError(f"Port {taken} of {HOST} is in use by another program. Set PORT to a free one.")


def web_child(listener: socket.socket, environment: Mapping[str, str], folder: Path) -> Child:
    """Return the web server's process: two of gunicorn's workers with 64 threads each on `listener`."""
    options = {
        "--bind": f"fd://{listener.fileno()}",
        "--worker-class": "gthread",
        "--workers": environment.get("WEB_WORKERS", "2"),
        "--threads": environment.get("WEB_THREADS", "64"),
        # Pages that listen for changes stay open for hours; nobody waits for them when the server stops.
        "--graceful-timeout": "5",
        # Its warnings quote requests it could not read.
        "--log-level": "error",
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
    command += [part for option in options.items() for part in option]
    return Child(
        "web",
        [*command, "app:app"],
        environment=environment,
        folder=folder,
        keep_open=[listener.fileno()],
    )


def answers(port: int) -> bool:
    """Say whether the web server answers a request, whatever the answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
