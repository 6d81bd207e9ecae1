"""Rows as New Relic and Honeycomb export them, and what their tests share."""

import csv
import io
import json

import pytest

START = 1_714_557_600_123
TRACE = "a6da3dd78ae8d119d7d48420205b0dab"

#: Span events as `SELECT * FROM Span` returns them.
NR_ROOT = {
    "appId": 17,
    "appName": "shop",
    "category": "generic",
    "duration": 0.0465,
    "duration.ms": 46.5,
    "entity.guid": "MTB8QVBN",
    "guid": "a6da3dd78ae8d119",
    "host": "web-1",
    "http.statusCode": 200,
    "id": "a6da3dd78ae8d119",
    "name": "WebTransaction/Function/shop.views:orders",
    "nr.entryPoint": True,
    "request.method": "GET",
    "request.uri": "/orders/17",
    "sampled": True,
    "timestamp": START,
    "trace.id": TRACE,
    "traceId": TRACE,
    "transaction.name": "WebTransaction/Function/shop.views:orders",
    "transactionId": "a6da3dd78ae8d119",
}
NR_SQL = {
    "appName": "shop",
    "category": "datastore",
    "component": "Postgres",
    "db.collection": "orders",
    "db.instance": "shop",
    "db.statement": "SELECT * FROM orders WHERE id = ?",
    "duration": 0.0012,
    "guid": "b1",
    "id": "b1",
    "name": "Datastore/statement/Postgres/orders/select",
    "parent.id": "A6DA3DD78AE8D119",
    "parentId": "A6DA3DD78AE8D119",
    "peer.address": "pg:5432",
    "peer.hostname": "pg",
    "timestamp": START + 5,
    "trace.id": TRACE,
    "transactionId": "a6da3dd78ae8d119",
}
NR_HTTP = {
    "appName": "shop",
    "category": "http",
    "duration": 0.01,
    "error.class": "TimeoutError",
    "error.message": "too slow",
    "guid": "c000000000000001",
    "http.method": "GET",
    "http.url": "http://user:secret@stock:8080/items/3",
    "name": "External/stock/requests/GET",
    "parentId": "a6da3dd78ae8d119",
    "span.kind": "client",
    "timestamp": START + 20,
    "traceId": TRACE,
}
NR_SPANS = [NR_ROOT, NR_SQL, NR_HTTP]

#: Transaction events: `SELECT * FROM Transaction`.
NR_WEB = {
    "appName": "shop",
    "databaseCallCount": 21,
    "databaseDuration": 0.031,
    "duration": 0.465100584,
    "error": False,
    "externalCallCount": 1,
    "guid": "a6da3dd78ae8d119",
    "name": "WebTransaction/Expressjs/GET//orders/:id",
    "parentSpanId": "b",
    "request.method": "GET",
    "request.uri": "/orders/17",
    "response.status": "200",
    "timestamp": START,
    "totalTime": 0.4652,
    "traceId": TRACE,
    "transactionType": "Web",
}
NR_FAILED = {
    "appName": "shop",
    "duration": 1.5,
    "error": True,
    "errorMessage": "boom",
    "http.statusCode": 500,
    "name": "WebTransaction/Go/GET /carts",
    "timestamp": START + 1000,
}
NR_JOB = {
    "appName": "shop",
    "duration": 60.0,
    "name": "OtherTransaction/Celery/nightly",
    "timestamp": START,
    "transactionType": "Other",
}
NR_TRANSACTIONS = [NR_WEB, NR_FAILED, NR_JOB]

