"""Start the supervisor as a process of its own, and hear how that went."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from perfkit.errors import LabError

if TYPE_CHECKING:
    from perfkit.lab.state import Home

__all__ = ["launch", "python_module"]

# The child must find this very perfkit, installed or not, from the folder "/".
_BOOTSTRAP = (
    "import runpy, sys; place = sys.argv.pop(1); "
    "place in sys.path or sys.path.insert(0, place); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``module`` in this interpreter, from any folder.

    Example:
        >>> python_module("perfkit.lab.shop", "--ready", "file")[-3:]
        ['perfkit.lab.shop', '--ready', 'file']
    """
    place = str(Path(__file__).resolve().parents[2])
    return [sys.executable, "-c", _BOOTSTRAP, place, module, *arguments]


def launch(home: Home, deadline: float) -> None:
    """Start a supervisor for ``home`` and wait until it serves.

    ``deadline`` is a reading of :func:`time.monotonic`. A client that leaves while
    it waits takes the half-started lab with it: the report finds no reader.

    Raises:
        LabError: the supervisor says why it cannot, or says nothing in time.
    """
    volatile = ["volatile"] if home.volatile else []
    with home.log.open("a+b") as errors:
        try:
            process = subprocess.Popen(
                python_module("perfkit.lab.supervisor", str(home.path), *volatile),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise LabError(f"perfkit lab: {sys.executable}: {error.strerror}") from error
        with process:  # closes the pipe; the process itself only forks and ends
            assert process.stdout is not None
            outcome = _heard(process.stdout.fileno(), deadline)
        if outcome is None:
            raise LabError(
                f"perfkit lab: the supervisor ended without a word: {_last_words(errors)}",
                hint="free memory or disk space, then start the lab again",
            )
    if not outcome["ok"]:
        raise LabError(outcome["error"], hint=outcome["hint"])


def _heard(pipe: int, deadline: float) -> dict[str, Any] | None:
    """Return the supervisor's report, None when it ended without one."""
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not said.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise LabError(
                    "perfkit lab: PostgreSQL was not ready in time",
                    hint="start it again when the machine is less busy",
                )
            piece = os.read(pipe, 65536)
            if not piece:
                return None
            said += piece
    report: dict[str, Any] = json.loads(said)
    return report


def _last_words(errors: BinaryIO) -> str:
    """Return the last line of the log, of which the supervisor has removed the name."""
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it was killed"
