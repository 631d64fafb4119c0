"""`make run` as a person has it: the whole product started, asked to stop, killed, and started again."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from tests.databases import scratch_server
from tests.server.checkout import SOURCE, checkout_named, first_page

pytestmark = pytest.mark.machine


class TestRun:
    def test_it_starts_and_stops_and_comes_back_from_a_path_with_spaces_and_120_characters(self):
        with checkout_named("a folder with spaces " + "x" * 120) as checkout:
            printed = checkout.run()
            assert "Making the demo data" in printed
            assert "Receptionist" in printed
            assert first_page(checkout) == 200
            assert {"postgres"} < checkout.names()
            assert (checkout.home / "secret-keys").stat().st_mode & 0o777 == 0o600
            assert checkout.send(signal.SIGINT) == 0
            assert checkout.is_quiet()

            assert "Making the demo data" not in checkout.run()
            assert checkout.send(signal.SIGTERM) == 0
            assert checkout.is_quiet()

            checkout.run()
            checkout.send(signal.SIGKILL)
            checkout.run()
            assert first_page(checkout) == 200

    def test_two_checkouts_run_side_by_side_on_ports_of_their_own(self, started_before):
        with checkout_named("one") as one, checkout_named("two") as two:
            one.begin_with(started_before)
            two.begin_with(started_before)
            one.run()
            two.run()
            assert one.address != two.address
            assert first_page(one) == first_page(two) == 200
            one.send(signal.SIGTERM)
            assert first_page(two) == 200

    def test_database_url_names_another_postgresql(self):
        with scratch_server() as outside, checkout_named("outside") as checkout:
            printed = checkout.run(**outside.environment())
            assert "Making the demo data" in printed
            assert not (checkout.home / "database").exists()
            with outside.connect("postgres") as connection:
                assert connection.execute("select count(*) from clinics").fetchone() == (2,)
            checkout.send(signal.SIGTERM)
            assert checkout.is_quiet()
            assert outside.running()

    def test_a_database_that_does_not_answer_is_told_in_a_sentence(self):
        told = pytest.raises(AssertionError, match="The PostgreSQL of DATABASE_URL does not answer")
        with checkout_named("nowhere") as checkout, told:
            checkout.run(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing", PORT="0")

    def test_a_chosen_port_that_is_taken_is_told_in_a_sentence(self):
        told = pytest.raises(AssertionError, match="is in use by another program")
        with socket.create_server(("127.0.0.1", 0)) as taken, checkout_named("taken") as checkout, told:
            checkout.run(PORT=str(taken.getsockname()[1]))


class TestMake:
    """The Makefile's first step, with other Pythons in PATH than ours."""

    @pytest.fixture
    def make(self, tmp_path):
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(SOURCE / name, tmp_path / name)
        shutil.copytree(SOURCE / "bin", tmp_path / "bin")
        fakes = tmp_path / "fakes"
        fakes.mkdir()

        def make(python: str, target: str = "run"):
            for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
                fake = fakes / name
                fake.write_text(f"#!/bin/sh\n{python}\n")
                fake.chmod(0o755)
            return subprocess.run(
                ["make", target], cwd=tmp_path, capture_output=True, text=True, check=False,
                env={**os.environ, "PATH": f"{fakes}:/usr/bin:/bin"},
            )  # fmt: skip

        return make

    def test_a_missing_venv_module_is_told_with_what_to_install(self, make):
        told = make('case "$2" in *ensurepip*) exit 1;; esac; exit 0')
        assert told.returncode != 0
        assert "apt install python3-venv" in told.stderr

    def test_an_old_python_is_told(self, make):
        told = make("exit 1")
        assert told.returncode != 0
        assert "Python 3.11 or newer is needed" in told.stderr

    def test_what_python_compiled_is_kept_though_the_environment_forbids_it(self, make, tmp_path, monkeypatch):
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        make('echo "${PYTHONDONTWRITEBYTECODE:-kept}" > heard; exit 1')
        assert (tmp_path / "heard").read_text() == "kept\n"

    def test_make_alone_prints_help(self, make):
        told = make("exit 1", "help")
        assert told.returncode == 0
        assert "make run" in told.stdout
