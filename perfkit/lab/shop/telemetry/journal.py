"""Logs as JSON lines, written by structlog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_journal"]


def open_journal(path: Path) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that appends one JSON object a line to ``path``.

    Each carries ``timestamp`` (ISO 8601, UTC, microseconds) and ``level``, and is
    written at once. Threads may share the logger.
    """
    stream = path.open("a", encoding="utf-8")
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    return logger
