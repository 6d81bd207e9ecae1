"""k6's JSON lines: one request per point of http_req_duration, the load as metrics."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import perfkit
from perfkit.formats.load_tests.k6_json import FORMAT, recognises
from perfkit.ingest.recognise import recognise

FILES = ("k6_points.json", "k6_points_before_0_41.json")


@pytest.mark.parametrize("name", FILES)
def test_each_request_is_one_row_and_every_line_is_accounted_for(
    name, written, parsed, accounts, table
):
    data = written(name)
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    durations = data.count(b'"http_req_duration"') - data.count(b'{"name":"http_req_duration"') * 2
    assert len(table(result, "requests")) == durations == 4
    assert [(row["name"], row["value"]) for row in table(result, "metrics")] == [
        ("k6_vus", 8.0),
        ("k6_vus_max", 10.0),
        ("k6_iterations", 1.0),
        ("k6_dropped_iterations", 3.0),
    ]
    assert result.rejected_lines == 0
    assert result.used == 8


@pytest.mark.parametrize("name", FILES)
def test_a_request_began_its_duration_before_the_time_of_its_point(name, written, parsed, table):
    first, second, *_ = table(parsed(FORMAT, written(name)), "requests")
    ended = datetime(2026, 5, 1, 10, 0, 0, 41088, tzinfo=UTC)
    assert first["duration_ms"] == 12.5
    took = first["started_at"].to_pydatetime(warn=False) - ended
    assert took == pytest.approx(timedelta(milliseconds=-12.5), abs=timedelta(microseconds=1))
    assert second["started_at"].isoformat() == "2026-05-01T10:00:00.249750+00:00"


def test_the_tags_say_what_was_asked_and_what_came(written, parsed, table):
    rows = table(parsed(FORMAT, written("k6_points.json")), "requests")
    names = ("method", "route", "path", "peer", "status", "error", "kind")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("GET", None, "/orders/17?page=2", "127.0.0.1:8000", 200, None, "client"),
        ("POST", "/orders/{id}", None, None, 503, "unexpected status", "client"),
        ("GET", "/users/{id}", None, "127.0.0.1:8000", 404, "unexpected status", "client"),
        ("GET", None, "/slow", "127.0.0.1:8000", 0, "request timeout", "client"),
    ]
    assert [row["duration_ms"] for row in rows] == [12.5, 250.25, 8.0, 30000.5]
    assert rows[1]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_row_keeps_its_own_line(written, parsed):
    data = written("k6_points.json")
    requests = parsed(FORMAT, data).tables["requests"]
    lines = data.split(b"\n")
    own = [lines[line - 1] for line in requests["line"].to_pylist()]
    assert own == requests["attributes"].to_pylist()


def test_what_limits_k6_is_said(written, parsed):
    kinds = [note.kind for note in parsed(FORMAT, written("k6_points.json")).notes]
    assert kinds == ["coordinated_omission", "dropped_iterations"]
    without = b"\n".join(
        line for line in written("k6_points.json").split(b"\n") if b"dropped" not in line
    )
    assert [note.kind for note in parsed(FORMAT, without).notes] == ["coordinated_omission"]


def test_failures_are_those_that_k6_counts(written, parsed, table):
    data = written("k6_points.json")
    points = [json.loads(line) for line in data.splitlines() if b'"Point"' in line]
    failed = sum(p["data"]["value"] for p in points if p["metric"] == "http_req_failed")
    rows = table(parsed(FORMAT, data), "requests")
    assert sum(row["error"] is not None for row in rows) == failed == 3


def test_other_spacing_and_order_of_keys_is_read_too(written, parsed, table):
    data = written("k6_points.json")
    again = "".join(
        json.dumps(dict(sorted(json.loads(line).items()))) + "\r\n" for line in data.splitlines()
    )
    result = parsed(FORMAT, again.encode())
    assert recognises(again.encode()).confidence > 0.9
    assert table(result, "requests") == table(parsed(FORMAT, data), "requests")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"metric":"http_req_blocked","type":"Point","data":{"time":"20', "cut off"),
        (b'{"metric":"http_req_duration","type":"Point","data":{"value":"x"}}', "no metric"),
        (b'{"metric":"http_req_duration","type":"Point","data":{"value":1,"tags":[]}}', "no m"),
        (b'{"type":"Point"}', "no metric"),
        (b"\xff\x00 k6", "not JSON"),
    ],
)
def test_a_broken_line_costs_only_itself(line, reason, written, parsed, table):
    data = written("k6_points.json")
    first = data.index(b"\n") + 1
    result = parsed(FORMAT, data[:first] + line + b"\n" + data[first:])
    assert result.rejected_lines == 1
    assert result.rejected[0].line == 2
    assert reason in result.rejected[0].reason
    assert len(table(result, "requests")) == 4


def test_a_point_without_a_usable_value_or_time_has_none(parsed, table):
    said = (
        {"time": "x", "value": 5, "tags": {}},
        {"value": -1, "tags": None},
        {"time": "2026-05-01T00:00:00Z", "value": 1e300, "tags": {"status": 200}},
        {"time": "2026-05-01T00:00:00Z"},
    )
    points = [{"metric": "http_req_duration", "type": "Point", "data": data} for data in said]
    result = parsed(FORMAT, "\n".join(map(json.dumps, points)).encode())
    rows = table(result, "requests")
    assert [row["duration_ms"] for row in rows] == [5.0, None, None]
    assert [row["started_at"] is None for row in rows] == [True, True, False]
    assert rows[2]["status"] == 200
    assert result.irrelevant == 1


def test_a_request_that_found_no_connection_took_no_known_time(parsed, table):
    data = {"time": "2026-05-01T00:00:00Z", "value": 0, "tags": {"status": "0", "error": "refused"}}
    point = {"metric": "http_req_duration", "type": "Point", "data": data}
    (row,) = table(parsed(FORMAT, json.dumps(point).encode()), "requests")
    assert (row["duration_ms"], row["status"], row["error"]) == (None, 0, "refused")
    assert row["started_at"].isoformat() == "2026-05-01T00:00:00+00:00"
    data["tags"] = {"status": "200"}  # a coarse clock
    (row,) = table(parsed(FORMAT, json.dumps(point).encode()), "requests")
    assert row["duration_ms"] == 0


def test_a_file_is_loaded_as_what_it_is(tmp_path, written):
    path = tmp_path / "result.json"
    path.write_bytes(written("k6_points.json"))
    rec = perfkit.load(path)
    assert rec.inputs[0].format == "k6-json"
    assert len(rec.arrow("requests")) == 4


def test_lines_of_other_loggers_are_left_to_them():
    logged = b'{"metric":"m","timestamp":"2026-05-01T00:00:00Z","method":"GET","path":"/a",'
    logged += b'"status":200,"duration_ms":5}\n'
    assert recognises(logged).confidence == 0
    assert recognise(logged, "log")[0].name == "structlog-json"
    assert recognises(b'{"type":"Point","coordinates":[1,2]}\n').confidence == 0
