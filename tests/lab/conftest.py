"""A lab of the test's own: never the one the user may be running."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perfkit.lab import server

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0


@pytest.fixture
def lab_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path for the lab's state (sockets allow 107 bytes); stopped afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="pkl-")).resolve()
    home = parent / "h"
    monkeypatch.setenv("PERFKIT_LAB_HOME", str(home))
    yield home
    server.stop(home)
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until something becomes true; fail after a bounded time."""

    def wait(condition: Callable[[], object], patience: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, "it did not become true in time"
            time.sleep(0.05)

    return wait


@pytest.fixture
def processes_in() -> Callable[[Path], list[int]]:
    """The processes that name a folder in their command or work below it (Linux)."""
    if sys.platform != "linux":
        pytest.skip("needs /proc")

    def touches(entry: Path, folder: bytes) -> bool:
        try:
            command = (entry / "cmdline").read_bytes()
            return folder in command or os.fsencode((entry / "cwd").readlink()).startswith(folder)
        except OSError:
            return False

    def find(folder: Path) -> list[int]:
        named = os.fsencode(folder)
        entries = [e for e in Path("/proc").iterdir() if e.name.isdigit()]
        return [int(e.name) for e in entries if touches(e, named) and int(e.name) != os.getpid()]

    return find


@pytest.fixture
def python(lab_home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run a snippet in another interpreter that shares the lab; ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate(timeout=10)
