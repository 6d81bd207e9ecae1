"""Grafana's series joined by time."""

import pytest

from perfkit.formats.metrics.grafana_csv import FORMAT, recognises


def test_columns_are_series(written, parsed, readings):
    assert readings(parsed(FORMAT, written("grafana.csv"))) == [
        ("2026-11-21 21:37:38", "a:9100", "load.1m", 7.09, "1"),
        (
            "2026-11-21 21:37:38",
            "b:9100",
            'node_memory_MemAvailable_bytes{job="node"}',
            22850453504.0,
            "bytes",
        ),
        ("2026-11-21 21:37:43", "a:9100", "load.1m", 7.16, "1"),
    ]


@pytest.mark.parametrize("before", [b"sep=,\n", b"\xef\xbb\xbf", b"\xef\xbb\xbfsep=,\r\n"])
def test_what_excel_wants_is_passed_over(before, written, parsed, accounts):
    data = before + written("grafana.csv")
    assert recognises(data).confidence > 0.9
    result = parsed(FORMAT, data)
    accounts(result, data.count(b"\n"))
    assert (result.used, result.rejected_lines) == (2, 0)


def test_formatted_times_name_no_zone_and_shares_are_shares(parsed, readings, kinds):
    data = b'"Time","{instance=""a""}",busy\n2026-11-21 21:37:38,1 GiB,50%\n'
    result = parsed(FORMAT, data, zone="+01:00")
    assert readings(result) == [("2026-11-21 20:37:38", None, "busy", 0.5, "1")]
    assert kinds(result) == ["timezone_assumed"]


def test_rows_that_do_not_fit_are_rejected(written, parsed):
    result = parsed(FORMAT, written("grafana.csv") + b"1795297068000,1\nlater,1,2\n")
    assert result.rejected_lines == 2


@pytest.mark.parametrize("other", [b"Time,cpu\n1,2\n", b'time,"{a=""b""}"\n1,2\n', b"Time\n1\n"])
def test_others_are_not_taken(other):
    assert recognises(other).confidence == 0