#: What is sent to the Trace API.
NR_PAYLOAD = [
    {
        "common": {"attributes": {"service.name": "shop", "host": "web-1"}},
        "spans": [
            {
                "trace.id": "123456",
                "id": "ABC",
                "timestamp": START,
                "attributes": {
                    "duration.ms": 12.53,
                    "name": "/home",
                    "span.kind": "server",
                    "http.route": "/home",
                },
            },
            {
                "trace.id": "123456",
                "id": "DEF",
                "timestamp": START + 1,
                "attributes": {
                    "duration.ms": 2.97,
                    "name": "query",
                    "parent.id": "abc",
                    "service.name": "db-client",
                    "db.system": "postgresql",
                    "db.statement": "SELECT 1",
                },
            },
        ],
    },
    {
        "spans": [
            {
                "attributes": {"duration.ms": 1, "name": "other", "service.name": "b"},
                "id": "1",
                "trace.id": "2",
                "timestamp": START,
            }
        ]
    },
]

#: Spans of OpenTelemetry as Honeycomb stores them, with an event and a link.
HC_ROOT = {
    "Timestamp": "2024-05-01T10:00:00.123456789Z",
    "SampleRate": 10,
    "trace.trace_id": "d7d48420205b0dab",
    "trace.span_id": "a6da3dd78ae8d119",
    "name": "GET /orders/{id}",
    "service.name": "shop",
    "service.version": "1.2",
    "duration_ms": 46.5,
    "span.kind": "server",
    "type": "server",
    "status_code": 2,
    "status_message": "boom",
    "http.request.method": "GET",
    "http.route": "/orders/{id}",
    "url.path": "/orders/17",
    "http.response.status_code": 500,
    "host.name": "web-1",
    "meta.signal_type": "trace",
}
HC_SQL = {
    "Timestamp": "2024-05-01T10:00:00.128Z",
    "SampleRate": 10,
    "trace.trace_id": "d7d48420205b0dab",
    "trace.span_id": "b000000000000001",
    "trace.parent_id": "A6DA3DD78AE8D119",
    "name": "SELECT shop.orders",
    "service.name": "shop",
    "service.version": "1.2",
    "duration_ms": 1.25,
    "span.kind": "client",
    "status_code": 0,
    "db.system": "postgresql",
    "db.statement": "SELECT a, b\nFROM orders WHERE name = 'x'",
    "host.name": "web-1",
}
HC_EVENT = {
    "Timestamp": "2024-05-01T10:00:00.130Z",
    "trace.trace_id": "d7d48420205b0dab",
    "trace.parent_id": "a6da3dd78ae8d119",
    "name": "exception",
    "meta.annotation_type": "span_event",
}
HC_LINK = {**HC_EVENT, "meta.annotation_type": "link", "trace.link.trace_id": "1"}
HC_OTEL = [HC_ROOT, HC_EVENT, HC_SQL, HC_LINK]

#: What the Beelines sent through Libhoney.
HC_BEELINE = [
    {
        "time": "2024-05-01T10:00:00.5Z",
        "samplerate": 4,
        "data": {
            "trace.trace_id": "9e020857-1248-431f-b2dd-f1541bd1e113",
            "trace.span_id": "29d98eb0-81c0-4538-a8b5-8296ff40563f",
            "name": "django_http_get",
            "service_name": "shop",
            "duration_ms": 20,
            "type": "http_server",
            "meta.span_type": "root",
            "meta.local_hostname": "web-1",
            "request.method": "GET",
            "request.path": "/orders/17",
            "request.route": "GET /orders/:id(.:format)",
            "response.status_code": 200,
        },
    },
    {
        "time": "2024-05-01T10:00:00.6Z",
        "samplerate": 4,
        "data": {
            "trace.trace_id": "9e020857-1248-431f-b2dd-f1541bd1e113",
            "trace.span_id": "223ebb27-c7f3-41c8-86e6-cc47e7e809d0",
            "trace.parent_id": "29d98eb0-81c0-4538-a8b5-8296ff40563f",
            "name": "django_postgresql_query",
            "service_name": "shop",
            "duration_ms": 3.5,
            "type": "db",
            "db.query": "SELECT * FROM orders WHERE id = %s",
            "db.query_args": [17],
            "meta.span_type": "leaf",
        },
    },
]


