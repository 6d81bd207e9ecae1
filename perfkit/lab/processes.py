"""Processes: children that do not outlive us, and strangers that we may end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["die_with_us", "end_all", "end_group", "serving"]

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_POLL_S = 0.02


def die_with_us(signum: signal.Signals) -> Callable[[], None] | None:
    """Return the ``preexec_fn`` by which Linux sends ``signum`` when we die.

    None elsewhere. For the main thread of a process without other threads only:
    Linux means the thread that forked, and nothing else is safe after a fork.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # we died before the call
            os._exit(1)

    return arm


def end_group(process: subprocess.Popen[bytes], gentle: signal.Signals, patience: float) -> None:
    """End a child that leads its own group: ``gentle`` first, SIGKILL after ``patience`` s."""
    if process.poll() is None:
        process.send_signal(gentle)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=patience)
    # What it started itself shares its group and may outlive it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def serving(data: Path) -> list[int]:
    """Return the processes that serve the cluster in ``data``: postmaster and backends.

    They are known by their working folder, which is the cluster's; without /proc by
    postmaster.pid, provided that the process of that number names the folder.
    """
    if Path("/proc/self/cwd").exists():
        entries = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [int(entry.name) for entry in entries if _works_in(entry, data)]
    postmaster = _postmaster(data)
    return [postmaster] if postmaster and _names(postmaster, data) else []


def end_all(data: Path, patience: float = 5.0) -> None:
    """End every process that serves ``data``: SIGQUIT, after ``patience`` s SIGKILL."""
    for signum in (signal.SIGQUIT, signal.SIGKILL):
        _signal(serving(data), signum)
        deadline = time.monotonic() + patience
        while serving(data):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        else:
            return


def _signal(pids: Iterable[int], signum: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def _works_in(entry: Path, data: Path) -> bool:
    try:
        folder = str((entry / "cwd").readlink()).removesuffix(" (deleted)")
        # A shell in which somebody looks around there is not ours to end.
        return folder == str(data) and (entry / "comm").read_text().startswith("postgres")
    except OSError:  # gone, or not ours to look at
        return False


def _postmaster(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _names(pid: int, data: Path) -> bool:
    command = ["ps", "-o", "command=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return str(data) in done.stdout
