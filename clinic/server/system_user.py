"""As which system user PostgreSQL runs: the person who starts it or, since it refuses root, an unprivileged one."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clinic.server.errors import ServerError

# Debian's PostgreSQL package makes the first; where it is not installed the second is made for us alone.
KNOWN_USER = "postgres"
OWN_USER = "clinic-postgres"


@dataclass(frozen=True)
class SystemUser:
    """The user whose processes and files the database server's are; `switch` says if that takes a change of user."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_arguments(self) -> dict:
        """Return what subprocess needs to start a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Give one file or folder that we have just made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def may_read(self, path: Path) -> bool:
        """Say whether this user gets as far as `path`, asked of the system itself so that every folder above counts."""
        if not self.switch:
            return os.access(path, os.R_OK | os.X_OK)
        question = ["test", "-r", str(path), "-a", "-x", str(path)]
        asked = subprocess.run(question, cwd="/", check=False, **self.popen_arguments())
        return asked.returncode == 0


def system_user(data: Path) -> SystemUser:
    """Return who runs the server of the data folder `data`: whoever already owns it, as far as root has the choice."""
    if os.geteuid() != 0:
        return SystemUser(_name_of(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return SystemUser(_name_of(owner.st_uid), owner.st_uid, owner.st_gid, switch=True)
    for name in (KNOWN_USER, OWN_USER):
        if user := _lookup(name):
            return user
    _create(OWN_USER)
    if user := _lookup(OWN_USER):
        return user
    raise ServerError(
        "PostgreSQL does not run as root, and no unprivileged system user could be made for it. "
        f"Make one named {OWN_USER}, or start as an ordinary user."
    )


def _lookup(name: str) -> SystemUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return SystemUser(name, entry.pw_uid, entry.pw_gid, switch=True)


def _create(name: str) -> None:
    for command in (
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            name,
        ],
        ["adduser", "-S", "-D", "-H", name],  # Alpine's
    ):
        if shutil.which(command[0]):
            subprocess.run(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            return


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run under a number that has no name
        return str(uid)
