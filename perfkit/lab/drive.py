"""Send the shop a bounded, seeded load; it ends by itself and never leaves this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from perfkit.errors import LabError, TargetRefused, UsageError
from perfkit.lab.shop.schema import Sizes
from perfkit.lab.shop.traffic import ROUTES

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping, Sequence

    import httpx

    from perfkit.lab.shop.traffic import Request

__all__ = ["DriveSummary", "Load", "drive"]

MOST_CONCURRENT = 64
MOST_REQUESTS = 100_000
LONGEST_S = 600.0
ANSWER_S = 30.0
FAILED = 400
POLL_S = 0.05


def all_routes() -> dict[str, float]:
    """Return every route with the same weight."""
    return dict.fromkeys(ROUTES, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send: ends after ``requests``, or starts none after ``seconds``.

    Attributes:
        routes: weight of each route, a key of `perfkit.lab.shop.traffic.ROUTES`.
        concurrency: clients; each waits for its answer before it asks again.
        rate: requests per second in all; None: as fast as the answers come.
        delay_s: seconds before the first request.
        seed: the same seed sends the same requests.
    """

    routes: Mapping[str, float] = field(default_factory=all_routes)
    requests: int = 100
    seconds: float = 60.0
    concurrency: int = 4
    rate: float | None = None
    delay_s: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense, and loads without a sensible end."""
        _within("requests", self.requests, MOST_REQUESTS)
        _within("seconds", self.seconds, LONGEST_S)
        _within("concurrency", self.concurrency, MOST_CONCURRENT)
        if self.rate is not None:
            _within("rate", self.rate, MOST_REQUESTS)
        if not self.routes or min(self.routes.values()) < 0 or not sum(self.routes.values()):
            raise UsageError("drive: no route has a weight above 0", hint='{"GET /orders": 1}')
        if unknown := sorted(self.routes.keys() - ROUTES.keys()):
            raise UsageError(f"drive: there is no route {unknown[0]!r}", hint=", ".join(ROUTES))


@dataclass(frozen=True, slots=True)
class DriveSummary:
    """What was sent: requests, those that failed (status 400 and above, or no answer), seconds."""

    requests: int
    failures: int
    seconds: float
    by_route: dict[str, int]


def drive(url: str, *loads: Load) -> DriveSummary:
    """Send ``loads`` at the same time to the shop at ``url`` and wait for the end.

    Ctrl-C ends it at once. It also works where an event loop is running, as in a notebook.

    Raises:
        TargetRefused: ``url`` is not on this machine.
        LabError: no shop answers there.

    Example:
        >>> drive("http://127.0.0.1:8000", Load(requests=50))  # doctest: +SKIP
        DriveSummary(requests=50, failures=0, seconds=1.2, by_route={...})
    """
    check_target(url)
    stop = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="drive") as pool:
        future = pool.submit(lambda: asyncio.run(_drive(url, loads or (Load(),), stop)))
        try:
            return future.result()
        finally:
            stop.set()


def check_target(url: str) -> None:
    """Raise TargetRefused unless ``url`` is HTTP to a loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise TargetRefused(f"drive: {url!r} is not a URL", hint="http://127.0.0.1:8000") from error
    if parts.scheme not in {"http", "https"} or not is_loopback(host):
        raise TargetRefused(
            f"drive: {host or url!r} is not this machine; the load is for the lab only",
            hint="lab.drive() for the demo shop, %%timeapi for your own service",
        )


def is_loopback(host: str) -> bool:
    """Say whether ``host`` names this machine and nothing else."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _drive(url: str, loads: Sequence[Load], stop: threading.Event) -> DriveSummary:
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    # trust_env: a proxy would be another machine.
    async with httpx.AsyncClient(
        base_url=url, timeout=ANSWER_S, trust_env=False, limits=limits
    ) as client:
        sizes = await _sizes(client)
        tally = _Tally()
        senders = [
            asyncio.create_task(sender)
            for load in loads
            for sender in _senders(client, load, sizes, tally)
        ]
        await _until_done(senders, stop)
        return tally.summary()


async def _sizes(client: httpx.AsyncClient) -> Sizes:
    import httpx

    try:
        answer = await client.get("/healthz")
        facts = answer.raise_for_status().json()
        return Sizes(users=facts["users"], orders=facts["orders"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise LabError(f"drive: no demo shop answers at {client.base_url}: {error}") from error


async def _until_done(senders: list[asyncio.Task[None]], stop: threading.Event) -> None:
    """Wait for ``senders``; cancel them once ``stop`` is set."""
    pending = set(senders)
    while pending and not stop.is_set():
        _, pending = await asyncio.wait(pending, timeout=POLL_S)
    for sender in pending:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=stop.is_set())


def _senders(
    client: httpx.AsyncClient, load: Load, sizes: Sizes, tally: _Tally
) -> Iterator[Coroutine[None, None, None]]:
    """Yield the load's clients, which share one sequence of requests."""
    orders = _schedule(load, sizes, time.perf_counter())
    for _ in range(min(load.concurrency, load.requests)):
        yield _send(client, orders, tally)


def _schedule(load: Load, sizes: Sizes, now: float) -> Iterator[tuple[float, str, Request]]:
    """Yield when to send what, until the load's end; the sequence is lazy."""
    rng = random.Random(load.seed)
    start = now + load.delay_s
    for number, route in zip(range(load.requests), _rotation(load.routes), strict=False):
        due = start + (number + rng.random()) / load.rate if load.rate else start
        if max(due, time.perf_counter()) > start + load.seconds:
            return
        yield due, route, ROUTES[route](rng, sizes)


def _rotation(routes: Mapping[str, float]) -> Iterator[str]:
    """Yield routes in proportion to their weights, evenly mixed (smooth weighted round robin)."""
    total = sum(routes.values())
    credit = dict.fromkeys(routes, 0.0)
    while True:
        for route, weight in routes.items():
            credit[route] += weight
        best = max(credit, key=credit.__getitem__)
        credit[best] -= total
        yield best


async def _send(
    client: httpx.AsyncClient, orders: Iterator[tuple[float, str, Request]], tally: _Tally
) -> None:
    import httpx

    for due, route, request in orders:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        method, path, params, body = request
        try:
            answer = await client.request(method, path, params=params, json=body)
            tally.add(route, failed=answer.status_code >= FAILED)
        except httpx.HTTPError:
            tally.add(route, failed=True)


class _Tally:
    """Counts while the load runs."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.routes: Counter[str] = Counter()
        self.failures = 0

    def add(self, route: str, *, failed: bool) -> None:
        self.routes[route] += 1
        self.failures += failed

    def summary(self) -> DriveSummary:
        seconds = round(time.perf_counter() - self.started, 3)
        return DriveSummary(self.routes.total(), self.failures, seconds, dict(self.routes))


def _within(name: str, value: float, most: float) -> None:
    if not 0 < value <= most:
        raise UsageError(f"drive: {name}={value!r} is not above 0 and at most {most:g}")
