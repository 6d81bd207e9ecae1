"""The console's CSV, in the shape that public programs read."""

import pytest

from perfkit.formats.metrics.cloudwatch_csv import FORMAT, recognises


def test_columns_are_series_and_empty_cells_are_unknown(written, parsed, readings, accounts):
    result = parsed(FORMAT, written("cloudwatch.csv"))
    accounts(result, 7)
    host = "i-0123456789abcdef0"
    assert readings(result) == [
        ("2026-11-21 21:00:00", host, "cpu.utilisation", 0.12, "1"),
        ("2026-11-21 21:00:00", host, "cloudwatch.NetworkIn", 2048.0, None),
        ("2026-11-21 21:05:00", host, "cpu.utilisation", 0.425, "1"),
    ]
    assert result.irrelevant == 5


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
def test_times_name_no_zone(tz, written, parsed, readings, kinds):
    result = parsed(FORMAT, written("cloudwatch.csv"), zone=tz)
    assert readings(result)[0][0] == f"2026-11-21 {20 if tz else 21}:00:00"
    assert kinds(result) == ["timezone_assumed"]


def test_labels_may_have_commas_and_the_file_a_byte_order_mark(written, parsed, readings):
    data = b"\xef\xbb\xbf" + written("cloudwatch.csv").replace(b"NetworkIn\n", b'"a, b"\n')
    data = b"".join(line for line in data.splitlines(keepends=True) if b"Full" not in line)
    assert recognises(data).confidence > 0.9
    assert readings(parsed(FORMAT, data))[1][2] == "cloudwatch.a, b"


def test_unit_and_statistic_are_used_where_a_row_tells_them(parsed, readings):
    data = b"Label,Latency\nStatistic,Maximum\nUnit,Milliseconds\n2026/11/21 21:00:00,50\n"
    assert readings(parsed(FORMAT, data))[0][2:] == ("cloudwatch.Latency.Maximum", 0.05, "s")


def test_rows_that_do_not_fit_are_rejected(written, parsed):
    data = written("cloudwatch.csv") + b"2026/11/21 21:10:00,1\n2026/11/21,1,2\n"
    assert [bad.reason for bad in parsed(FORMAT, data).rejected] == [
        "it has another number of columns",
        "it does not begin with a time",
    ]


@pytest.mark.parametrize(
    "other", [b"Label,x\na,b\n", b"2026/11/21 21:10:00,1\n", b"time,Label\n2026-11-21 21:10:00,1\n"]
)
def test_others_are_not_taken(other):
    assert recognises(other).confidence == 0
