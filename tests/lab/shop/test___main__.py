"""The shop as a process of its own, as the lab starts it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from dataclasses import asdict

import httpx
import pytest

from perfkit.lab.shop.__main__ import listen
from perfkit.lab.shop.schema import Sizes


def test_it_listens_on_a_free_port_of_this_machine_only():
    with listen() as one, listen() as other:
        assert one.getsockname()[0] == "127.0.0.1"
        assert one.getsockname()[1] != other.getsockname()[1]
        assert one.proto == socket.IPPROTO_TCP
        with socket.create_connection(one.getsockname(), timeout=5):
            pass


@pytest.fixture
def shop(tmp_path):
    config = {
        "url": "postgresql+psycopg://x@127.0.0.1:1/x",
        "peers": {},
        "sizes": asdict(Sizes(7, 9)),
        "directory": str(tmp_path),
        "ready": str(tmp_path / "shop.json"),
    }
    command = [sys.executable, "-m", "perfkit.lab.shop", json.dumps(config)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait(10)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()


def _lines(path):
    return path.read_text().splitlines()


def test_it_reports_its_port_serves_and_ends_in_order(shop, tmp_path, eventually):
    eventually((tmp_path / "shop.json").exists)
    facts = json.loads((tmp_path / "shop.json").read_text())
    assert facts["pid"] == shop.pid
    answer = httpx.get(f"{facts['url']}/report", trust_env=False, timeout=10)
    assert answer.status_code == 200
    shop.send_signal(signal.SIGTERM)
    assert shop.wait(timeout=15) in {0, -signal.SIGTERM}
    events = [json.loads(line)["event"] for line in _lines(tmp_path / "requests.jsonl")]
    assert "request_finished" in events
    assert (tmp_path / "traces.jsonl").read_text().count("/report") >= 1
