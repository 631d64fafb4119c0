"""The trial's data survives its machine: a backup beside the running product, restored into an empty data folder."""

import subprocess
import sys

import pytest

from tests.databases import scratch_folder
from tests.server.checkout import checkout_named, first_page

pytestmark = pytest.mark.machine


def aside(checkout, *arguments, **settings):
    """`python -m clinic.server flask …` in the checkout; its result."""
    command = [sys.executable, "-m", "clinic.server", "flask", *map(str, arguments)]
    return subprocess.run(
        command, cwd=checkout.folder, env=checkout.environment | settings, capture_output=True, text=True, check=False
    )


def test_a_backup_beside_the_running_trial_is_restored_into_an_empty_folder_and_served(tmp_path, started_before):
    with checkout_named("old") as old, checkout_named("new") as new, scratch_folder() as home:
        old.begin_with(started_before)
        old.run()
        made = aside(old, "backup", tmp_path / "backup")
        assert made.returncode == 0 and "keep, somewhere else, these keys of SECRET_KEYS: " not in made.stderr, (
            made.stderr
        )
        assert first_page(old) == 200, "the backup left the product running"
        new.environment["CLINIC_DATA_HOME"] = str(home / "data")
        back = aside(new, "restore", tmp_path / "backup")
        assert back.returncode == 0 and "2 clinics checked, 0 faults" in back.stdout, back.stdout + back.stderr
        printed = new.run()
        assert "Making the demo data" not in printed
        assert first_page(new) == 200
