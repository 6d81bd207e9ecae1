"""Under which user PostgreSQL runs, above all when we are root."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from perfkit.errors import LabError
from perfkit.lab import binaries, identity, server

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="this is about being root")
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def no_namespaces(tmp_path, monkeypatch):
    """A machine on which ``unshare`` is forbidden, as in many containers."""
    fake = tmp_path / "tools" / "unshare"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")


def test_an_ordinary_user_runs_it_directly(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert identity.choose(binaries.find()) == identity.Identity()


@root_only
def test_root_prefers_a_user_namespace(no_namespaces):
    unshare = shutil.which("unshare", path="/usr/bin:/bin")
    allowed = (
        unshare
        and not subprocess.run(
            [unshare, "--user", "--map-user=1000", "--map-group=1000", "true"], check=False
        ).returncode
    )
    os.environ["PATH"] = os.environ["PATH"].split(":", 1)[1]
    if not allowed:
        pytest.skip("user namespaces are forbidden here")
    chosen = identity.choose(binaries.find())
    assert chosen.prefix[0] == "unshare"
    assert chosen.account == {}


@pytest.mark.lab
@root_only
def test_without_namespaces_root_gives_the_data_to_another_account(
    lab_home, no_namespaces, monkeypatch, eventually, processes_in
):
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if system:  # the wheel may lie where no other account can reach it
        monkeypatch.setenv("PERFKIT_PG_BIN", str(system[0].parent))
    parent = lab_home.parent.stat()
    with server.start() as held:
        owner = (held.home / "data").stat()
        assert owner.st_uid != 0
        assert (held.home.stat().st_uid, held.home.stat().st_mode & 0o777) == (owner.st_uid, 0o700)
        assert not held.home.is_relative_to(lab_home)
        with psycopg.connect(held.dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert held.log_path.read_text()
        after = lab_home.parent.stat()
        assert (after.st_mode, after.st_uid) == (parent.st_mode, parent.st_uid)
        home = held.home
    eventually(lambda: not home.exists() and not lab_home.exists())
    eventually(lambda: not processes_in(home))


@root_only
def test_binaries_that_no_account_may_reach_are_one_sentence(no_namespaces, tmp_path):
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    for tool in ("postgres", "initdb"):
        program = closed / "bin" / tool
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n")
        program.chmod(0o755)
    closed.chmod(0o700)
    with pytest.raises(LabError, match="refuses to run as root") as caught:
        identity.choose(binaries.Binaries(closed / "bin", "18.6", "test"))
    assert "ordinary user" in caught.value.hint


@pytest.mark.lab
@root_only
def test_an_ordinary_user_starts_and_stops_a_lab(lab_home):
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    recent = "import sys; sys.exit(sys.version_info < (3, 11))"
    if not python or subprocess.run([python, "-c", recent], check=False).returncode:
        pytest.skip("no Python 3.11 that other accounts may run")
    folder = lab_home.parent / "nobody"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    lab_home.parent.chmod(0o711)
    code = (
        "from perfkit.lab import server\n"
        "with server.start() as held: print(held.version, held.home.stat().st_uid)\n"
        "server.stop()"
    )
    done = subprocess.run(
        [python, "-c", code],
        cwd="/",
        env={
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/bin:/bin",
            "PERFKIT_LAB_HOME": str(folder / "h"),
            "PERFKIT_PG_BIN": str(binaries.find().bin),
        },
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "ermission denied" in done.stderr or "may run" in done.stderr:
        pytest.skip("the repository or PostgreSQL lies where other accounts cannot reach it")
    assert done.stdout.split() == [binaries.find().version, "65534"], done.stderr
    assert not (folder / "h").exists()
