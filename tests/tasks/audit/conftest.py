"""What is common to the tests of the index audit: old statistics, and what a server lists."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from perfkit.errors import LabError
from perfkit.lab import binaries, identity
from perfkit.probes import catalog
from perfkit.probes.catalog import StatisticsAge
from perfkit.probes.server import identify
from perfkit.probes.session import rolled_back
from perfkit.tasks.audit.drops import drops

OLD = StatisticsAge(datetime(2025, 1, 1, tzinfo=UTC), known=True, seconds=400 * 86_400)


@pytest.fixture(scope="session")
def old():
    """Statistics of 400 days."""
    return OLD


@pytest.fixture(scope="session")
def listed():
    """Return a function: the indexes of a database, each with a scan.

    Those with ``stays`` in their names have two: of twins they are the ones to stay.
    """

    def read(engine, *, scanned=True):
        with rolled_back("test", engine, timeout_s=20) as connection:
            found = catalog.indexes(connection, identify(connection))
        if not scanned:
            return found
        return [dataclasses.replace(i, scans=1 + ("stays" in i.name)) for i in found]

    return read


@pytest.fixture(scope="session")
def dropped(listed):
    """Return a function: what definitions alone say may go, as ``schema.index`` to its kind."""

    def judge(engine):
        return {f"{d.index.schema}.{d.index.name}": d.kind for d in drops(listed(engine), OLD)}

    return judge


@pytest.fixture(scope="session")
def fifteen():
    """The URL of a PostgreSQL 15 with HypoPG, pgstattuple and pg_stat_statements."""
    if not Path("/usr/share/postgresql/15/extension/hypopg.control").exists():
        pytest.skip("postgresql-15-hypopg is not installed")
    try:
        programs = binaries._examine(Path("/usr/lib/postgresql/15/bin"), "system")
    except LabError:
        pytest.skip("PostgreSQL 15 does not run here")
    root = Path(tempfile.mkdtemp(prefix="pkaudit"))
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
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = (
            f"-k {root} -c listen_addresses='' -c fsync=off -c autovacuum=off "
            "-c shared_preload_libraries=pg_stat_statements"
        )
        run("pg_ctl", "-D", data, "-w", "-o", options, "start")
        yield sa.make_url(f"postgresql+psycopg://postgres@/postgres?host={root}")
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)
