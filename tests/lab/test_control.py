"""The control socket: what it answers to orders, sense and nonsense."""

import asyncio
import contextlib
import json
import socket
import sys
import time
from types import SimpleNamespace

import pytest

from perfkit.errors import LabError
from perfkit.lab import control, server
from perfkit.lab.client import ask, open_line, request
from perfkit.lab.state import Home

pytestmark = pytest.mark.lab

NONSENSE = [
    b"\n",
    b"{}\n",
    b"[]\n",
    b"null\n",
    b"{\n",
    b"\xff\xfe\n",
    b'{"do": "reboot"}\n',
    b'{"do": ["lease"]}\n',
    b'{"do": "spawn"}\n',
    b'{"do": "spawn", "name": 7, "argv": ["true"]}\n',
    b'{"do": "spawn", "name": "x", "argv": [{}]}\n',
    b'{"do": "spawn", "name": "x", "argv": ["true"], "env": "text"}\n',
    b'{"do": "kill"}\n',
    b"[" * 5000 + b"\n",
]


def test_nonsense_is_answered_and_harms_nobody(lab_home):
    with server.start() as held, open_line(lab_home / "lab.sock") as line:
        for order in NONSENSE:
            line.sendall(order)
            with line.makefile("rb", buffering=0) as answers:
                answer = json.loads(answers.readline())
            assert answer["ok"] is False, order
            assert answer["error"].startswith("perfkit lab: "), order
        with open_line(lab_home / "lab.sock") as endless:
            refused = contextlib.suppress(ConnectionError)
            with refused:
                endless.sendall(b"x" * 3_000_000)
                assert endless.recv(100) == b""
        assert server.status().version == held.version


def test_a_client_that_hangs_up_in_mid_line_harms_nobody(lab_home):
    with server.start():
        for _ in range(20):
            with open_line(lab_home / "lab.sock") as line:
                line.sendall(b'{"do": "sta')
        assert server.status().clients == 1


def test_asking_for_the_state_is_no_lease(lab_home, eventually):
    with server.start(), open_line(lab_home / "lab.sock") as onlooker:
        assert ask(onlooker, {"do": "status"})["clients"] == 1
        assert server.status().clients == 1
    eventually(lambda: not lab_home.exists())


def test_a_child_is_started_once_and_ends_with_the_lab(lab_home, eventually, processes_in):
    with server.start() as held:
        argv = [sys.executable, "-c", "import sys; sys.stdin.read()", str(held.home)]
        pid = held.spawn("shop", argv)
        assert held.spawn("shop", argv) == pid
        assert server.status().children == {"shop": pid}
        assert pid in processes_in(held.home)
        assert held.spawn("shop", argv, {"SCALE": "2"}) != pid
        assert held.kill("shop")
        assert not held.kill("shop")
        held.spawn("shop", argv)
        with pytest.raises(LabError, match="cannot be started"):
            held.spawn("other", ["/nonexistent/program"])
    eventually(lambda: not processes_in(lab_home))


def test_without_a_lab_there_is_no_answer(tmp_path):
    assert request(tmp_path / "lab.sock", {"do": "status"}) is None
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    assert request(tmp_path / "s", {"do": "status"}) is None


def test_the_supervisor_ends_without_a_complaint(lab_home, eventually, processes_in):
    with contextlib.ExitStack() as clients:
        for _ in range(2):
            clients.enter_context(server.start())
        clients.enter_context(open_line(lab_home / "lab.sock"))
        log = clients.enter_context((lab_home / "lab.log").open())
        assert server.stop()
        eventually(lambda: not processes_in(lab_home))
        assert log.read() == ""


def test_a_lab_that_nobody_comes_to_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(control, "FIRST_LEASE_S", 0.3)
    cluster = SimpleNamespace(root=tmp_path, alive=lambda: True)

    async def serve():
        lab = control.Control(Home(tmp_path), cluster)
        begun = time.monotonic()
        await asyncio.wait_for(lab.serve(lambda: None), timeout=10)
        return time.monotonic() - begun

    assert 0.3 <= asyncio.run(serve()) < 5
