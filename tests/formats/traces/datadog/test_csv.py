"""Exports of Datadog's Trace Explorer: known by their columns, whatever else is among them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit.errors import EmptyInput
from perfkit.formats.model import Chunk
from perfkit.formats.traces.datadog_csv import FORMAT

PLAIN = """Date,Service,Resource,Duration,Method,Status Code
2024-05-01T10:00:00.123Z,shop,GET /orders/{id},12.3 ms,GET,200
2024-05-01T10:00:01.000Z,shop,GET /carts,1.5 s,GET,500
"""
TRACED = '''Date,Env,Service,Resource,@duration,Type,@trace_id,@span_id,@parent_id,@http.url,Status
2024-05-01T10:00:00.123Z,prod,shop,GET /orders/{id},12300000,web,123,1,0,http://shop/orders/1,ok
2024-05-01T10:00:00.124Z,prod,pg,"SELECT a, b
FROM o WHERE id = ""x""",345000,sql,123,2,1,,error
'''


def test_requests_without_ids(parsed, accounts):
    result = parsed(FORMAT, PLAIN.encode())
    accounts(result, 3)
    assert set(result.tables) == {"requests"}
    first, second = result.tables["requests"].to_pylist()
    assert (first["route"], first["duration_ms"], first["status"]) == ("/orders/{id}", 12.3, 200)
    assert (first["trace_id"], first["method"]) == (None, "GET")
    assert first["started_at"].isoformat() == "2024-05-01T10:00:00.123000+00:00"
    assert (second["duration_ms"], second["status"]) == (1500.0, 500)
    assert {"sampling", "no_span_ids"} <= {note.kind for note in result.notes}


def test_spans_with_ids(parsed, accounts):
    result = parsed(FORMAT, TRACED.encode())
    accounts(result, 3)
    web, sql = result.tables["spans"].to_pylist()
    assert (web["trace_id"], web["span_id"], web["parent_id"]) == ("123", "1", None)
    assert (sql["parent_id"], sql["category"], sql["error"]) == ("1", "db", "error")
    assert (web["duration_ms"], sql["duration_ms"]) == (12.3, 0.345)
    assert sql["statement"] == 'SELECT a, b\nFROM o WHERE id = "x"'
    assert (web["route"], web["url"]) == ("/orders/{id}", "http://shop/orders/1")
    assert result.tables["queries"].num_rows == result.tables["requests"].num_rows == 1


@pytest.mark.parametrize("text", [PLAIN, TRACED])
@pytest.mark.parametrize("size", [130, 250])
def test_chunks_make_no_difference(text, size, parsed):
    whole, cut = parsed(FORMAT, text.encode()), parsed(FORMAT, text.encode(), size=size)
    assert {n: t.to_pylist() for n, t in cut.tables.items()} == {
        name: table.to_pylist() for name, table in whole.tables.items()
    }
    assert (cut.lines, cut.irrelevant) == (whole.lines, whole.irrelevant)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("Duration", "345 µs", 0.345),
        ("Duration", "2m", 120_000.0),
        ("Duration", "1.2s", 1200.0),
        ("@duration", "1,500,000", 1.5),
        ("Duration", "", None),
        ("Duration", "fast", None),
    ],
)
def test_durations_say_their_unit(name, value, found, parsed):
    data = f'Date,Service,{name},Resource,Method\n2024-05-01,s,"{value}",GET /a,GET\n'.encode()
    assert FORMAT.recognises(data).confidence > 0.9
    assert parsed(FORMAT, data).tables["requests"]["duration_ms"].to_pylist() == [found]


def test_bare_numbers_are_refused_with_what_to_do(packed):
    data = PLAIN.replace("12.3 ms", "12").replace("1.5 s", "1500").encode()
    with pytest.raises(EmptyInput, match="@duration"):
        perfkit.load(packed(data, "spans", "csv"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-05-01,s,GET /a", "it is cut off"),
        ("2024-05-01,s,cron.run,5 ms,,", "it has no trace and span id"),
        ("2024-05-01,s,GET /a,5,GET,200", "the unit of its duration"),
    ],
)
def test_rows_that_cannot_be_used_cost_themselves(row, reason, parsed, accounts):
    result = parsed(FORMAT, (PLAIN + row + "\n").encode())
    accounts(result, 4)
    (bad,) = result.rejected
    assert (bad.line, result.tables["requests"].num_rows) == (4, 2)
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize("text", [PLAIN, TRACED, "\ufeff" + PLAIN, PLAIN.replace("\n", "\r\n")])
def test_it_is_recognised_by_this_format_alone(text, claims):
    assert list(claims(text.encode())) == ["datadog-csv"]


@pytest.mark.parametrize(
    "header",
    [
        "Date,Host,Service,Message",
        "timestamp,duration,name,appName",
        "Timestamp,service.name,duration_ms,trace.trace_id",
        "Date,Service,Duration",
        '{"Date":1,"Service":2,"Resource":3,"Duration":4}',
        "",
    ],
)
def test_other_columns_are_none_of_ours(header):
    assert FORMAT.recognises(f"{header}\n1,2,3,4\n".encode()).confidence == 0


@pytest.mark.parametrize("kind", ["csv", "gz", "zst"])
def test_files_are_taken_for_no_logs(kind, packed):
    rec = perfkit.load(packed(TRACED.encode(), "spans", kind))
    assert rec.sources["format"].tolist() == ["datadog-csv"]
    assert len(rec.spans) == 2


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=8), max_size=5))
def test_any_rows_never_raise(rows):
    body = "\n".join(",".join(row) for row in rows)
    data = f"Date,Service,Resource,Duration,Method,Status Code\n{body}".encode()
    result = FORMAT.parse(Chunk.whole(data))
    assert result.used + result.irrelevant + result.rejected_lines == result.lines
    FORMAT.combine([result])
