"""Time HTTP requests, or Python code, with the same statistics."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perfkit.errors import UsageError
from perfkit.probes import http_text, http_timing
from perfkit.tasks.timing_result import TimeapiResult, result

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TimeapiResult", "time_code", "timeapi", "timeapi_async"]

MOST = 1_000_000


def timeapi(
    request: str,
    *,
    n: int = 200,
    warmup: int = 5,
    timeout: float = 30.0,
    allow_remote: bool = False,
) -> TimeapiResult:
    """Time requests sent one after the other over a kept connection.

    Args:
        request: ``GET http://127.0.0.1:8000/orders``; below it headers, a blank line and a
            body; several requests separated by ``###`` are sent in turns. A bare URL and a
            simple ``curl`` line work too.
        n: how often each request is timed. A 95 % interval of the p95 needs 72, of the p99 368.
        warmup: how often each is sent before, untimed.
        timeout: seconds for one whole answer.
        allow_remote: whether the target may be another machine; timing puts load on it.

    Returns:
        A TimeapiResult, one row per request: ``name, requests, failures, rate_per_s,
        mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, max_ms``; ``.samples`` has one row per
        request sent. Answers from status 400 on are failures.

    Raises:
        UsageError: a request that cannot be understood, or a number that makes no sense.
        TargetRefused: the target is not this machine and ``allow_remote`` is not set.
        NotConnected: no connection, or no answer to the first request.

    Example:
        >>> perfkit.timeapi("GET http://127.0.0.1:8000/orders", n=400)   # doctest: +SKIP
    """
    _check(n, warmup)
    if not timeout > 0:
        raise UsageError("timeapi: timeout is not above 0", hint="timeout=30")
    requests = http_text.parse(request)
    samples = http_timing.measure(
        requests, n=n, warmup=warmup, timeout=timeout, allow_remote=allow_remote
    )
    stopped = samples.num_rows < n * len(requests)
    early = [f"ended early: {http_timing.GIVE_UP} requests in a row had no answer"]
    return result(samples, noun="requests", caveats=early if stopped else [])


async def timeapi_async(request: str, **options: Any) -> TimeapiResult:
    """Call :func:`timeapi` in a thread: the event loop may serve the requests itself."""
    return await asyncio.to_thread(timeapi, request, **options)


def time_code(
    code: Callable[[], object], *, n: int = 200, warmup: int = 5, name: str = "code"
) -> TimeapiResult:
    """Time ``n`` calls of ``code`` after ``warmup`` calls; what it raises is passed on.

    Example:
        >>> time_code(lambda: sum(range(1000)), n=100).table["requests"][0]
        100
    """
    _check(n, warmup)
    for _ in range(warmup):
        code()
    return result(_timed(code, n, name), noun="calls")


def _timed(code: Callable[[], object], n: int, name: str) -> pa.Table:
    wall = time.time_ns()
    zero = time.perf_counter_ns()
    marks = [zero]
    for _ in range(n):
        code()
        marks.append(time.perf_counter_ns())
    starts = marks[:-1]
    known = {
        "request": list(range(n)),
        "name": [name] * n,
        "started_at": [wall + start - zero for start in starts],
        "duration_ms": [(end - start) / 1e6 for start, end in zip(starts, marks[1:], strict=True)],
        "intended_ms": [(start - zero) / 1e6 for start in starts],
    }
    return pa.table(
        [pa.array(known.get(field.name, [None] * n), field.type) for field in http_timing.SAMPLES],
        schema=http_timing.SAMPLES,
    )


def _check(n: int, warmup: int) -> None:
    if not 1 <= n <= MOST:
        raise UsageError(f"timeapi: n is not between 1 and {MOST:,}", hint="n=200")
    if not 0 <= warmup <= MOST:
        raise UsageError(f"timeapi: warmup is not between 0 and {MOST:,}", hint="warmup=5")
