"""Run a command as a whole process and say what it took: wall, CPU, memory of all its processes."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Took", "measured"]

_EVERY_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Took:
    """Seconds of wall time and CPU; peak memory in bytes: all processes, the largest one.

    ``total`` counts pages that processes share once (PSS); ``largest`` is the RSS of the one
    that had most, ``worker`` that of the largest child.
    """

    wall: float
    cpu: float
    total: int
    largest: int
    worker: int


def measured(command: Sequence[str | Path]) -> Took:
    """Run ``command`` to its end; a failure is an error."""
    # an installed package has its bytecode beside it: so must what is measured
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = _Watch(process.pid)
    watch.start()
    _, said = process.communicate()
    wall = time.perf_counter() - begin
    watch.ended.set()
    watch.join()
    if process.returncode:
        raise RuntimeError(f"{command}: exit status {process.returncode}: {said.decode()[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall=wall, cpu=cpu, total=watch.total, largest=watch.largest, worker=watch.worker)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants while it runs."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.total = self.largest = self.worker = 0
        self._pid = pid

    def run(self) -> None:
        while not self.ended.wait(_EVERY_S):
            family = _family(self._pid)
            self.total = max(
                self.total, sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in family) * 1024
            )
            sizes = {pid: _kilobytes(pid, "status", "VmHWM:") * 1024 for pid in family}
            self.largest = max([self.largest, *sizes.values()])
            self.worker = max(
                [self.worker, *(size for pid, size in sizes.items() if pid != self._pid)]
            )


def _family(pid: int) -> list[int]:
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in below for one in _family(int(child)))]


def _kilobytes(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
