"""`make run`: the database, the web server and the worker, started together and stopped together; or one command."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from clinic.server.aside import run_aside
from clinic.server.children import Child
from clinic.server.embedded import EmbeddedServer
from clinic.server.errors import ServerError
from clinic.server.home import data_home, documents_url, secret_key, secret_keys
from clinic.server.outside import connect, outside_environment
from clinic.server.parent import dies_with_parent
from clinic.server.supervisor import Supervisor, say, stop_on_signals
from clinic.server.web import HOST, answers, listen, web_child

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Run until a signal asks to stop, or run one command aside of it; return the exit code."""
    try:
        if sys.argv[1:2] == ["flask"]:
            return run_aside(flask(*sys.argv[2:]), CHECKOUT)
        with stop_on_signals():
            run()
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Bring everything up in order, look after it, and leave nothing running however this ends."""
    home = data_home(CHECKOUT, os.environ)
    with listen(os.environ) as listener:
        server = None if os.environ.get("DATABASE_URL") else EmbeddedServer(home)
        supervisor = Supervisor(server)
        try:
            if server:
                server.start()
            addresses = server.environment() if server else outside_environment(os.environ)
            key = os.environ.get("SECRET_KEY") or secret_key(home)
            ring = os.environ.get("SECRET_KEYS") or secret_keys(home)
            environment = {**os.environ, **addresses, "SECRET_KEY": key, "SECRET_KEYS": ring}
            environment["DOCUMENTS_URL"] = documents_url(home, os.environ)
            environment |= trial_addresses(home, listener.getsockname()[1])
            prepare(environment)
            supervisor.add(web_child(listener, environment, CHECKOUT))
            supervisor.add(Child("worker", flask("worker"), environment=environment, folder=CHECKOUT))
            welcome(supervisor, listener.getsockname()[1], environment)
            supervisor.watch()
        finally:
            supervisor.stop()


def trial_addresses(home: Path, port: int) -> dict[str, str]:
    """Return where links in mails lead and, unless a mail server is named, the folder where mails are kept instead."""
    given = {"PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://{HOST}:{port}"}
    return given if os.environ.get("MAIL_URL") else {**given, "MAIL_FOLDER": str(home / "mail")}


def prepare(environment: dict[str, str]) -> None:
    """Bring the tables up to date and, in a database without a clinic, make the demo data."""
    run_step(
        flask("db", "upgrade"),
        environment,
        "The database could not be brought up to date.",
    )
    if holds_no_clinic(environment):
        say("Making the demo data, on the first start only ...")
        run_step(flask("seed"), environment, "The demo data could not be made.")


def holds_no_clinic(environment: dict[str, str]) -> bool:
    """Ask the database, as the owner of its tables, whether there is nothing in it to work with."""
    with connect(environment["DATABASE_OWNER_URL"]) as connection:
        return not connection.execute("select exists (select from clinics)").fetchone()[0]


def welcome(supervisor: Supervisor, port: int, environment: dict[str, str]) -> None:
    """Print the address once it answers, and who can sign in."""
    # Asked while the web server starts: each takes a second.
    sign_ins = subprocess.Popen(
        flask("sign-ins"), env=environment, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    while not answers(port):
        supervisor.look_around()
        time.sleep(0.1)
    say(f"\nClinic runs at http://{HOST}:{port}\n")
    say(sign_ins.communicate()[0])
    if "MAIL_FOLDER" in environment:
        say(f"Mails are not sent but kept: http://{HOST}:{port}/outbox")
    say("Ctrl-C stops it.")


def flask(*arguments: str) -> list[str]:
    """Return the command line of one of the application's own commands."""
    return [sys.executable, "-m", "flask", "--app", "app", *arguments]


def run_step(command: list[str], environment: dict[str, str], failure: str) -> None:
    """Run one command to its end; a failing one has said why, `failure` says what it means."""
    finished = subprocess.run(
        command,
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        # Alembic tells every step on stderr; shown only when the command fails.
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    if finished.returncode != 0:
        raise ServerError(f"{finished.stderr.strip()}\n{failure}")


if __name__ == "__main__":
    sys.exit(main())
