"""Starting the supervisor: found from any folder, and heard to the end."""

import json
import subprocess
import time

import pytest

from perfkit.errors import LabError
from perfkit.lab import launch
from perfkit.lab.state import Home


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "h")
    home.prepare()
    return home


def supervisor_that(monkeypatch, script):
    monkeypatch.setattr(launch, "python_module", lambda *_: ["sh", "-c", script])


def test_a_module_of_ours_runs_from_the_root_folder():
    command = launch.python_module("perfkit.errors")
    done = subprocess.run(command, cwd="/", env={}, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_report_in_pieces_is_put_together(home, monkeypatch):
    supervisor_that(monkeypatch, "printf '{\"ok\":'; sleep 0.2; echo ' true}'")
    launch.launch(home, time.monotonic() + 10)


def test_a_refusal_is_passed_on_with_its_hint(home, monkeypatch):
    report = json.dumps({"ok": False, "error": "it: cannot", "hint": "do this"})
    supervisor_that(monkeypatch, f"echo '{report}'")
    with pytest.raises(LabError, match="it: cannot") as caught:
        launch.launch(home, time.monotonic() + 10)
    assert caught.value.hint == "do this"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'MemoryError: none left' >&2", "MemoryError: none left"),
        ("echo 'KeyError: a bug' >&2; rm \"$HOME_LOG\"", "KeyError: a bug"),
        ("kill -9 $$", "was killed"),
    ],
)
def test_a_supervisor_that_ends_without_a_word_is_reported(home, monkeypatch, script, words):
    monkeypatch.setenv("HOME_LOG", str(home.log))
    supervisor_that(monkeypatch, script)
    with pytest.raises(LabError, match=words):
        launch.launch(home, time.monotonic() + 10)


def test_a_python_that_is_not_there_is_reported(home, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(LabError, match="/nonexistent/python: No such file"):
        launch.launch(home, time.monotonic() + 10)
