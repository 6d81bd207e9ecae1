"""k6's CSV: the same requests as its JSON, times in any of its formats."""

import csv
import io

import pytest

from perfkit.formats.load_tests.k6_csv import FORMAT, cut, recognises
from perfkit.formats.load_tests.k6_json import FORMAT as JSON

SAME = ("duration_ms", "method", "route", "path", "peer", "status", "trace_id", "kind")


def test_it_tells_the_same_requests_as_the_json_of_the_same_run(written, parsed, accounts, table):
    data = written("k6_points.csv")
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    theirs = table(parsed(JSON, written("k6_points.json")), "requests")
    mine = table(result, "requests")
    assert [[row[n] for n in SAME] for row in mine] == [[row[n] for n in SAME] for row in theirs]
    assert mine[3]["error"] == 'dial "shop", port 8000:\nrequest timeout'
    assert result.rejected_lines == 0


def test_whole_seconds_are_noted(written, parsed):
    result = parsed(FORMAT, written("k6_points.csv"))
    assert "time_resolution" in [note.kind for note in result.notes]


@pytest.mark.parametrize(
    ("time", "started", "coarse"),
    [
        ("1777629600", "2026-05-01T09:59:59.987500+00:00", True),
        ("1777629600041", "2026-05-01T10:00:00.028500+00:00", False),
        ("1777629600041088", "2026-05-01T10:00:00.028588+00:00", False),
        ("1777629600041088631", "2026-05-01T10:00:00.028588631+00:00", False),
        ("2026-05-01T12:00:00+02:00", "2026-05-01T09:59:59.987500+00:00", True),
        ("2026-05-01T10:00:00.041088631Z", "2026-05-01T10:00:00.028588631+00:00", False),
        # seconds that would also be a date without hyphens
        ("2012122412", "2033-10-05T10:53:31.987500+00:00", True),
    ],
)
def test_times_are_read_in_each_format_of_k6(time, started, coarse, parsed, table):
    data = f"metric_name,timestamp,metric_value,url\nhttp_req_duration,{time},12.500000,\n"
    result = parsed(FORMAT, data.encode())
    assert table(result, "requests")[0]["started_at"].isoformat() == started
    assert ("time_resolution" in [note.kind for note in result.notes]) is coarse


def test_columns_are_those_that_the_script_chose(parsed, table):
    data = b"metric_name,timestamp,metric_value,status,extra_tags,metadata\n"
    data += b"http_req_duration,1777629600,1.5,201,trace_id=abc123&vu=1,\n"
    data += b"dropped_iterations,1777629600,2.000000,,,\n"
    result = parsed(FORMAT, data)
    row = table(result, "requests")[0]
    assert (row["status"], row["method"], row["trace_id"]) == (201, None, "abc123")
    assert "dropped_iterations" in [note.kind for note in result.notes]


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (b"http_req_duration,1777629600,1.5,GET", 1),
        (b'http_req_duration,1777629600,1.5,"GET', 1),
        (b"half a li", 1),
        (b"http_req_blocked,1777629600,nothing", 0),
        (b"", 0),
    ],
)
def test_a_broken_line_costs_only_itself(line, lost, written, parsed, accounts, table):
    data = written("k6_points.csv")
    first = data.index(b"\n") + 1
    broken = data[:first] + line + b"\n" + data[first:]
    result = parsed(FORMAT, broken)
    accounts(result, broken.count(b"\n"))
    assert result.rejected_lines == lost
    assert len(table(result, "requests")) == 4


def test_files_put_together_have_several_headers(written, parsed, table):
    result = parsed(FORMAT, written("k6_points.csv") * 2)
    assert len(table(result, "requests")) == 8
    assert result.rejected_lines == 0


def test_a_value_that_is_no_number_is_unknown(parsed, table):
    data = b"metric_name,timestamp,metric_value,url\nhttp_req_duration,1777629600,NaN,\n"
    data += b"http_req_duration,1777629600,x,\n"
    rows = table(parsed(FORMAT, data), "requests")
    assert [row["duration_ms"] for row in rows] == [None, None]


def test_it_is_cut_where_a_record_begins():
    data = b'a,1777629600,1,"x\ny"\nb,1777629600,2,\n'
    assert data[cut(data) :] == b"b,1777629600,2,\n"
    assert cut(b"no record\nat all\n") == 0


def test_only_its_header_is_recognised():
    head = b"metric_name,timestamp,metric_value,check\n"
    assert recognises(head).confidence == 1
    assert recognises(b"timestamp,metric_name,metric_value\n").confidence == 0


def test_every_row_that_a_csv_reader_sees_is_counted(written, parsed):
    text = written("k6_points.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    wanted = ("http_req_duration", "vus", "vus_max", "iterations", "dropped_iterations")
    result = parsed(FORMAT, text.encode())
    found = sum(table.num_rows for table in result.tables.values())
    assert found == sum(row["metric_name"] in wanted for row in rows)
