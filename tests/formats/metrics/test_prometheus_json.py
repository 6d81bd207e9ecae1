"""Answers of Prometheus: what a server said, and what its manual says of the rest."""

import json

import pytest

import perfkit
from perfkit.errors import PerfkitError
from perfkit.formats.metrics.prometheus_json import FORMAT, HISTOGRAMS, SCALAR, recognises


def answer(*result, kind="matrix", **beside):
    told = {"status": "success", "data": {"resultType": kind, "result": [*result]}, **beside}
    return json.dumps(told).encode()


def one(name, values, **labels):
    return {"metric": {"__name__": name, "instance": "a:80", **labels}, "values": values}


def test_every_sample_of_the_server_is_a_row(written, parsed, readings):
    data = written("prometheus_counters.json")
    found = readings(parsed(FORMAT, data))
    stated = [
        (s["metric"]["mode"], at, float(value))
        for s in json.loads(data)["data"]["result"]
        for at, value in s["values"]
    ]
    assert [value for *_, value, _ in found] == [value for *_, value in stated]
    assert found[0] == (
        "2026-11-21 21:37:38",
        "127.0.0.1:19100",
        'node_cpu_seconds_total{cpu="0",job="node",mode="idle"}',
        26936.52,
        "s",
    )


def test_a_record_is_a_series_and_keeps_its_labels(written, parsed):
    result = parsed(FORMAT, written("prometheus_gauges.json"))
    table = result.tables["metrics"]
    assert (result.lines, table["line"].to_pylist()[::7]) == (5, [1, 2, 3, 4, 5])
    labels = json.loads(table["attributes"][0].as_py())
    assert labels == {"__name__": "node_load1", "instance": "127.0.0.1:19100", "job": "node"}


def test_milliseconds_of_a_time_are_kept(written, parsed):
    at = parsed(FORMAT, written("prometheus_samples.json")).tables["metrics"]["at"]
    assert at.cast("int64").to_pylist()[0] == 1_795_297_083_122_000_000


def test_an_instant_has_one_value_per_series(written, parsed, readings):
    assert readings(parsed(FORMAT, written("prometheus_vector.json"))) == [
        ("2026-11-21 21:38:08", "127.0.0.1:19100", "load.1m", 6.46, "1")
    ]


def test_a_series_without_a_name_says_how_to_name_it(written, parsed, kinds):
    assert kinds(parsed(FORMAT, written("prometheus_expression.json"))) == ["unnamed_series"]


def test_values_that_are_no_numbers_have_no_row(parsed, values, kinds):
    data = answer(one("x", [[1, "NaN"], [2, "5"], [3, "+Inf"], [4, "-Inf"]]))
    result = parsed(FORMAT, data)
    assert (values(result, "x"), kinds(result)) == ([5.0], ["not_a_number"])


def test_a_series_of_nothing_else_is_rejected(parsed):
    result = parsed(FORMAT, answer(one("x", [[1, "NaN"]]), one("y", [[1, "1"]])))
    assert (result.lines, result.rejected_lines, result.used) == (2, 1, 1)
    assert result.rejected[0].reason == "no value in it is a number"


def test_native_histograms_are_refused(parsed):
    buckets = {"count": "1", "sum": "1", "buckets": [[0, "0", "1", "1"]]}
    histogram = {"metric": {"__name__": "h"}, "histograms": [[1, buckets]]}
    result = parsed(FORMAT, answer(histogram))
    assert [bad.reason for bad in result.rejected] == [HISTOGRAMS]


def test_a_scalar_is_refused_with_what_to_ask_instead(parsed):
    result = parsed(FORMAT, answer(1795297088, "6.46", kind="scalar"))
    assert [bad.reason for bad in result.rejected] == [SCALAR]


@pytest.mark.parametrize("data", [answer(), answer(kind="vector")])
def test_an_empty_answer_says_so(data, tmp_path):
    (tmp_path / "none.json").write_bytes(data)
    with pytest.raises(PerfkitError, match="found no series"):
        perfkit.load(tmp_path / "none.json")


def test_an_error_of_the_server_is_recognised_and_said(tmp_path):
    data = b'{"status":"error","errorType":"bad_data","error":"1:10: parse error"}'
    (tmp_path / "error.json").write_bytes(data)
    with pytest.raises(PerfkitError, match="refused the query"):
        perfkit.load(tmp_path / "error.json")


@pytest.mark.parametrize(
    "beside",
    [{}, {"warnings": ["a [b] {c}"], "infos": []}, {"stats": {"seriesFetched": "1"}}],
)
@pytest.mark.parametrize("between", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("size", [None, 60])
def test_answers_behind_each_other_are_all_read(beside, between, size, parsed, values):
    parts = [answer(one("x", [[at, str(at)]]), **beside) for at in (1, 2)]
    result = parsed(FORMAT, between.join([parts[0], answer(), parts[1], answer()]), size=size)
    assert (values(result, "x"), result.lines, result.rejected_lines) == ([1.0, 2.0], 2, 0)


def test_an_answer_that_is_cut_off_keeps_its_whole_series(parsed, values):
    data = answer(one("x", [[1, "1"]]), one("y", [[1, "2"]]))
    result = parsed(FORMAT, data[:-30])
    assert (values(result, "x"), result.rejected_lines) == ([1.0], 1)


def test_printed_answers_and_other_orders_of_keys_are_known(parsed, values):
    told = json.loads(answer(one("x", [[1, "1"]])))
    told = {"data": {"result": told["data"]["result"], "resultType": "matrix"}, "status": "success"}
    compact = json.dumps({"status": "success", "data": told["data"]}, indent=2).encode()
    assert values(parsed(FORMAT, json.dumps(told, indent=2).encode()), "x") == [1.0]
    assert values(parsed(FORMAT, compact), "x") == [1.0]


def test_other_answers_with_a_status_are_not_taken():
    streams = b'{"status":"success","data":{"resultType":"streams","result":[]}}'
    assert recognises(streams).confidence == 0
    assert recognises(b'{"status":"success","data":["up"]}').confidence == 0
    assert recognises(b'{"status":"error","message":"x"}').confidence == 0


def test_hostile_labels_stay_text(parsed, readings):
    data = answer(one("x", [[1, "1"]], path='<script>"\\\x1b[31m'))
    name = readings(parsed(FORMAT, data))[0][2]
    assert name == 'x{path="<script>\\"\\\\\x1b[31m"}'
