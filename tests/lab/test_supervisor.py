"""The supervisor as a process: killed, told to end, or started in vain."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from perfkit.errors import LabError
from perfkit.lab import server
from perfkit.lab.launch import python_module

HEAVY = {"pandas", "numpy", "pyarrow", "sqlalchemy", "fastapi", "IPython", "plotly", "psycopg"}


def test_it_needs_the_standard_library_only():
    code = (
        "import sys, perfkit.lab.supervisor\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.lab
def test_a_killed_supervisor_takes_the_server_along_and_the_next_start_tidies_up(
    lab_home, eventually, processes_in
):
    first = server.start()
    old = first.home
    os.kill(server.status().pid, signal.SIGKILL)
    eventually(lambda: not processes_in(old))
    assert old.exists()
    assert not server.status().running
    with server.start() as second, psycopg.connect(second.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert second.home != old
        assert not old.exists()
    first.release()


@pytest.mark.lab
def test_stop_tidies_up_after_a_killed_supervisor(lab_home, eventually, processes_in):
    with server.start() as held:
        os.kill(server.status().pid, signal.SIGKILL)
        eventually(lambda: not processes_in(held.home))
    assert server.stop()
    assert not lab_home.exists()


@pytest.mark.lab
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(lab_home, eventually, processes_in, signum):
    with server.start():
        os.kill(server.status().pid, signum)
        eventually(lambda: not lab_home.exists())
        eventually(lambda: not processes_in(lab_home))


@pytest.mark.lab
def test_when_postgres_dies_the_lab_ends(lab_home, eventually, processes_in):
    with server.start():
        os.kill(server.status().postgres_pid, signal.SIGKILL)
        eventually(lambda: not lab_home.exists())
        eventually(lambda: not processes_in(lab_home))


@pytest.mark.lab
def test_a_supervisor_beside_another_leaves_it_alone(lab_home):
    with server.start() as held:
        done = subprocess.run(
            python_module("perfkit.lab.supervisor", str(lab_home)),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert done.stdout == '{"ok": true}\n'
        assert server.status().home == held.home


@pytest.mark.lab
def test_a_supervisor_nobody_waits_for_ends_at_once(lab_home, eventually, processes_in):
    lab_home.mkdir(mode=0o700)
    with subprocess.Popen(
        python_module("perfkit.lab.supervisor", str(lab_home)), stdout=subprocess.PIPE
    ) as process:
        process.stdout.close()
    eventually(lambda: not lab_home.exists())
    eventually(lambda: not processes_in(lab_home))


@pytest.mark.lab
def test_a_supervisor_that_hangs_is_told_apart_from_none(lab_home, eventually, monkeypatch):
    monkeypatch.setattr("perfkit.lab.client._ANSWER_S", 0.3)
    first = server.start()
    supervisor = server.status().pid
    os.kill(supervisor, signal.SIGSTOP)
    try:
        for verb in (server.start, server.status, server.stop):
            with pytest.raises(LabError, match="does not answer") as caught:
                verb()
            assert "perfkit.lab.supervisor" in caught.value.hint
    finally:
        os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not server.status().running)
    with server.start() as second:
        assert second.home != first.home
        assert not first.home.exists()
    first.release()
