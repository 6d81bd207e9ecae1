"""What happens in the shop: faults to be found, and healthy work beside them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from one_truth.truth import (
    BEGIN,
    CASHIER,
    CASHIER_SLOW,
    GATEWAY,
    LEDGER,
    MS,
    ORDERS,
    STOCK,
    STOCK_NEW,
    Span,
    Trace,
    skewed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = "SELECT l.sku, l.amount FROM order_lines l WHERE l.order_id = $1"
LIST = "SELECT id, buyer_id, placed_at FROM orders WHERE buyer_id = $1 ORDER BY placed_at DESC"


def orders_listed(trace: Trace) -> None:
    """N+1 in SQL, connections taken out of the pool in between."""
    trace.enter("GET", "/orders", "/orders")
    trace.work(1)
    trace.http(GATEWAY, ORDERS, "GET", "/desk/orders", "/desk/orders")
    trace.sql(ORDERS, "postgresql", LIST, 4)
    for _ in range(trace.dice.randint(9, 14)):
        trace.pool(ORDERS)
        trace.sql(ORDERS, "postgresql", LINES, 2.5)
    trace.work(2)
    trace.answer()
    trace.end(wait_us=400)


def stock_shown(trace: Trace) -> None:
    """N+1 by gRPC: one article at a time; each looks into Redis."""
    trace.enter("GET", "/shelf/{shelf}", f"/shelf/{trace.number}")
    for item in range(trace.dice.randint(7, 10)):
        trace.grpc(GATEWAY, STOCK, "GetArticle")
        trace.redis(STOCK, f"GET article:{trace.number * 50 + item}", 0.8)
        trace.work(1.5)
        trace.answer(status=0)
    trace.end(wait_us=900)


def prices_compared(trace: Trace) -> None:
    """N+1 by HTTP."""
    trace.enter("GET", "/compare", "/compare")
    for item in range(trace.dice.randint(6, 9)):
        path = f"/prices/{trace.number * 20 + item}"
        trace.http(GATEWAY, CASHIER_SLOW, "GET", "/prices/{sku}", path)
        trace.sql(CASHIER_SLOW, "mysql", "SELECT amount FROM prices WHERE sku = ?", 3)
        trace.answer()
    trace.end(wait_us=700)


def home_shown(trace: Trace) -> None:
    """Calls one after the other that need nothing of each other; their order changes."""
    trace.enter("GET", "/home", "/home")
    calls: list[Callable[[], None]] = [
        lambda: _asked(trace, "GET", "/desk/news", 22),
        lambda: _till(trace, "/till/offers", 31),
    ]
    if trace.number % 3 == 0:
        calls.reverse()
    for call in calls:
        call()
    trace.end(wait_us=800)


def _asked(trace: Trace, method: str, path: str, ms: float) -> None:
    trace.http(GATEWAY, ORDERS, method, path, path)
    trace.mongo(ORDERS, "find", "news", ms)
    trace.answer()


def _till(trace: Trace, path: str, ms: float) -> None:
    trace.http(GATEWAY, CASHIER, "GET", path, path)
    trace.sql(CASHIER, "mysql", "SELECT sku, cut FROM offers WHERE until > ?", ms)
    trace.answer()


def searched(trace: Trace) -> None:
    """The new version on one host is slower."""
    server = STOCK_NEW if trace.number % 12 == 0 else STOCK
    trace.enter("GET", "/search", "/search")
    trace.http(GATEWAY, server, "GET", "/stock/search", "/stock/search")
    trace.mongo(server, "aggregate", "articles", 95 if server is STOCK_NEW else 9)
    trace.answer()
    trace.end(wait_us=300)


def paid(trace: Trace) -> None:
    """A payment that may fail and be tried again; what it tells Kafka is read later."""
    trace.enter("POST", "/pay", "/pay")
    failures = 1 if trace.number % 5 == 0 else 0
    for left in range(failures, -1, -1):
        trace.http(GATEWAY, CASHIER, "POST", "/till/pay", "/till/pay")
        trace.sql(CASHIER, "mysql", "UPDATE accounts SET amount = amount - ? WHERE id = ?", 6)
        bad = {"status": 503, "error": "TillBusy"} if left else {}
        trace.answer(**bad)
        trace.now += 5 * MS * bool(left)
    told = {"op": "sent", "topic": "payments"}
    sent = trace.begin(GATEWAY, "producer", "payments publish", **told)
    trace.end(wait_us=1_200)
    trace.end(wait_us=500)
    trace.above.append(sent)
    trace.now += 40 * MS
    trace.begin(LEDGER, "consumer", "payments process", op="received", topic="payments")
    trace.sql(LEDGER, "mysql", "INSERT INTO bookings (account, amount) VALUES (?, ?)", 4)
    trace.end(wait_us=300)


def healthy(trace: Trace) -> None:
    """A request without a fault."""
    trace.enter("GET", "/articles/{id}", f"/articles/{trace.number}")
    trace.redis(GATEWAY, f"GET session:{trace.number}", 0.6)
    trace.http(GATEWAY, ORDERS, "GET", "/desk/articles/{id}", f"/desk/articles/{trace.number}")
    trace.sql(ORDERS, "postgresql", "SELECT id, label FROM articles WHERE id = $1", 2)
    trace.answer()
    trace.end(wait_us=300)


WORK: dict[Callable[[Trace], None], int] = {
    orders_listed: 24,
    stock_shown: 20,
    prices_compared: 20,
    home_shown: 36,
    searched: 130,
    paid: 30,
    healthy: 40,
}


def spans() -> list[Span]:
    """Return all spans of the shop, of some traces not every one."""
    dice = random.Random(20260302)
    found: list[Span] = []
    number = 0
    for work, times in WORK.items():
        for _ in range(times):
            number += 1
            trace = Trace(number, dice, BEGIN + number * 170 * MS)
            work(trace)
            lost = {trace.spans[2].id} if work is healthy and number % 10 == 0 else set()
            found += [span for span in skewed(trace.spans) if span.id not in lost]
    return found
