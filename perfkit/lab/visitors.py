"""Who visits the web server: customers, one client that asks too often, a scanner.

Each visit is due at its own time and waits for no other (an open loop). Visitors have addresses
of their own, all of this machine's loopback network.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

from perfkit.lab.drive import ANSWER_S, check_target
from perfkit.lab.shop.traffic import ROUTES, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from perfkit.lab.shop.schema import Sizes

__all__ = ["GAVE_UP", "Visit", "burst", "customers", "scanner", "visit"]

CUSTOMERS = [f"127.0.0.{number}" for number in range(2, 22)]
#: The client that asks too often, and the scanner.
HASTY, SCANNER = "127.0.0.66", "127.0.0.99"
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15",
    "shop-app/3.2 (Android 15)",
)
#: Nobody exports as often as they look.
WEIGHTS = {route: 0.1 if route == "GET /export" else 1.0 for route in ROUTES}
IMPATIENT, PATIENCE_S = 0.3, 0.6
GAVE_UP = "gave up"
SOUGHT = (
    "/.env", "/.git/config", "/admin/", "/wp-login.php", "/phpmyadmin/index.php", "/backup.zip",
    "/cgi-bin/test.cgi?q=%3Cscript%3Ealert(1)%3C/script%3E", "/../../etc/passwd", "/api/v1/%00",
)  # fmt: skip


class Visit(NamedTuple):
    """One request: when it is due (seconds from the start), from where, how long it waits."""

    due_s: float
    client: str
    request: Request
    patience_s: float = ANSWER_S


def customers(seed: int, sizes: Sizes, *, seconds: float, rate: float) -> list[Visit]:
    """Return what customers ask within ``seconds``, ``rate`` requests a second in all."""
    rng = random.Random(seed)
    names = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=round(rate * seconds))
    return [
        Visit(
            due_s=rng.uniform(0, seconds),
            client=rng.choice(CUSTOMERS),
            request=ROUTES[name](rng, sizes),
            patience_s=PATIENCE_S if rng.random() < IMPATIENT else ANSWER_S,
        )
        for name in names
    ]


def burst(begin_s: float, *, requests: int = 250, rate: float = 100.0) -> list[Visit]:
    """Return the visits of a client that asks for users as fast as ``rate``."""
    return [
        Visit(begin_s + number / rate, HASTY, Request("GET", f"/users/{number + 1}"))
        for number in range(requests)
    ]


def scanner(begin_s: float, *, rate: float = 5.0) -> list[Visit]:
    """Return the visits of a program that looks for files that others left behind."""
    return [
        Visit(begin_s + number / rate, SCANNER, Request("GET", path))
        for number, path in enumerate(SOUGHT * 6)
    ]


def visit(url: str, visits: Sequence[Visit]) -> dict[str, dict[str, int]]:
    """Pay ``visits`` to ``url``; return how many had which status, by client.

    Customers are counted together; ``"gave up"`` counts those that did not wait for an answer.

    Raises:
        TargetRefused: ``url`` is not on this machine.
    """
    check_target(url)
    counts = asyncio.run(_visit(url, visits))
    return {who: dict(sorted(found.items())) for who, found in sorted(counts.items())}


async def _visit(url: str, visits: Sequence[Visit]) -> dict[str, Counter[str]]:
    import httpx

    counts: dict[str, Counter[str]] = {}
    start = time.perf_counter()

    async def pay(client: httpx.AsyncClient, one: Visit) -> None:
        await asyncio.sleep(max(0.0, start + one.due_s - time.perf_counter()))
        outcome = await _outcome(client, one)
        who = "customers" if one.client in CUSTOMERS else one.client
        counts.setdefault(who, Counter())[outcome] += 1

    async with AsyncExitStack() as stack:
        clients = {}
        for number, address in enumerate(sorted({one.client for one in visits})):
            clients[address] = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=url,
                    headers={"user-agent": AGENTS[number % len(AGENTS)]},
                    transport=httpx.AsyncHTTPTransport(local_address=address),
                )
            )
        await asyncio.gather(*(pay(clients[one.client], one) for one in visits))
    return counts


async def _outcome(client: httpx.AsyncClient, one: Visit) -> str:
    import httpx

    method, path, params, body = one.request
    try:
        answer = await client.request(
            method, path, params=params, json=body, timeout=one.patience_s
        )
    except httpx.TimeoutException:
        return GAVE_UP
    return str(answer.status_code)
