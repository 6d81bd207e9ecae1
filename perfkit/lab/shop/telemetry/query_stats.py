"""Count the statements of each request and the time spent in them."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

__all__ = ["QueryStats", "current", "observe"]


@dataclass(slots=True)
class QueryStats:
    """Statements of one request: how many, and their time in milliseconds."""

    count: int = 0
    total_ms: float = 0.0


#: Set anew for every request; worker threads and greenlets inherit the same object.
current: ContextVar[QueryStats | None] = ContextVar("perfkit_query_stats", default=None)


def observe(engines: Iterable[Engine]) -> None:
    """Count every statement of ``engines`` into `current`."""
    for engine in engines:
        event.listen(engine, "before_cursor_execute", _started)
        event.listen(engine, "after_cursor_execute", _finished)


def _started(*arguments: Any) -> None:
    arguments[-2].perfkit_started = time.perf_counter()  # the execution context


def _finished(*arguments: Any) -> None:
    stats = current.get()
    if stats is not None:
        stats.count += 1
        stats.total_ms += (time.perf_counter() - arguments[-2].perfkit_started) * 1000
