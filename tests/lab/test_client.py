"""The client's side of the control socket, against real sockets that behave badly."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from perfkit.errors import LabError
from perfkit.lab.client import STUCK, ask, open_line, request


@pytest.fixture
def control():
    folder = Path(tempfile.mkdtemp(prefix="pkc-"))  # sockets allow 107 bytes
    yield folder / "c"
    shutil.rmtree(folder)


@pytest.fixture
def supervisor(control):
    """Listen and answer every order with fixed bytes, in pieces; return the orders."""
    orders, listeners = [], []

    def listen(*pieces):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(control))
        listener.listen()
        listener.settimeout(5)
        thread = threading.Thread(target=serve, args=(listener, pieces))
        listeners.append((listener, thread))
        thread.start()
        return orders

    def serve(listener, pieces):
        with contextlib.suppress(OSError):
            line, _ = listener.accept()
            with line:
                line.settimeout(5)
                orders.append(json.loads(line.makefile("rb").readline()))
                for piece in pieces:
                    line.sendall(piece)
                if not pieces:
                    line.recv(1)  # says nothing until the other side gives up

    yield listen
    for listener, thread in listeners:
        listener.close()
        thread.join(6)


def test_an_order_is_sent_as_one_line_and_answered(control, supervisor):
    orders = supervisor(b'{"ok": true, "pid": 7}\n')
    assert request(control, {"do": "status", "text": "a\nb"}) == {"ok": True, "pid": 7}
    assert orders == [{"do": "status", "text": "a\nb"}]


def test_an_answer_that_comes_in_pieces_is_whole(control, supervisor):
    text = json.dumps({"ok": True, "log": "x" * 200_000}).encode() + b"\n"
    supervisor(text[:3], text[3:70_000], text[70_000:])
    assert len(request(control, {})["log"]) == 200_000


def test_a_refusal_is_an_error_with_the_supervisors_words_and_hint(control, supervisor):
    supervisor(b'{"ok": false, "error": "lab: no room", "hint": "make some"}\n')
    with pytest.raises(LabError, match="lab: no room") as caught:
        request(control, {})
    assert caught.value.hint == "make some"


def test_a_refusal_without_a_hint_is_one_too(control, supervisor):
    supervisor(b'{"ok": false, "error": "lab: no"}\n')
    with pytest.raises(LabError, match="lab: no"):
        request(control, {})


@pytest.mark.parametrize("said", [b"{", b'{"ok": true}'])
def test_a_supervisor_that_ends_while_it_answers_is_no_lab(control, supervisor, said):
    supervisor(said)
    assert request(control, {}) is None


def test_one_that_does_not_answer_is_reported_with_what_to_type(control, supervisor):
    supervisor()
    with open_line(control) as line:
        line.settimeout(0.05)
        with pytest.raises(LabError, match="does not answer") as caught:
            ask(line, {"do": "status"})
    assert caught.value.hint == STUCK


def test_without_a_socket_or_a_listener_there_is_no_lab(control):
    assert open_line(control) is None
    assert request(control, {}) is None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(control))
    assert control.exists()
    assert open_line(control) is None


def test_a_path_that_no_socket_can_have_is_an_error_that_names_it(tmp_path):
    too_long = tmp_path / ("x" * 150)
    with pytest.raises(LabError, match="x" * 150):
        open_line(too_long)
