"""The protocol of worker processes, against a real one and against broken pipes."""

import io
import operator
import subprocess
import sys

import pytest

from perfkit.ingest.worker import receive, send

MAIN = "from perfkit.ingest.worker import main; main()"


@pytest.fixture
def process(tmp_path):
    """A worker that removes tmp_path/spill when it ends."""
    (tmp_path / "spill").mkdir()
    running = subprocess.Popen(
        [sys.executable, "-c", MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    send(running.stdin, (sys.path, str(tmp_path / "spill")))
    yield running
    running.kill()
    running.wait(timeout=10)
    running.stdin.close()
    running.stdout.close()


@pytest.mark.parametrize("message", [None, b"", "ß" * 100_000, {"a": [1, 2.5]}, (len, ("x",))])
def test_a_frame_arrives_as_it_was_sent(message):
    stream = io.BytesIO()
    send(stream, message)
    send(stream, "next")
    stream.seek(0)
    assert receive(stream) == message
    assert receive(stream) == "next"


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_stream_that_ends_early_says_that_the_other_side_is_gone(size):
    stream = io.BytesIO()
    send(stream, "hello")
    with pytest.raises(EOFError, match="other process is gone"):
        receive(io.BytesIO(stream.getvalue()[:size]))


def test_calls_are_answered_in_order_and_errors_do_not_end_it(process):
    for call, answer in (
        ((operator.add, (1, 2)), 3),
        ((len, ("four",)), 4),
    ):
        send(process.stdin, call)
        assert receive(process.stdout) == (True, answer)
    send(process.stdin, (operator.truediv, (1, 0)))
    good, error = receive(process.stdout)
    assert not good
    assert isinstance(error, ZeroDivisionError)
    send(process.stdin, (len, ("x",)))
    assert receive(process.stdout) == (True, 1)


def test_what_is_printed_does_not_get_between_the_answers(process):
    send(process.stdin, (print, ("to whoever watches",)))
    assert receive(process.stdout) == (True, None)


def test_it_ends_with_its_input_and_leaves_nothing_behind(process, tmp_path):
    (tmp_path / "spill" / "rows").write_bytes(b"x")
    send(process.stdin, (len, ("x",)))
    receive(process.stdout)
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    assert not (tmp_path / "spill").exists()


@pytest.mark.parametrize("size", [9, 20])
def test_half_a_frame_is_the_end(size):
    stream = io.BytesIO()
    send(stream, "a message of some length")
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:size]))
