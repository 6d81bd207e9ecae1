"""Children of the lab: their ready file is whole, and they end with their parent."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import pytest

from perfkit.lab.shop.child import report


def test_the_ready_file_holds_the_facts_and_who_wrote_them(tmp_path):
    ready = tmp_path / "shop.json"
    report(ready, {"url": "http://127.0.0.1:1", "text": "ä\n"})
    facts = json.loads(ready.read_text(encoding="utf-8"))
    assert facts == {"url": "http://127.0.0.1:1", "text": "ä\n", "pid": os.getpid()}
    assert list(tmp_path.iterdir()) == [ready]


def test_a_newer_report_replaces_the_older_one(tmp_path):
    ready = tmp_path / "shop.json"
    report(ready, {"url": "old", "more": "x" * 1000})
    report(ready, {"url": "new"})
    assert json.loads(ready.read_text()) == {"url": "new", "pid": os.getpid()}


def test_facts_that_cannot_be_written_leave_the_old_file(tmp_path):
    ready = tmp_path / "shop.json"
    report(ready, {"url": "old"})
    with pytest.raises(TypeError):
        report(ready, {"url": object()})
    assert json.loads(ready.read_text())["url"] == "old"


@pytest.fixture
def child():
    """A process that watches its parent, then does what it is told; ended afterwards."""
    started = []

    def start(then):
        code = (
            "import sys, time; from perfkit.lab.shop.child import end_with_parent\n"
            f"end_with_parent(); print('ready', flush=True); {then}"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=10)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("then", ["time.sleep(60)", "[print for _ in iter(int, 1)]"])
def test_a_child_ends_when_its_parent_lets_go_even_in_the_middle_of_work(child, then):
    process = child(then)
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def test_what_the_parent_writes_does_not_end_it(child):
    process = child("time.sleep(60)")
    process.stdin.write(b"x" * 10_000)
    process.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
