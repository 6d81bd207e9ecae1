"""Each request and each statement counts once, whichever sources tell of it."""

import json

import pytest

from perfkit import tables
from perfkit.ingest.load import load
from perfkit.recording import Note, Recording, Source
from perfkit.sources import doubles, primary, sent

S = 1_000_000_000


def queries(*rows):
    """Rows of (kind, system, start in s)."""
    columns = {
        "duration_kind": [row[0] for row in rows],
        "system": [row[1] for row in rows],
        "started_at": [None if row[2] is None else row[2] * S for row in rows],
    }
    return Recording(contents={"queries": tables.from_columns("queries", columns)})


def kinds(rec):
    table = primary(rec, "queries")
    return list(zip(table["duration_kind"].to_pylist(), [
        None if t is None else t.value // S for t in table["started_at"].to_pylist()
    ], strict=True))  # fmt: skip


def test_one_kind_alone_counts_whole():
    rec = queries(("client", "postgresql", 1), ("client", None, 2))
    assert primary(rec, "queries").num_rows == 2
    assert primary(Recording(), "queries").num_rows == 0


def test_the_server_counts_where_it_logged_and_the_client_elsewhere():
    rec = queries(
        ("client", "postgresql", 1),
        ("server", "postgresql", 10),
        ("client", "postgresql", 15),
        ("client", "mysql", 15),
        ("client", None, 15),
        ("server", "postgresql", 20),
        ("client", "postgresql", 30),
    )
    assert kinds(rec) == [
        ("client", 1),
        ("server", 10),
        ("client", 15),
        ("server", 20),
        ("client", 30),
    ]


def test_a_log_with_a_threshold_gives_way_to_the_client():
    rec = queries(("server", "postgresql", 10), ("client", "postgresql", 10))
    limited = rec.with_quality(Note(kind="threshold", message="..."))
    assert kinds(rec) == [("server", 10)]
    assert kinds(limited) == [("client", 10)]


def test_an_upper_bound_comes_last_and_unknown_times_are_not_counted_twice():
    rec = queries(
        ("gap_upper_bound", "postgresql", 10),
        ("server", "postgresql", 10),
        ("client", "postgresql", None),
        (None, "postgresql", 10),
    )
    assert kinds(rec) == [("server", 10)]


def requests(*rows):
    """Rows of (source, route, path, start in s); source 1 is a trace."""
    columns = {
        "source": [row[0] for row in rows],
        "route": [row[1] for row in rows],
        "path": [row[2] for row in rows],
        "started_at": [row[3] * S for row in rows],
    }
    spans = tables.from_columns("spans", {"source": [1]})
    contents = {"requests": tables.from_columns("requests", columns), "spans": spans}
    return Recording(contents=contents)


@pytest.mark.parametrize(
    ("span", "counts"),
    [
        ((1, "/a/{id}", "/a/1", 10), False),
        ((1, "/a/{id}", None, 10), False),
        ((1, None, "/a/1", 10), False),
        ((1, "/other", "/other", 10), True),
        ((1, "/a/{id}", "/a/1", 500), True),
        ((1, None, None, 10), True),
    ],
)
def test_a_server_span_counts_unless_the_log_has_its_route_at_that_time(span, counts):
    rec = requests((0, "/a/{id}", "/a/1", 9), (0, "/b", "/b", 20), span)
    assert primary(rec, "requests").num_rows == 2 + counts


@pytest.mark.parametrize("span", [(1, "/c/{id}", "/c/7", 10), (1, None, "/c/8", 10)])
def test_a_log_without_routes_knows_a_path_with_its_query_and_its_ids(span):
    rec = requests((0, None, "/c/7?page=1", 9), (0, "/b", "/b", 20), span)
    assert primary(rec, "requests").num_rows == 2


def test_spans_alone_count_and_so_does_a_log_alone():
    assert primary(requests((1, "/a", "/a", 1), (1, "/a", "/a", 2)), "requests").num_rows == 2
    assert primary(requests((0, "/a", "/a", 1), (0, "/a", "/a", 2)), "requests").num_rows == 2


