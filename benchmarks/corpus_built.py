"""Small logs in the exact shapes of formats of which no small real file lies in the project."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["built"]

_SQL = (
    "select id, name from customers where id = {n}",
    "update items set qty = {n} where order_id = 7 and note = 'it''s ; done'",
    "select o.id,\n  o.total\nfrom orders o\nwhere o.id in ({n}, 2, 3)",
)
_OPENED = (
    "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n"
    "Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\n"
    "Time                 Id Command    Argument\n"
)


def _statement(n: int) -> str:
    return _SQL[n % 3].format(n=n)


def _lines(records: list[Any]) -> str:
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _csvlog(n: int) -> str:
    message = f"duration: {n}.250 ms  statement: {_statement(n)}"
    return (
        f'2026-11-21 02:33:{n:02}.125 UTC,"app","shop",{n % 3 + 7},"127.0.0.1:51234",'
        f'6b010304.2e{n % 3:02x},{n},"SELECT",2026-11-21 02:33:00 UTC,3/{n},0,LOG,00000,'
        f'{_quoted(message)},,,,,,,,,"psql","client backend",,-85\n'
    )


def _jsonlog(n: int) -> dict[str, Any]:
    return {
        "timestamp": f"2026-11-21 02:33:{n:02}.125 UTC", "user": "app", "dbname": "shop",
        "pid": n % 3 + 7, "remote_host": "127.0.0.1", "session_id": f"6b010304.2e{n % 3:02x}",
        "line_num": n, "ps": "SELECT", "session_start": "2026-11-21 02:33:00 UTC",
        "error_severity": "LOG", "message": f"duration: {n}.250 ms  statement: {_statement(n)}",
        "application_name": "psql", "backend_type": "client backend", "query_id": -85,
    }  # fmt: skip


def _stderr(n: int) -> str:
    text = _statement(n).replace("\n", "\n\t", 1).replace("\n", " ").replace(" \t", "\n\t")
    return (
        f"2026-11-21 02:33:{n:02}.125 UTC [{n % 3 + 7}] app@shop/psql LOG:  duration: {n}.250 ms"
        f"  statement: {text}\n"
    )


def _mysql_slow(n: int) -> str:
    time = f"# Time: 2026-11-21T11:00:{n:02}.123456Z\n" if n % 2 else ""
    use = f"use {'ab'[n % 2]}shop;\n" if n % 5 == 0 else ""
    return (
        f"{time}# User@Host: app[app] @ web1 [10.0.0.1]  Id:     {n}\n"
        f"# Query_time: 0.0{n}1000  Lock_time: 0.000010 Rows_sent: 1  Rows_examined: {n}\n"
        f"{use}SET timestamp={1795258812 + n};\n{_statement(n)};\n"
    )


def _mysql_slow_table(n: int) -> str:
    return (
        f"2026-11-21 11:00:{n:02}.500000,app[app] @ web1 [10.0.0.1],00:00:0{n % 9}.250000,"
        f"00:00:00,1,2,shop,{_quoted(_statement(n))},5\n"
    )


def _mysql_general(n: int) -> str:
    return f"2026-11-21T11:00:{n:02}.123456Z\t    8 Query\t{_statement(n)}\n"


def _mysql_digest(n: int) -> str:
    shape = f"SELECT `a` FROM `t{n}` WHERE `b` IN (...) "
    numbers = ",".join(str(value) for value in (n, n * 10**9, 10**9, 2 * 10**9, 7 * 10**9, 5, 0))
    return (
        f'"{shape}","{n:064x}","shop",{numbers},8,80,2026-11-21 11:00:00.000001,'
        "2026-11-21 12:00:00.000000\n"
    )


_DIGEST_HEADER = (
    "DIGEST_TEXT,DIGEST,SCHEMA_NAME,COUNT_STAR,SUM_TIMER_WAIT,MIN_TIMER_WAIT,AVG_TIMER_WAIT,"
    "MAX_TIMER_WAIT,SUM_LOCK_TIME,SUM_ERRORS,SUM_ROWS_SENT,SUM_ROWS_EXAMINED,FIRST_SEEN,LAST_SEEN\n"
)


def _mongodb_json(n: int) -> dict[str, Any]:
    command = {"find": "orders", "filter": {"status": "open", "n": {"$gt": n}}, "$db": "shop"}
    return {
        "t": {"$date": f"2026-11-20T09:00:{n:02}.000+00:00"}, "s": "I", "c": "COMMAND",
        "id": 51803, "ctx": f"conn{n}", "msg": "Slow query",
        "attr": {"type": "command", "ns": "shop.orders", "command": command, "docsExamined": n,
                 "nreturned": 1, "remote": "10.0.0.8:41712", "durationMillis": 200 + n},
    }  # fmt: skip


def _mongodb_text(n: int) -> str:
    return (
        f"2018-10-05T14:01:{n:02}.067+0200 I COMMAND  [conn{n}] command shop.orders "
        f'appName: "api" command: find {{ find: "orders", filter: {{ customer: {n} }}, '
        f'$db: "shop" }} planSummary: COLLSCAN keysExamined:{n} docsExamined:2 nreturned:7 '
        f"locks:{{ Global: {{ acquireCount: {{ r: 8 }} }} }} protocol:op_msg 219ms\n"
    )


def _mongodb_profile(n: int) -> dict[str, Any]:
    return {
        "op": "query", "ns": "shop.orders",
        "command": {"find": "orders", "filter": {"n": n, "status": "x"}, "sort": {"created": -1}},
        "keysExamined": 0, "docsExamined": 1000, "nreturned": 3, "millis": 12 + n,
        "ts": {"$date": f"2026-11-21T08:00:{n:02}.123Z"}, "client": "127.0.0.1", "user": "app@shop",
    }  # fmt: skip


def _asyncio(n: int) -> str:
    return (
        f"2026-11-21 02:51:{n:02},274 WARNING asyncio Executing <Task finished name='req-{n}' "
        f"coro=<slow() done, defined at /srv/app/main.py:27> result=None> took 0.1{n:02} seconds\n"
    )


def _echo(n: int) -> str:
    at = f"2026-11-21 02:51:{n:02}"
    logger = "INFO sqlalchemy.engine.Engine"
    return (
        f"{at},100 {logger} BEGIN (implicit)\n{at},120 {logger} {_statement(n)}\n"
        f"{at},121 {logger} [generated in 0.00017s] ({n},)\n{at},170 {logger} COMMIT\n"
    )


def _span(n: int) -> dict[str, Any]:
    begin = 1_795_256_209_000_000_000 + n * 10**9
    texts = {"db.system": "postgresql", "db.statement": _statement(n)}
    return {
        "traceId": f"{n // 3 + 1:032x}", "spanId": f"{n + 1:016x}",
        "parentSpanId": f"{n // 3 * 3 + 1:016x}" if n % 3 else "", "name": "SELECT",
        "kind": 3 if n % 3 else 2, "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(begin + 5_000_000), "status": {},
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in texts.items()],
    }  # fmt: skip


def _export(spans: list[dict[str, Any]]) -> dict[str, Any]:
    service = {"key": "service.name", "value": {"stringValue": "shop"}}
    return {
        "resourceSpans": [{"resource": {"attributes": [service]}, "scopeSpans": [{"spans": spans}]}]
    }


def built(count: int = 12) -> dict[str, str]:
    """Return format -> a log of some ``count`` records."""
    numbers = range(1, count + 1)
    return {
        "asyncio-debug": "".join(map(_asyncio, numbers)),
        "mongodb-json": _lines([_mongodb_json(n) for n in numbers]),
        "mongodb-profile": _lines([_mongodb_profile(n) for n in numbers]),
        "mongodb-profile/pretty": json.dumps([_mongodb_profile(n) for n in numbers], indent=1),
        "mongodb-text": "".join(map(_mongodb_text, numbers)),
        "mysql-digests": _DIGEST_HEADER + "".join(map(_mysql_digest, numbers)),
        "mysql-general": _OPENED + "".join(map(_mysql_general, numbers)),
        "mysql-slow": _OPENED + "".join(map(_mysql_slow, numbers)),
        "mysql-slow-table": "start_time,user_host,query_time,lock_time,rows_sent,rows_examined,db,"
        "sql_text,thread_id\n" + "".join(map(_mysql_slow_table, numbers)),
        "otlp-json": _lines([_export([_span(n), _span(n + 1)]) for n in range(0, count, 2)]),
        "otlp-json/document": json.dumps(_export([_span(n) for n in numbers]), indent=1),
        "postgres-csvlog": "".join(map(_csvlog, numbers)),
        "postgres-jsonlog": _lines([_jsonlog(n) for n in numbers]),
        "postgres-stderr/built": "".join(map(_stderr, numbers)),
        "sqlalchemy-echo": "".join(map(_echo, numbers)),
    }  # fmt: skip
