"""One line for every request served, as a team's own middleware would write it."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from opentelemetry import trace

from perfkit.lab.shop.telemetry import query_stats

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

__all__ = ["RequestLog"]

FAILED = 500


class RequestLog:
    """ASGI middleware that logs ``request_finished`` with durations in milliseconds."""

    def __init__(
        self, app: ASGIApp, *, log: FilteringBoundLogger, excluded: tuple[str, ...]
    ) -> None:
        """Wrap ``app``; paths that begin with one of ``excluded`` are not logged."""
        self.app = app
        self.log = log
        self.excluded = excluded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log it, also when it fails."""
        if scope["type"] != "http" or scope["path"].startswith(self.excluded):
            await self.app(scope, receive, send)
            return
        answer = _Answer(send)
        stats = query_stats.QueryStats()
        query_stats.current.set(stats)
        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1000
            self._write(scope, answer, stats, elapsed_ms)

    def _write(
        self, scope: Scope, answer: _Answer, stats: query_stats.QueryStats, elapsed_ms: float
    ) -> None:
        write = self.log.error if answer.status >= FAILED else self.log.info
        write(
            "request_finished",
            method=scope["method"],
            path=scope["path"],
            route=getattr(scope.get("route"), "path", None),
            status=answer.status,
            duration_ms=round(elapsed_ms, 3),
            request_id=uuid.uuid4().hex,
            trace_id=trace_id(),
            query_count=stats.count,
            query_ms=round(stats.total_ms, 3),
            response_bytes=answer.body_bytes,
            client=scope["client"][0] if scope.get("client") else None,
        )


class _Answer:
    """Passes an answer on, and remembers its status and size."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.status = FAILED  # what the client gets when nothing was sent
        self.body_bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.body_bytes += len(message.get("body", b""))
        await self.send(message)


def trace_id() -> str | None:
    """Return the current trace's id in hexadecimal; None outside of a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