def test_files_of_one_run_count_once(tmp_path):
    at = 1_795_226_400
    line = "2026-11-21 02:00:{:02}.000 UTC [7] u@shop/app LOG:  duration: 1.0 ms  "
    line += "statement: select 1\n"
    (tmp_path / "pg.log").write_text("".join(line.format(n) for n in range(10)))
    row = {"event": "request_finished", "method": "GET", "path": "/a", "route": "/a", "status": 200}
    row["duration_ms"] = 5.0
    log = [row | {"timestamp": f"2026-11-21T02:00:{n:02}Z"} for n in range(10)]
    (tmp_path / "requests.jsonl").write_text("".join(json.dumps(item) + "\n" for item in log))
    spans = [
        {"traceId": f"{n + 1:032x}", "spanId": f"{kind:016x}", "name": "GET /a", "kind": kind,
         "startTimeUnixNano": str((at + n) * S), "endTimeUnixNano": str((at + n) * S + 5_000_000),
         "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in facts]}
        for n in range(10)
        for kind, facts in (
            (2, [("http.route", "/a"), ("http.method", "GET")]),
            (3, [("db.system", "postgresql"), ("db.statement", "select 1")]),
        )
    ]  # fmt: skip
    export = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    (tmp_path / "traces.json").write_text(json.dumps(export) + "\n")
    rec = load(tmp_path)
    assert (rec.arrow("requests").num_rows, rec.arrow("queries").num_rows) == (20, 20)
    assert primary(rec, "requests").num_rows == 10
    assert set(primary(rec, "queries")["duration_kind"].to_pylist()) == {"server"}
    assert primary(rec, "spans").num_rows == 20


def of_kinds(*kinds):
    columns = {"kind": kinds, "path": ["/a"] * len(kinds)}
    return Recording(contents={"requests": tables.from_columns("requests", columns)})


def test_what_was_sent_counts_only_where_nothing_was_served():
    both = of_kinds("client", None, "server", "client")
    assert primary(both, "requests")["kind"].to_pylist() == [None, "server"]
    assert sent(both).num_rows == 2
    assert primary(of_kinds("client", "client"), "requests").num_rows == 2
    assert sent(of_kinds(None, "server")).num_rows == 0


def proxy_and_app(formats=("nginx-access", "structlog-json"), later=0):
    count = 40
    columns = {
        "source": [0] * count + [1] * count,
        "started_at": [n * S for n in range(count)] + [(later + n) * S + 5 for n in range(count)],
        "duration_ms": [9.0] * count + [7.0] * count,
        "path": [f"/orders/{n}?full=1" for n in range(count)]
        + [f"/orders/{n}" for n in range(count)],
        "route": [None] * count + ["/orders/{order_id}"] * count,
    }
    inputs = tuple(Source(name=f"{name}.log", format=name) for name in formats)
    return Recording(contents={"requests": tables.from_columns("requests", columns)}, inputs=inputs)


def test_a_proxy_and_its_application_count_once_with_the_routes_of_the_application():
    rec = proxy_and_app()
    counted = primary(rec, "requests")
    assert counted["source"].to_pylist() == [0] * 40
    assert set(counted["route"].to_pylist()) == {"/orders/{order_id}"}
    (said,) = doubles(rec)
    assert said.startswith("40 requests are told by nginx-access and by structlog-json")


def test_two_files_of_one_format_and_logs_of_other_days_count_both():
    for rec in (proxy_and_app(("nginx-access",) * 2), proxy_and_app(later=90_000)):
        assert primary(rec, "requests").num_rows == 80
        assert doubles(rec) == []


def test_rows_are_not_copied_where_all_of_them_count():
    rec = of_kinds(None, "server", None)
    counted, given = (table["path"].chunk(0) for table in (primary(rec, "requests"),
                                                           rec.arrow("requests")))  # fmt: skip
    assert counted.buffers()[1].address == given.buffers()[1].address


def test_how_long_a_websocket_lived_is_no_latency():
    table = tables.from_columns(
        "requests", {"status": [101, 200, None], "duration_ms": [60_000.0, 5.0, 7.0]}
    )
    counted = primary(Recording(contents={"requests": table}), "requests")
    assert counted["duration_ms"].to_pylist() == [None, 5.0, 7.0]
    assert counted["status"].to_pylist() == [101, 200, None]
