"""What one request did, as intervals: on the loop, in worker threads, in SQL, in calls."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CURRENT", "Interval", "Kind", "Recorder"]

Kind = Literal["loop", "thread", "database", "external"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time (``perf_counter_ns``) with the CPU time of its thread.

    ``delay`` is the time the thread was ready and waited for a CPU (Linux, else 0);
    ``where`` says what ran: a statement, a host.
    """

    kind: Kind
    start: int
    end: int
    cpu: int
    delay: int
    where: str = ""


@dataclass(kw_only=True)
class Recorder:
    """The intervals of one request; threads may append at the same time."""

    started: int = 0
    ended: int = 0
    intervals: list[Interval] = field(default_factory=list)

    @contextmanager
    def timed(self, kind: Kind, where: str = "") -> Iterator[None]:
        """Record what the block takes."""
        done = self.begin(kind, where)
        try:
            yield
        finally:
            done()

    def begin(self, kind: Kind, where: str = "") -> _Done:
        """Begin an interval; calling what is returned ends it."""
        return _Done(self, kind, where)

    def of(self, kind: Kind) -> list[Interval]:
        """Return the intervals of a kind that began within the request."""
        return [one for one in self.intervals if one.kind == kind and one.start < self.ended]


class _Done:
    """The open end of an interval."""

    __slots__ = ("_cpu", "_delay", "_kind", "_recorder", "_start", "_where")

    def __init__(self, recorder: Recorder, kind: Kind, where: str) -> None:
        self._recorder, self._kind, self._where = recorder, kind, where
        self._delay = _run_delay_ns() if kind in {"loop", "thread"} else 0
        self._cpu = time.thread_time_ns()
        self._start = time.perf_counter_ns()

    def __call__(self) -> None:
        end = time.perf_counter_ns()
        cpu = time.thread_time_ns() - self._cpu
        delay = _run_delay_ns() - self._delay if self._kind in {"loop", "thread"} else 0
        self._recorder.intervals.append(
            Interval(self._kind, self._start, end, max(cpu, 0), delay, self._where)
        )


#: The request that the running code works for; copied into its tasks and greenlets.
CURRENT: ContextVar[Recorder | None] = ContextVar("perfkit_endpoint_recorder", default=None)


def _run_delay_ns() -> int:
    """Return how long this thread waited for a CPU so far (proc(5), schedstat); else 0."""
    with suppress(OSError), open("/proc/thread-self/schedstat", "rb") as file:  # noqa: PTH123 - fast
        return int(file.read().split()[1])
    return 0
