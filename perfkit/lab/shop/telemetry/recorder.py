"""Everything the shop writes about itself, switched on together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfkit.lab.shop.routes.control import EXCLUDED
from perfkit.lab.shop.telemetry import query_stats
from perfkit.lab.shop.telemetry.journal import open_journal
from perfkit.lab.shop.telemetry.loop_watch import LoopWatch
from perfkit.lab.shop.telemetry.pool_log import pool_logger
from perfkit.lab.shop.telemetry.request_log import RequestLog
from perfkit.lab.shop.telemetry.tracing import trace_to
from perfkit.probes.pool_watch import watch_pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastapi import FastAPI
    from structlog.typing import FilteringBoundLogger

__all__ = ["FILES", "record_to"]

#: What `record_to` writes into its directory.
FILES = ("requests.jsonl", "traces.jsonl", "pool.jsonl")


def record_to(directory: Path, app: FastAPI) -> LoopWatch:
    """Switch on the shop's telemetry, appended to the files named in `FILES`.

    Returns:
        The watch over the event loop; start it on that loop.
    """
    requests, traces, pool = (directory / name for name in FILES)
    log = open_journal(requests)
    shop = app.state.shop
    query_stats.observe(shop.engines)
    app.add_middleware(RequestLog, log=log, excluded=EXCLUDED)
    shop.flush = trace_to(traces, app, excluded=EXCLUDED).force_flush
    watch_pool(
        shop.checkout_engine, name="checkout", on_event=pool_logger(open_journal(pool))
    ).__enter__()  # until the process ends
    return LoopWatch(_block_logger(log))


def _block_logger(log: FilteringBoundLogger) -> Callable[[float, str], None]:
    def write(duration_ms: float, stack: str) -> None:
        log.warning(
            "blocked_loop", duration_ms=round(duration_ms, 3), source="heartbeat", stack=stack
        )

    return write
