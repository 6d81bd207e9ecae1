"""The checkout pool's life as JSON lines: each use of a connection, and the pool's state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import FilteringBoundLogger

__all__ = ["pool_logger"]


def pool_logger(log: FilteringBoundLogger) -> Callable[[Mapping[str, Any]], None]:
    """Return a callback for `perfkit.probes.pool_watch.watch_pool` that writes to ``log``.

    A sample that repeats the one before is left out: an idle pool writes nothing.
    """
    last: dict[str, Any] = {}

    def write(row: Mapping[str, Any]) -> None:
        fields = {name: plain(value) for name, value in row.items() if name != "at"}
        if fields != last:
            log.info(**fields)
        if fields["event"] == "pool_sample":
            last.update(fields)

    return write


def plain(value: Any) -> Any:
    """Return a time as ISO 8601 text in UTC, a number to the microsecond, the rest as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return round(value, 3) if isinstance(value, float) else value
