"""Fixtures that several rooms share."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent


# The first pyarrow.array of a process imports pandas: no example's time means anything.
settings.register_profile("perfkit", deadline=None)
settings.load_profile("perfkit")


@pytest.fixture(scope="session", autouse=True)
def _private_lab(tmp_path_factory):
    """Tests never touch (or stop) a lab that somebody is using."""
    home = tmp_path_factory.mktemp("lab-home", numbered=True)
    before = os.environ.get("PERFKIT_LAB_HOME")
    os.environ.setdefault("PERFKIT_LAB_HOME", str(home / "lab"))
    yield
    if before is None:
        os.environ.pop("PERFKIT_LAB_HOME", None)


@pytest.fixture(scope="session")
def postgres15():
    """Start the one PostgreSQL 15 of a run: Debian's, neither the lab nor marked as anything.

    Yields its address (as ``postgres``, who may do all). pg_stat_statements is loaded, nothing
    is vacuumed unasked; whoever uses it makes a database of a name of its own.
    """
    import sqlalchemy as sa

    from perfkit.errors import LabError
    from perfkit.lab import binaries, identity

    try:
        programs = binaries._examine(Path("/usr/lib/postgresql/15/bin"), "system")
    except LabError:
        pytest.skip("PostgreSQL 15 is not installed")
    root = Path(tempfile.mkdtemp(prefix="pk15"))
    who = identity.choose(programs)
    who.own(root)

    def run(tool, *arguments):
        subprocess.run(
            [*who.prefix, str(programs.bin / tool), *arguments],
            check=True, cwd="/", timeout=60, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **who.account,
        )  # fmt: skip

    data = str(root / "data")
    settings = {
        "listen_addresses": "''",
        "fsync": "off",
        "autovacuum": "off",
        "shared_preload_libraries": "pg_stat_statements",
    }
    options = f"-k {root} " + " ".join(f"-c {name}={to}" for name, to in settings.items())
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        run("pg_ctl", "-D", data, "-w", "-o", options, "start")
        yield sa.make_url(f"postgresql+psycopg://postgres@/postgres?host={root}")
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def shell():
    """A bare IPython with perfkit loaded."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "perfkit")
    yield shell
    shell.run_line_magic("unload_ext", "perfkit")
    shell.history_manager.end_session()
    atexit.unregister(shell.atexit_operations)  # each collects all garbage: half a minute in all
    InteractiveShell.clear_instance()
