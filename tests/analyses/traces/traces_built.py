"""Traces in the shapes that OpenTelemetry, Datadog and Zipkin instrumentations give them.

A :class:`Trace` is written call by call; its ``rows`` are those of the table ``spans``.
``INNOCENT`` holds what no analysis may complain about, ``GUILTY`` the twin of each that has the
fault. Every value is a maker: ``INNOCENT["pages by offset"]()`` returns the rows.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ITEM = "SELECT id, sku, quantity FROM order_items WHERE order_id = $1"
ORDERS = "SELECT id, total FROM orders WHERE user_id = $1 ORDER BY created_at DESC"


def attributes(style, **values):
    """Return the attributes as the bytes of one of the three formats."""
    names = {key.replace("__", "."): value for key, value in values.items() if value is not None}
    if style == "datadog":
        return json.dumps({"meta": {k: str(v) for k, v in names.items()}}).encode()
    if style == "zipkin":
        return json.dumps({k: str(v) for k, v in names.items()}).encode()
    pairs = [
        {"key": k, "value": {"intValue" if isinstance(v, int) else "stringValue": str(v)}}
        for k, v in names.items()
    ]
    return json.dumps(pairs).encode()


class Trace:
    """One trace: a root, and below it what happens, one after the other unless ``at`` is given."""

    def __init__(
        self,
        trace_id,
        route="/orders",
        *,
        kind="server",
        service="shop",
        name=None,
        style="otel",
        language="python",
        at_s=0.0,
    ):
        self.id, self.service, self.style = trace_id, service, style
        self.start = START + timedelta(seconds=at_s)
        self.resource = json.dumps(
            {"service.name": service, "telemetry.sdk.language": language, "host.name": "web-1"}
        )
        self.now, self.rows, self.overhead = 0.5, [], 0.05
        served = kind == "server"
        self.root = self.span(
            name or (f"GET {route}" if served else route),
            0.0,
            parent=None,
            kind=kind,
            category="app",
            route=route if served else None,
            status=200 if served else None,
        )
        self.now = 0.5

    def span(self, name, ms, *, at=None, parent="root", **columns):
        """Write a span; return its id. Without ``at`` (ms) it begins when the last one ended."""
        begin = self.now if at is None else at
        row = {
            "trace_id": self.id,
            "span_id": f"{self.id}-{len(self.rows)}",
            "parent_id": self.root if parent == "root" else parent,
            "service": self.service,
            "name": name,
            "kind": "internal",
            "category": "other",
            "started_at": self.start + timedelta(milliseconds=begin),
            "duration_ms": float(ms),
            "resource": self.resource,
            **columns,
        }
        self.rows.append(row)
        self.now = max(self.now, begin + ms + self.overhead)
        if len(self.rows) > 1 and parent is not None:
            root = self.rows[0]
            root["duration_ms"] = max(root["duration_ms"], self.now + 0.5)
        return row["span_id"]

    def sql(
        self,
        statement,
        ms=2.0,
        *,
        system="postgresql",
        peer="db:5432",
        rows=None,
        name=None,
        **columns,
    ):
        told = attributes(
            self.style,
            db__system__name=system,
            db__query__text=statement,
            server__address=peer,
            db__response__returned_rows=rows,
        )
        verb = statement.split()[0].upper()
        usual = {"datadog": "postgres.query", "zipkin": verb.lower()}.get(
            self.style, f"{verb} shop"
        )
        values = {"kind": "client", "category": "db", "statement": statement, "peer": peer}
        return self.span(name or usual, ms, attributes=told, **(values | columns))

    def redis(self, command, ms=0.6, **columns):
        told = attributes(
            self.style, db__system__name="redis", db__query__text=command, server__address="cache"
        )
        values = {"kind": "client", "category": "cache", "statement": command, "peer": "cache:6379"}
        return self.span(command.split()[0], ms, attributes=told, **(values | columns))

    def http(self, url, ms=12.0, *, method="GET", status=200, **columns):
        host = url.split("/")[2]
        told = attributes(
            self.style, http__request__method=method, url__full=url, server__address=host
        )
        values = {"kind": "client", "category": "http", "url": url, "peer": host, "status": status}
        return self.span(method, ms, attributes=told, **(values | columns))

    def rpc(self, method, ms=4.0, **columns):
        told = attributes(self.style, rpc__system="grpc", rpc__method=method)
        values = {"kind": "client", "category": "rpc", "url": f"grpc://{method}", "peer": "stock"}
        return self.span(method, ms, attributes=told, **(values | columns))

    def wait(self, ms):
        """Let time pass that no span tells of."""
        self.now += ms


def several(write, count=6, **options):
    """Return the rows of ``count`` traces; ``write(trace, n)`` fills each (n from 0)."""
    rows = []
    for n in range(count):
        trace = Trace(f"t{n}", at_s=n * 30.0, **options)
        write(trace, n)
        rows += trace.rows
    return rows


def loop(trace, n, call, *, least=14):
    """Ask for a list, then once per row; the number of rows differs from trace to trace."""
    count = least + 3 * (n % 5)
    trace.sql(ORDERS, 3.0, rows=count)
    for item in range(count):
        call(trace, 100 * n + item)


def _each(call, **options):
    return lambda: several(lambda trace, n: loop(trace, n, call), **options)


# --- innocent -----------------------------------------------------------------------------------


def _fan_out(trace, n):
    at = trace.now
    for shard in range(10):
        trace.http(f"http://search-{shard}.internal/query?q=shoes", 40.0 + shard, at=at + shard / 9)


def _scatter(trace, n):
    at = trace.now
    for shard in range(8):
        statement = "SELECT id, score FROM documents WHERE term = $1 ORDER BY score LIMIT 10"
        trace.sql(statement, 25.0, at=at, peer=f"shard-{shard}.db:5432")


def _fetch_all_at_once(trace, n):
    at = trace.now
    for user in range(8):
        trace.http(f"http://users/users/{user}", 30.0, at=at)


def _bulk_job(trace, n):
    trace.sql("SELECT id FROM invoices WHERE state = 'due'", 20.0)
    for _unit in range(60):
        trace.sql("BEGIN", 0.3)
        trace.sql("SELECT * FROM customers WHERE id = $1", 2.0)
        trace.sql("UPDATE invoices SET state = 'sent' WHERE id = $1", 3.0)
        trace.sql("COMMIT", 2.0)


def _mail_job(trace, n):
    trace.sql("SELECT id, email FROM users WHERE digest", 20.0)
    for _unit in range(40):
        trace.sql("SELECT body FROM digests WHERE user_id = $1", 3.0)
        trace.http("http://mail/send", 30.0, method="POST", status=202)


def _retries(trace, n):
    for attempt in range(3):
        trace.http("http://pay/charge/7", 200.0, status=503, error="503")
        trace.wait(100.0 * 2**attempt)
    trace.http("http://pay/charge/7", 90.0)


def _lock_retries(trace, n):
    for _ in range(4):
        trace.sql("UPDATE stock SET n = n - 1 WHERE id = $1", 30.0, error="40001")
    trace.sql("UPDATE stock SET n = n - 1 WHERE id = $1", 30.0)


def _pages_by_offset(trace, n):
    for page in range(12):
        text = f"SELECT id, name FROM products ORDER BY id LIMIT 100 OFFSET {page * 100}"
        trace.sql(text, 20.0)


def _pages_by_bound_offset(trace, n):
    for _ in range(12):
        trace.sql("SELECT id, name FROM products ORDER BY id LIMIT $1 OFFSET $2", 20.0)


def _pages_by_key(trace, n):
    for _ in range(12):
        trace.sql('SELECT "p"."id" FROM "p" WHERE "p"."id" > $1 ORDER BY "p"."id" LIMIT 100', 20.0)


def _pages_by_token(trace, n):
    token = ""
    for page in range(12):
        trace.http(f"http://api.crm/v3/contacts?limit=100{token}", 60.0)
        token = f"&after=cursor{page}x"


def _pages_in_the_path(trace, n):
    for page in range(1, 12):
        trace.http(f"http://api.crm/v3/contacts/page/{page}", 60.0)


def _cursor(trace, n):
    trace.sql("DECLARE c CURSOR FOR SELECT * FROM events", 2.0)
    for _ in range(15):
        trace.sql("FETCH FORWARD 500 FROM c", 30.0)


def _scan(trace, n):
    for page in range(20):
        trace.redis(f"SCAN {page * 17} MATCH session:* COUNT 100", 6.0)


def _fast(trace, n):
    for _item in range(12):
        trace.sql(ITEM, 0.05)
    trace.span("render", 60.0)


def _cached(trace, n):
    for item in range(10):
        trace.redis(f"GET product:{n}{item}", 0.12)
    trace.span("render", 45.0)


def _poll(trace, n):
    trace.http("http://reports/jobs/88", 8.0, method="POST")
    for _ in range(12):
        trace.wait(500.0)
        trace.http("http://reports/jobs/88", 6.0)


def _poll_rpc(trace, n):
    for _ in range(12):
        trace.rpc("reports.Reports/GetStatus", 6.0)
        trace.wait(400.0)


def _poll_sql(trace, n):
    for _ in range(12):
        trace.sql("SELECT state FROM jobs WHERE id = $1", 6.0)
        trace.wait(400.0)


def _upload(trace, n):
    url = "http://s3/bucket/film.mp4?partNumber={}&uploadId=2~Xy"
    trace.http("http://s3/bucket/film.mp4?uploads=", 20.0, method="POST")
    for part in range(1, 12):
        trace.http(url.format(part), 300.0, method="PUT")


def _upload_chunks(trace, n):
    for part in range(12):
        trace.http(f"http://files/uploads/ab12/chunks/{part}", 90.0, method="PUT")


def _migration(trace, n):
    for column in range(12):
        trace.sql(f"ALTER TABLE orders ADD COLUMN extra_{column} text", 30.0)


def _health(trace, n):
    for name in ("orders", "users", "stock", "mail", "search", "pay"):
        trace.http(f"http://{name}/healthz", 12.0)
    for _item in range(8):
        trace.sql("SELECT count(*) FROM queues WHERE name = $1", 9.0)


def _cron(trace, n):
    for _day in range(30):
        trace.sql("INSERT INTO daily_totals (day, total) SELECT $1, sum(total) FROM orders", 40.0)


def _messages(trace, n):
    poll = trace.span("orders receive", 0.1, kind="consumer", category="queue")
    for _ in range(20):
        one = trace.span("orders process", 0.0, kind="consumer", category="queue", parent=poll)
        row = trace.rows[-1]
        before = trace.now
        trace.sql("SELECT * FROM orders WHERE id = $1", 6.0, parent=one)
        row["duration_ms"] = trace.now - before


def _chunks(trace, n):
    for chunk in range(9):
        ids = ", ".join(str(chunk * 500 + i) for i in range(500))
        trace.sql(f"SELECT id, name FROM users WHERE id IN ({ids})", 25.0)
        rows = ", ".join(f"({i}, 'x')" for i in range(300))
        trace.sql(f"INSERT INTO audit (id, what) VALUES {rows}", 25.0)


def _endpoints(trace, n):
    for name in ("orders", "profile", "messages", "cart", "offers", "weather", "news", "banner"):
        trace.http(f"http://gateway/api/{name}", 15.0)


def _endpoints_answered(trace, n):
    for name in ("orders", "profile", "messages", "cart", "offers", "weather", "news", "banner"):
        client = trace.http(f"http://gateway/api/{name}", 15.0)
        at = trace.now - 14.0
        route = "/api/{path:path}" if n % 2 else f"/api/{name}"
        trace.span("GET", 9.0, at=at, parent=client, kind="server", service="gw", route=route)


def _fan_out_to_one(trace, n):
    at = trace.now
    for item in range(8):
        trace.http(f"http://rates/rate/{item}", 16.0 + 4.0 * item, at=at + 1.5 * item)


def _prepared(trace, n):
    for _ in range(4):  # two spans per statement: four repeats, not eight
        for verb in ("PDO::prepare", "PDOStatement::execute"):
            trace.sql(ITEM, 12.0, name=verb)


def _warm_up(count=40):
    rows = []
    for n in range(count):
        trace = Trace(f"w{n}", "/prices", at_s=n * 5.0)
        for item in range(30):
            trace.redis(f"GET price:{item}" if item else "GET prices", 0.1)
            if n == 0:
                trace.sql("SELECT price FROM prices WHERE id = $1", 3.0)
                trace.redis(f"SET price:{item} 12", 0.3)
            else:
                break
        trace.span("render", 30.0)
        rows += trace.rows
    return rows


def _rate_limited_webhooks(trace, n):
    for hook in range(20):
        trace.http(f"http://partner-{hook}.example/hook", 20.0, method="POST")


INNOCENT = {
    "a fan-out to shards": lambda: several(_fan_out),
    "scatter and gather over databases": lambda: several(_scatter),
    "everything at once": lambda: several(_fetch_all_at_once),
    "a bulk job": lambda: several(_bulk_job, 2, kind="internal", route="nightly"),
    "a job that mails": lambda: several(_mail_job, 2, kind="consumer", route="digest"),
    "retries with backoff": lambda: several(_retries),
    "retries after a lock": lambda: several(_lock_retries),
    "pages by offset": lambda: several(_pages_by_offset),
    "pages by bound offset": lambda: several(_pages_by_bound_offset, style="datadog"),
    "pages by key": lambda: several(_pages_by_key, style="zipkin"),
    "pages by token": lambda: several(_pages_by_token),
    "pages in the path": lambda: several(_pages_in_the_path),
    "a server-side cursor": lambda: several(_cursor),
    "a scan of keys": lambda: several(_scan),
    "fast repeats": lambda: several(_fast),
    "a cache that answers": lambda: several(_cached),
    "a cache that fills once": _warm_up,
    "polling": lambda: several(_poll),
    "polling by call": lambda: several(_poll_rpc),
    "polling a table": lambda: several(_poll_sql),
    "an upload in parts": lambda: several(_upload),
    "an upload in chunks": lambda: several(_upload_chunks),
    "a migration": lambda: several(_migration, 1, kind="internal", route="migrate"),
    "a health check": lambda: several(_health, route="/healthz"),
    "a nightly job": lambda: several(_cron, 3, kind="internal", route="totals"),
    "a consumer of messages": lambda: several(_messages, 2, kind="internal", route="poll"),
    "chunks of many ids": lambda: several(_chunks),
    "a page of many endpoints": lambda: several(_endpoints),
    "endpoints that the gateway names": lambda: several(_endpoints_answered),
    "a pool of threads": lambda: several(_fan_out_to_one),
    "prepared statements": lambda: several(_prepared, style="datadog", language="php"),
    "webhooks of many partners": lambda: several(_rate_limited_webhooks),
}

# --- guilty -------------------------------------------------------------------------------------


def _item(trace, item):
    trace.sql(ITEM)


def _item_between(trace, item):
    trace.span("pg-pool.connect", 0.2, kind="client", category="pool")
    trace.sql("SELECT 1", 0.2)
    trace.sql(ITEM)
    trace.sql("COMMIT", 0.3)


def _at_once(trace, n):
    trace.sql(ORDERS, 3.0)
    begin = trace.now
    for item in range(30):  # a pool of five connections
        trace.sql(ITEM, 6.0, at=begin + 6.1 * (item // 5) + 0.1 * (item % 5))


def _per_item_parent(trace, item):
    parent = trace.span("resolve Order.items", 0.0)
    trace.sql(ITEM, parent=parent)


def _two_statements(trace, item):
    trace.sql(ITEM, 1.5)
    trace.sql("SELECT name FROM products WHERE id = $1", 1.5)


def _names(trace, n):
    trace.sql(ORDERS, 3.0)
    for name in ("ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "jon")[
        : 6 + n % 4
    ]:
        trace.http(f"http://accounts/users/{name}", 15.0)


CODES = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK")


def _codes(trace, n):
    for code in CODES:
        trace.http(f"http://rates/rate/{code}", 12.0)


def _codes_answered(trace, n):
    for code in CODES:
        client = trace.http(f"http://rates/rate/{code.lower()}", 12.0)
        at = trace.now - 11.0
        trace.span(
            "GET", 9.0, at=at, parent=client, kind="server", service="rates", route="/rate/{code}"
        )


def _composite(trace, n):
    trace.sql(ORDERS, 3.0)
    trace.sql(ITEM, 60.0, calls=30 + n)


def _prisma(trace, item):
    trace.sql(
        'SELECT "public"."User"."id" FROM "public"."User" WHERE ("public"."User"."id" = $1 '
        "AND 1=1) LIMIT $2 OFFSET $3"
    )


def _literals(trace, item):
    trace.sql(f"SELECT id FROM order_items WHERE order_id = {item} /* traceparent='00-{item}' */")


GUILTY = {
    "one statement per row": _each(_item),
    "one statement per row, datadog": _each(_item, style="datadog"),
    "one statement per row, zipkin": _each(_item, style="zipkin"),
    "with other work in between": _each(_item_between),
    "several at a time": lambda: several(_at_once),
    "each below a span of its own": _each(_per_item_parent),
    "two statements per row": _each(_two_statements),
    "values in the text": _each(_literals),
    "the offset that an ORM always sends": _each(_prisma, language="nodejs"),
    "a call per row": _each(lambda t, i: t.http(f"http://stock/items/{i}?currency=EUR")),
    "a call per name": lambda: several(_names),
    "a call per code, the same in every request": lambda: several(_codes, 12),
    "a call per code, as the server tells": lambda: several(_codes_answered),
    "a key per row": _each(lambda t, i: t.redis(f"GET user:{i}", 1.5)),
    "a key per name": _each(lambda t, i: t.redis(f"HGETALL user:x{'abcdefgh'[i % 8]}y{i}", 1.5)),
    "a remote call per row": _each(lambda t, i: t.rpc("stock.Stock/GetItem")),
    "one span for many calls": lambda: several(_composite),
    "a page for each of many": _each(lambda t, i: t.http(f"http://crm/users/{i}/orders?page=1")),
    "a consumer that reads one by one": _each(_item, kind="consumer", name="orders process"),
    "a row written per item": _each(lambda t, i: t.sql("INSERT INTO log (a) VALUES ($1)", 3.0)),
    "a part per item": _each(lambda t, i: t.http(f"http://s3/bucket/{i}/thumb", 20.0)),
    "few ids in each list": _each(lambda t, i: t.sql(f"SELECT a FROM b WHERE c IN ({i}, {i + 1})")),
    "one shard, many statements": _each(lambda t, i: t.sql(ITEM, peer="shard-1.db:5432")),
}

# --- the request is slow for another reason than an N+1 -------------------------------------------


def _storm(trace, n):
    for _attempt in range(8):
        trace.http("http://pay/charge/7", 40.0, status=503, error="503")


def _patient_storm(trace, n):
    for attempt in range(7):
        trace.sql(ITEM.replace("$1", "7"), 10.0, error="40001")
        trace.wait(20.0 * 2**attempt)
    trace.sql(ITEM.replace("$1", "7"), 10.0)


def _many(trace, n):
    for table in range(22):
        trace.sql(
            f"SELECT a, b FROM setting{'abcdefghijklmnopqrstuvwxyz'[table]} WHERE id = $1", 4.0
        )


STORMS = {
    "no wait": lambda: several(_storm),
    "a growing wait": lambda: several(_patient_storm),
}
MANY_STATEMENTS = lambda: several(_many)  # noqa: E731 - a maker as the others
