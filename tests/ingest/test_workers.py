"""Worker processes answer, end with their parent, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfkit.errors import InputError, UsageError
from perfkit.formats.registry import named
from perfkit.ingest.workers import Workers


@pytest.fixture
def workers():
    pool = Workers(2, alone=True)
    yield pool
    pool.shutdown()


def test_calls_are_answered_in_other_processes(workers):
    answers = {workers.submit(os.getpid).result(timeout=30) for _ in range(10)}
    assert os.getpid() not in answers
    assert [workers.submit(divmod, 7, n).result(timeout=30) for n in (2, 3)] == [(3, 1), (2, 1)]


def test_errors_come_back_as_they_are(workers):
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 1, 0).result(timeout=30)
    with pytest.raises(UsageError, match="there is no format 'x'") as caught:
        workers.submit(named, "x").result(timeout=60)
    assert caught.value.hint


def test_what_cannot_be_sent_is_an_error_and_no_silence(workers):
    with pytest.raises(Exception, match="pickle"):
        workers.submit(lambda: 1).result(timeout=30)
    assert workers.submit(divmod, 7, 2).result(timeout=30) == (3, 1)


def test_a_worker_that_dies_is_said():
    pool = Workers(1, alone=True)
    try:
        with pytest.raises(InputError, match="a worker process ended"):
            pool.submit(os._exit, 3).result(timeout=30)
        with pytest.raises(InputError, match="a worker process ended"):
            pool.submit(os.getpid).result(timeout=30)
    finally:
        pool.shutdown()


def test_what_workers_print_does_not_get_between_the_answers(workers):
    assert workers.submit(print, "hello").result(timeout=30) is None
    assert workers.submit(divmod, 7, 2).result(timeout=30) == (3, 1)


_PARENT = """
import os, sys, time, tempfile
from perfkit.ingest.workers import Workers
folder = tempfile.mkdtemp(dir=sys.argv[1])
pool = Workers(2, folder, alone=True)
pids = {pool.submit(os.getpid).result() for _ in range(20)}
print(*pids, flush=True)
time.sleep(60)
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (_alive(pids) or list(tmp_path.iterdir())):
        time.sleep(0.05)
    assert not _alive(pids)
    assert list(tmp_path.iterdir()) == []


def _alive(pids):
    def runs(pid):
        state = Path(f"/proc/{pid}/stat")
        return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"

    return [pid for pid in pids if runs(pid)]


def test_a_script_without_a_guard_may_start_them(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from perfkit.ingest.workers import Workers\n"
        "pool = Workers(1, alone=True)\n"
        "print(pool.submit(divmod, 7, 2).result())\n"
        "pool.shutdown()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("(3, 1)\n", "")


def test_this_process_works_as_well():
    pool = Workers(2)
    try:
        pids = {pool.submit(_pid_and_wait).result(timeout=30) for _ in range(3)}
        pids |= {f.result(timeout=30) for f in [pool.submit(_pid_and_wait) for _ in range(20)]}
        assert os.getpid() in pids
        assert len(pids) <= 2
    finally:
        pool.shutdown()


def _pid_and_wait():
    time.sleep(0.05)
    return os.getpid()


def test_what_waits_when_it_is_stopped_is_not_begun():
    pool, begun = Workers(1), []
    futures = [pool.submit(_note, begun, n) for n in range(50)]
    pool.shutdown()
    assert len(begun) < 50
    assert all(future.cancelled() or future.done() for future in futures)


def _note(begun, number):
    begun.append(number)
    time.sleep(0.02)


def test_errors_of_this_process_come_back_as_well():
    pool = Workers(1)
    try:
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result(timeout=30)
    finally:
        pool.shutdown()