def nerdgraph(rows):
    return {"data": {"actor": {"account": {"nrql": {"results": rows}}}}}


def insights(rows):
    contents = [{"function": "events", "limit": 100, "order": {"column": "timestamp"}}]
    return {"metadata": {"contents": contents}, "results": [{"events": rows}]}


def query_data(rows):
    results = [{"data": row} for row in rows]
    series = [{"time": "2024-05-01T10:00:00Z", "data": {"COUNT": 2, "trace.trace_id": "x"}}]
    return {"query": {"limit": 100}, "data": {"series": series, "results": results}, "links": {}}


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows, delimiter=","):
    """Return CSV whose columns are sorted by name, backwards."""
    names = sorted({name for row in rows for name in row}, reverse=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: json.dumps(v) if v in (True, False) else v for k, v in row.items()})
    return text.getvalue().encode()


def documents(rows, *wrappings):
    """Return each wrapping of rows minified and printed."""
    for wrap in (list, *wrappings):
        yield json.dumps(wrap(rows)).encode()
        yield json.dumps(wrap(rows), indent=2).encode()


#: Every shape of every fixture, by the format it belongs to.
SHAPES = {
    "newrelic-spans": [
        *documents(NR_SPANS, nerdgraph, insights),
        lines(NR_SPANS),
        table(NR_SPANS),
        b"\xef\xbb\xbf" + table(NR_SPANS, ";"),
        table(NR_SPANS, "\t").replace(b"\n", b"\r\n"),
    ],
    "newrelic-transactions": [
        *documents(NR_TRANSACTIONS, nerdgraph, insights),
        lines(NR_TRANSACTIONS),
        table(NR_TRANSACTIONS),
        table(NR_TRANSACTIONS, ";"),
    ],
    "newrelic-trace-api": [
        json.dumps(NR_PAYLOAD).encode(),
        json.dumps(NR_PAYLOAD, indent=1).encode(),
        json.dumps(NR_PAYLOAD[0]).encode(),
        b"".join(json.dumps([one]).encode() + b"\n" for one in NR_PAYLOAD),
    ],
    "honeycomb-events": [
        *documents(HC_OTEL, query_data),
        lines(HC_OTEL),
        table(HC_OTEL),
        b"\xef\xbb\xbf" + table(HC_OTEL, ";"),
        table(HC_OTEL).replace(b"\n", b"\r\n"),
        *documents(HC_BEELINE),
        lines(HC_BEELINE),
    ],
}


@pytest.fixture(scope="session")
def shapes():
    """Return every shape of the rows, by the format it belongs to."""
    return SHAPES


@pytest.fixture(scope="session")
def written():
    """Return rows in a shape: lines, csv, semicolons, array, nerdgraph, insights, query_data."""
    made = {
        "lines": lines,
        "csv": table,
        "semicolons": lambda rows: table(rows, ";"),
        "array": lambda rows: json.dumps(rows).encode(),
        "printed": lambda rows: json.dumps(rows, indent=2).encode(),
        "nerdgraph": lambda rows: json.dumps(nerdgraph(rows)).encode(),
        "insights": lambda rows: json.dumps(insights(rows)).encode(),
        "query_data": lambda rows: json.dumps(query_data(rows)).encode(),
    }
    return lambda rows, shape: made[shape](rows)


@pytest.fixture(scope="session")
def newrelic():
    """Return rows of New Relic: spans, transactions, payload."""
    return {"spans": NR_SPANS, "transactions": NR_TRANSACTIONS, "payload": NR_PAYLOAD}


@pytest.fixture(scope="session")
def honeycomb():
    """Return rows of Honeycomb: otel, beeline."""
    return {"otel": HC_OTEL, "beeline": HC_BEELINE}


@pytest.fixture(scope="session")
def contents():
    """Return a result's tables without where their rows are from."""

    def read(result):
        return {
            name: table.drop_columns(["source", "line"]).to_pylist()
            for name, table in result.tables.items()
        }

    return read
