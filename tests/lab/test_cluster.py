"""A cluster's making, and what is said when it cannot be made."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from perfkit.errors import LabError
from perfkit.lab import binaries, identity
from perfkit.lab.cluster import Cluster, choose_root, recover
from perfkit.lab.processes import serving
from perfkit.lab.state import Home

pytestmark = pytest.mark.lab


@pytest.fixture
def home():
    """A prepared state folder with a short path."""
    parent = Path(tempfile.mkdtemp(prefix="pkc-")).resolve()
    home = Home(parent / "h")
    home.prepare()
    yield home
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def cluster(home):
    programs = binaries.find()
    user = identity.choose(programs)
    cluster = Cluster(choose_root(home, user), programs, user)
    yield cluster
    cluster.stop()
    cluster.remove()


def wrapped(folder, **scripts):
    """Our PostgreSQL with some of its programs replaced by shell scripts."""
    real = binaries.find()
    folder.mkdir()
    for tool in ("postgres", "initdb"):
        program = folder / tool
        script = scripts.get(tool, f'exec {real.bin}/{tool} "$@"')
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return binaries.Binaries(folder, real.version, "test")


def with_programs(cluster, programs):
    return Cluster(cluster.root, programs, identity.choose(programs))


def test_every_setting_is_understood_and_in_force(cluster):
    cluster.create()
    cluster.start()
    conninfo = f"host={cluster.root} port=5432 user=postgres dbname=postgres"
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute("SELECT name, applied, error FROM pg_file_settings").fetchall()
        shown = connection.execute("SELECT name, setting FROM pg_settings").fetchall()
    duplicated = {"max_connections", "shared_buffers", "max_wal_size", "min_wal_size"}
    unapplied = {name for name, applied, _ in rows if not applied}
    assert not [row for row in rows if row[2]]
    # initdb's own lines, which ours come after
    assert unapplied <= duplicated | {"log_timezone", "timezone", "TimeZone", "lc_messages"}
    assert ("jit", "off") in shown
    assert ("fsync", "off") in shown
    assert (
        "log_destination",
        "stderr,jsonlog" if cluster.binaries.major >= 15 else "stderr",
    ) in shown


def test_a_folder_with_quotes_commas_and_blanks_is_served(home):
    awkward = Home(home.path / 'it\'s, "so" \\n é')
    awkward.prepare()
    programs = binaries.find()
    cluster = Cluster(
        choose_root(awkward, identity.choose(programs)), programs, identity.choose(programs)
    )
    try:
        cluster.create()
        cluster.start()
        assert (cluster.root / ".s.PGSQL.5432").is_socket()
        assert (cluster.log / "postgresql.log").exists()
    finally:
        cluster.stop()
        cluster.remove()
    assert not cluster.root.exists()


def test_initdb_that_fails_is_told_with_its_last_error(cluster, home):
    full = 'echo "creating"; echo "initdb: error: could not write: No space left" >&2; exit 1'
    broken = with_programs(cluster, wrapped(home.path / "bin", initdb=full))
    with pytest.raises(LabError, match="initdb failed: initdb: error: could not write") as caught:
        broken.create()
    assert "PERFKIT_" in caught.value.hint


def test_a_server_without_contrib_says_what_to_install(cluster, home):
    real = binaries.find().bin
    lacking = f'exec {real}/postgres "$@" -c shared_preload_libraries=pg_stat_nothing'
    broken = with_programs(cluster, wrapped(home.path / "bin", postgres=lacking))
    cluster.create()
    with pytest.raises(LabError, match='could not access file "pg_stat_nothing"') as caught:
        broken.start()
    assert "postgresql-contrib" in caught.value.hint


def test_a_path_too_long_for_the_servers_socket_is_told_before_initdb(tmp_path):
    programs = binaries.find()
    cluster = Cluster(tmp_path / ("x" * 90), programs, identity.Identity())
    with pytest.raises(LabError, match="too long"):
        cluster.create()
    assert not cluster.root.exists()


def test_what_a_killed_supervisor_left_is_ended_and_deleted(home, cluster):
    cluster.create()
    cluster.start()
    assert cluster.pid in serving(cluster.data)
    assert recover(home)
    assert not serving(cluster.data)
    assert not cluster.root.exists()
    assert not recover(home)


@pytest.mark.parametrize("target", ["precious", "link"])
def test_recovery_deletes_nothing_but_a_clusters_folder(home, target):
    precious = home.path / "precious"
    precious.mkdir()
    (precious / "thesis").touch()
    (home.path / "perfkit-pg-link").symlink_to(precious)
    name = {"precious": precious, "link": home.path / "perfkit-pg-link"}[target]
    home.remember(root=str(name))
    assert not recover(home)
    assert (precious / "thesis").exists()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    # A mount namespace of its own: the small disk is gone with the process.
    isolated = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=20m,mode=0700 tmpfs {tmp_path}"
    if subprocess.run([*isolated, mount], capture_output=True, check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    code = (
        "import os, sys; from perfkit.errors import LabError; from perfkit.lab import server\n"
        "try: server.start(sys.argv[1] + '/h')\n"
        "except LabError as error: print(error, os.listdir(sys.argv[1]), sep=chr(10))"
    )
    done = subprocess.run(
        [*isolated, f'{mount} && exec "$@"', "sh", sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    message, hint, left = done.stdout.splitlines()
    assert message.startswith("perfkit lab: initdb failed: ")
    assert "No space left on device" in message
    assert "MB are free" in hint
    assert left == "[]"
