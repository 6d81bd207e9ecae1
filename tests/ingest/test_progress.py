import io
import sys

import pytest

from perfkit.ingest import progress
from perfkit.ingest.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A terminal, and a clock that the test moves."""
    terminal, now = Terminal(), [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def later(seconds):
        monkeypatch.setattr(sys, "stderr", terminal)  # here: pytest's own comes after fixtures
        now[0] += seconds
        return terminal.getvalue()

    return later


def test_the_first_two_seconds_are_quiet(clock):
    line = Progress()
    clock(1.9)
    line.add("a.log", 5)
    assert clock(0.2) == ""
    line.add("a.log", 5 << 20)
    assert clock(0).startswith("\rreading a.log: ")


def test_it_speaks_at_most_five_times_a_second(clock):
    line = Progress()
    clock(2)
    for _ in range(100):
        line.add("a.log", 5)
        clock(0.01)
    assert 4 <= clock(0).count("\r") <= 6


def test_a_shorter_line_covers_the_longer_one_and_the_end_wipes_all(clock):
    line = Progress()
    clock(2)
    line.add("a-long-name.log", 5)
    clock(1)
    line.add("b", 5)
    line.close()
    _, long, short, blank, end = clock(0).split("\r")
    assert len(short) == len(long)
    assert blank.strip() == ""
    assert len(blank) >= len(short.rstrip())
    assert end == ""


def test_an_end_without_a_line_writes_nothing_and_may_come_twice(clock):
    line = Progress()
    line.close()
    assert clock(3) == ""
    line.add("a", 1)
    line.close()
    once = clock(0)
    line.close()
    assert clock(0) == once


def test_what_is_no_terminal_sees_nothing(clock, monkeypatch):
    stream = io.StringIO()
    line = Progress()
    clock(60)
    monkeypatch.setattr(sys, "stderr", stream)
    line.add("a.log", 5)
    line.close()
    assert stream.getvalue() == ""


def test_a_notebook_sees_it_where_it_does_not_look_like_an_error(clock, monkeypatch):
    notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    line = Progress()
    seen = clock(60)
    monkeypatch.setattr(sys, "stdout", notebook)
    line.add("a.log", 5)
    assert notebook.getvalue().startswith("\rreading a.log: ")
    line.close()
    assert notebook.getvalue().endswith(" \r")
    assert clock(0) == seen
