"""Spans as Datadog's tracers write them, for the tests of its exports."""

import copy

import pytest

START = 1_700_000_000_123_456_789
BIG = 18_446_744_073_709_551_615
UPPER = "68e68f4300000000"

WEB = {
    "trace_id": BIG - 1,
    "span_id": BIG,
    "parent_id": 0,
    "name": "django.request",
    "service": "shop",
    "resource": "GET /orders/{id}",
    "type": "web",
    "start": START,
    "duration": 20_000_000,
    "error": 0,
    "meta": {
        "http.method": "GET",
        "http.status_code": "200",
        "http.url": "http://shop/orders/17",
        "_dd.p.tid": UPPER,
        "env": "prod",
        "version": "1.2",
        "runtime-id": "abc",
        "language": "python",
    },
    "metrics": {"_dd.top_level": 1, "_sampling_priority_v1": 1, "process_id": 7},
}
SQL = {
    "trace_id": BIG - 1,
    "span_id": 2,
    "parent_id": BIG,
    "name": "postgres.query",
    "service": "postgres",
    "resource": "SELECT * FROM o WHERE id = ?",
    "type": "sql",
    "start": START + 1_000_000,
    "duration": 3_000_000,
    "error": 1,
    "meta": {"out.host": "pg", "db.name": "shop", "error.message": "boom", "error.type": "E"},
    "metrics": {"network.destination.port": 5432.0, "db.row_count": 3},
}
REDIS = {
    "trace_id": BIG - 1,
    "span_id": 3,
    "parent_id": BIG,
    "name": "redis.command",
    "service": "redis",
    "resource": "GET",
    "type": "redis",
    "start": START + 5_000_000,
    "duration": 500_000,
    "error": 0,
    "meta": {"redis.raw_command": "GET user:17", "out.host": "r"},
    "metrics": {"out.redis_db": 0, "network.destination.port": 6379},
}
MONGO = {
    "trace_id": BIG - 1,
    "span_id": 4,
    "parent_id": BIG,
    "name": "pymongo.cmd",
    "service": "mongodb",
    "resource": 'find orders {"status": "?"}',
    "type": "mongodb",
    "start": START + 6_000_000,
    "duration": 500_000,
    "error": 0,
    "meta": {"mongodb.db": "shop", "mongodb.collection": "orders", "mongodb.query": "{'a': '?'}"},
}
RPC = {
    "trace_id": BIG - 1,
    "span_id": 5,
    "parent_id": BIG,
    "name": "grpc",
    "service": "grpc-client",
    "resource": "/shop.Inventory/GetItem",
    "type": "grpc",
    "start": START + 7_000_000,
    "duration": 500_000,
    "error": 0,
    "meta": {"span.kind": "client", "grpc.method.path": "/shop.Inventory/GetItem"},
}
TRACE = [WEB, SQL, REDIS, MONGO, RPC]


@pytest.fixture
def trace():
    """Return the spans of a trace: web, SQL, Redis, MongoDB and gRPC; they may be changed."""
    return copy.deepcopy(TRACE)


@pytest.fixture(scope="session")
def rows():
    """Return a table's rows without where they are from."""

    def read(result, table="spans"):
        if table not in result.tables:
            return []
        found = result.tables[table].drop_columns(["source", "line", "attributes"])
        return found.to_pylist()

    return read
