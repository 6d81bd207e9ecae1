import io

import pytest

from perfkit.tasks.explaining import progress
from perfkit.tasks.explaining.progress import Steps


def written(monkeypatch, *, terminal):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr("sys.stderr", stream)
    with Steps(2) as steps:
        steps.next("select 1")
        steps.next("select\x1b[31m " + "x" * 200)
    return stream.getvalue()


def test_a_terminal_sees_which_one_is_worked_at_and_the_line_is_wiped(monkeypatch):
    text = written(monkeypatch, terminal=True)
    assert "\rexplaining 1 of 2: select 1" in text
    assert text.rstrip(" ").endswith("\r")
    assert "\x1b" not in text
    assert max(len(part) for part in text.split("\r")) <= 79


def test_files_and_pipes_see_nothing(monkeypatch):
    assert written(monkeypatch, terminal=False) == ""


def test_the_line_is_wiped_after_an_interrupt_too(monkeypatch):
    parts = []
    monkeypatch.setattr(progress, "watched", lambda: Recorder(parts))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert parts[-1].strip() == ""
    assert parts[-1].endswith("\r")


def interrupted():
    with Steps(1) as steps:
        steps.next("select 1")
        raise KeyboardInterrupt


class Recorder:
    def __init__(self, parts):
        self.parts = parts

    def write(self, text):
        self.parts.append(text)

    def flush(self):
        pass
