"""CloudWatch's answers in the shape of its API reference."""

import json

from perfkit.formats.metrics.cloudwatch_json import BROKEN, FORMAT, STRANGE, recognises


def test_a_data_point_has_a_row_for_each_statistic(written, parsed, readings):
    assert readings(parsed(FORMAT, written("cloudwatch_statistics.json"))) == [
        ("2026-11-21 21:05:00", None, "cpu.utilisation", 0.425, "1"),
        ("2026-11-21 21:05:00", None, "cloudwatch.CPUUtilization.Maximum", 0.8825, "1"),
        ("2026-11-21 21:00:00", None, "cpu.utilisation", 0.12, "1"),
        ("2026-11-21 21:00:00", None, "cloudwatch.CPUUtilization.Maximum", 0.2, "1"),
    ]


def test_percentiles_and_counts_are_statistics_too(parsed, readings):
    point = {
        "Timestamp": "2026-11-21T21:00:00Z",
        "SampleCount": 5.0,
        "Unit": "Percent",
        "ExtendedStatistics": {"p95": 50.0},
    }
    data = json.dumps({"Datapoints": [point], "Label": "CPUUtilization"}).encode()
    assert recognises(data).confidence > 0.9
    assert [row[2:] for row in readings(parsed(FORMAT, data))] == [
        ("cloudwatch.CPUUtilization.SampleCount", 5.0, None),
        ("cloudwatch.CPUUtilization.p95", 0.5, "1"),
    ]


def test_series_have_a_time_per_value(written, parsed, readings):
    result = parsed(FORMAT, written("cloudwatch_data.json"))
    host = "i-0123456789abcdef0"
    assert result.lines == 2
    assert readings(result) == [
        ("2026-11-21 21:05:00", host, "cpu.utilisation", 0.425, "1"),
        ("2026-11-21 21:00:00", host, "cpu.utilisation", 0.12, "1"),
        ("2026-11-21 21:05:00", None, "cloudwatch.NetworkIn", 1024.0, None),
    ]


def test_a_series_without_as_many_times_as_values_is_rejected(parsed):
    data = b'{"MetricDataResults":[{"Id":"m1","Timestamps":["2026-11-21T21:00:00Z"],"Values":[]}]}'
    result = parsed(FORMAT, data)
    assert (result.lines, result.rejected_lines) == (1, 1)


def test_a_data_point_without_a_number_is_rejected(parsed):
    data = b'{"Label":"x","Datapoints":[{"Timestamp":"2026-11-21T21:00:00Z","Average":"1"},5]}'
    result = parsed(FORMAT, data)
    assert (result.lines, result.rejected_lines) == (2, 2)


def test_an_answer_that_is_cut_off_costs_itself_alone(written, parsed):
    whole = written("cloudwatch_data.json")
    result = parsed(FORMAT, whole[:-50] + whole + b"{}")
    assert [bad.reason for bad in result.rejected] == [BROKEN, STRANGE]
    assert result.used == 2


def test_other_documents_with_a_label_are_not_taken():
    assert recognises(b'{"Label": "x", "Other": []}').confidence == 0
    assert recognises(b'{"a": {"Label": "x", "Datapoints": []}}').confidence == 0
