"""The checkout pool's life as JSON lines: each use of a connection, and the pool's state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perfkit.lab.shop.telemetry.request_log import trace_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import FilteringBoundLogger

__all__ = ["pool_logger"]


def pool_logger(log: FilteringBoundLogger) -> Callable[[Mapping[str, Any]], None]:
    """Return a callback for `perfkit.probes.pool_watch.watch_pool` that writes to ``log``.

    Samples that repeat the one before are left out: an idle pool writes nothing.
    """
    last: dict[str, Any] = {}

    def write(row: Mapping[str, Any]) -> None:
        if "released_at" in row:
            fields = {name: plain(value) for name, value in row.items()}
            log.info("checkout", **fields | {"trace_id": row.get("trace_id") or trace_id()})
            return
        state = {name: value for name, value in row.items() if name != "at"}
        if state != last:
            last.update(state)
            log.info("pool_sample", **state)

    return write


def plain(value: Any) -> Any:
    """Return times as ISO 8601 text in UTC, other values as they are."""
    return value.astimezone(UTC).isoformat(timespec="microseconds") if is_time(value) else value


def is_time(value: Any) -> bool:
    """Say whether ``value`` is a point in time."""
    return isinstance(value, datetime)
