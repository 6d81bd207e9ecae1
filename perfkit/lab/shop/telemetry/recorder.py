"""Everything the shop writes about itself, switched on together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from perfkit.lab.shop.routes.control import EXCLUDED
from perfkit.lab.shop.telemetry import query_stats
from perfkit.lab.shop.telemetry.journal import journal
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

__all__ = ["record_to"]

SAMPLE_S = 0.05


def record_to(directory: Path, app: FastAPI) -> LoopWatch:
    """Switch on the shop's telemetry, appended to files in ``directory``.

    These are ``requests.jsonl``, ``traces.jsonl`` and ``pool.jsonl``, open until the process ends.

    Returns:
        The watch over the event loop; start it on that loop.
    """
    log = journal((directory / "requests.jsonl").open("a", encoding="utf-8"))
    shop = app.state.shop
    query_stats.observe(shop.engines)
    app.add_middleware(RequestLog, log=log, excluded=EXCLUDED)
    provider = trace_to(directory / "traces.jsonl", app, excluded=EXCLUDED)
    pool_log = journal((directory / "pool.jsonl").open("a", encoding="utf-8"))
    pool = watch_pool(
        shop.checkout_engine,
        name="checkout",
        on_event=pool_logger(pool_log),
        sample_every=SAMPLE_S,
    )
    pool.__enter__()  # until the process ends

    def flush() -> None:
        provider.force_flush()
        time.sleep(2 * SAMPLE_S)  # the pool's watch delivers with its next sample

    shop.flush = flush
    return LoopWatch(_block_logger(log))


def _block_logger(log: FilteringBoundLogger) -> Callable[[float, str, str | None], None]:
    def write(duration_ms: float, stack: str, route: str | None) -> None:
        log.warning(
            "blocked_loop",
            duration_ms=round(duration_ms, 3),
            source="heartbeat",
            stack=stack,
            route=route,
        )

    return write
