"""The README tells the truth: every setting the code reads stands in its table, every file it points at is there."""

import re

import pytest

from clinic.config import HOME

README = (HOME / "README.md").read_text()
READ = re.compile(r"""(?:environ(?:ment)?(?:\.get\(|\[)|_number\(|_list\()\s*"([A-Z][A-Z_]+)\"""")
# What the system says, not what somebody sets for Clinic.
NOT_SETTINGS = {"PATH", "HOME"}


def test_every_setting_the_code_reads_is_explained():
    read = {name for path in (HOME / "clinic").rglob("*.py") for name in READ.findall(path.read_text())}
    explained = set(re.findall(r"`([A-Z_]+)`", README))
    assert len(read) > 10
    assert read - NOT_SETTINGS <= explained


def test_every_package_that_is_pinned_by_name_is_explained():
    pins = (HOME / "requirements.txt").read_text()
    names = {line.partition("==")[0].lower() for line in pins.splitlines() if "==" in line}
    # What the explained ones bring along and nothing of ours imports.
    brought = {
        "argon2-cffi-bindings", "cffi", "fasteners", "idna", "platformdirs", "psutil", "psycopg-binary",
        "psycopg-pool", "pycparser", "python-dateutil", "typing_extensions", "uuid_utils",
    }  # fmt: skip
    told = README.lower()
    assert not [name for name in names - brought if name not in told]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_what_it_points_at_is_there(target):
    assert (HOME / target).exists()
