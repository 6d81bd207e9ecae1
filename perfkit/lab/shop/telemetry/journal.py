"""Logs as JSON lines, written by structlog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["journal"]


def journal(stream: TextIO) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that writes one JSON object a line to ``stream``.

    Each carries ``timestamp`` (ISO 8601, UTC, microseconds) and ``level``, and is
    written at once. Threads may share the logger.
    """
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
