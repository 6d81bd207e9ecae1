"""One use of a pooled connection, as it happens: from the request to the release."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from perfkit.probes.call_site import Site, application_frames, describe

__all__ = ["Use"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = 1e-6  # nanoseconds to milliseconds


class Use:
    """One use of a connection. Times are ``perf_counter_ns``; the wall clock is read once."""

    __slots__ = (
        "acquired",
        "busy_ns",
        "pool",
        "released",
        "requested",
        "requested_wall",
        "site",
        "trace_id",
        "worker",
    )

    def __init__(self, pool: str, *, in_task: bool) -> None:
        """Note who asks, and when; the caller's caller is where the stack begins."""
        self.pool = pool
        self.worker = _worker(in_task=in_task)
        self.site: Site = application_frames(sys._getframe(2))  # noqa: SLF001 - the stack's door
        self.trace_id = _trace_id()
        self.busy_ns = 0
        self.acquired: int | None = None
        self.released: int | None = None
        self.requested_wall = time.time_ns()
        self.requested = time.perf_counter_ns()

    @property
    def wait_ns(self) -> int:
        """Nanoseconds from the request until a connection, or an error, came."""
        end = self.acquired if self.acquired is not None else self.released
        return 0 if end is None else end - self.requested

    @property
    def hold_ns(self) -> int | None:
        """Nanoseconds the connection was held; None when it was not got or not yet released."""
        if self.acquired is None or self.released is None:
            return None
        return self.released - self.acquired

    def row(self) -> dict[str, Any]:
        """Return the columns of table ``checkouts``.

        A request that timed out has no ``acquired_at``; a connection still held when the
        watch ended has no ``released_at``.
        """
        got = self.acquired is not None
        hold = self.hold_ns
        return {
            "pool": self.pool,
            "worker": self.worker,
            "requested_at": self._moment(self.requested),
            "acquired_at": self._moment(self.acquired),
            "released_at": self._moment(self.released) if got else None,
            "wait_ms": self.wait_ns * _MS,
            "hold_ms": None if hold is None else hold * _MS,
            "busy_ms": self.busy_ns * _MS if got else None,
            "stack": describe(self.site) or None,
            "trace_id": self.trace_id,
        }

    def _moment(self, counter: int | None) -> datetime | None:
        if counter is None:
            return None
        wall_ns = self.requested_wall + counter - self.requested
        return _EPOCH + timedelta(microseconds=wall_ns // 1000)


def _worker(*, in_task: bool) -> str:
    """Return the name of the asyncio task, or of the thread."""
    task = asyncio.current_task() if in_task else None
    return task.get_name() if task is not None else threading.current_thread().name


def _trace_id() -> str | None:
    """Return the current OpenTelemetry trace id, if somebody imported OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None
