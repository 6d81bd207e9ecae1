from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.n_plus_one import n_plus_one


def test_the_repeats_of_the_example_share_a_lane_and_stand_out(large_recording):
    figure = n_plus_one(large_recording).figure
    bars = {trace.name: trace for trace in figure.data}
    assert set(bars) == {"the request", "repeated calls"}
    repeated = bars["repeated calls"]
    assert len(repeated.base) == len(repeated.x) == 99
    assert len(set(repeated.y)) == 1
    assert repeated.marker.pattern.shape == "/"
    assert figure.layout.annotations[0].text == "99 calls, 495 ms"


def test_the_request_comes_first_and_starts_at_zero(large_recording):
    figure = n_plus_one(large_recording).figure
    assert figure.layout.yaxis.categoryarray[0].strip() == "1. GET"
    assert figure.data[0].base[0] == 0


def test_calls_at_the_same_time_are_said_to_be(large_recording):
    result = n_plus_one(large_recording)
    rows = result.series["example"]
    starts = pc.if_else(rows["repeated"], 7.0, rows["start_ms"])
    together = rows.set_column(1, "start_ms", starts)
    figure = replace(result, series={**result.series, "example": together}).figure
    assert figure.layout.annotations[0].text == "99 calls, 495 ms,<br>up to 99 at a time"


def test_every_statement_of_a_loop_is_marked(large_recording):
    result = n_plus_one(large_recording)
    rows = result.series["example"]
    number = pc.bit_wise_and(pa.array(range(len(rows))), 1)
    what = pc.if_else(pc.equal(number, 1), "select a", rows["what"])
    figure = replace(result, series={"example": rows.set_column(0, "what", what)}).figure
    repeated = next(trace for trace in figure.data if trace.name == "repeated calls")
    assert len(set(repeated.y)) == 2
    assert [note.text.split(",")[0] for note in figure.layout.annotations] == [
        "50 calls",
        "49 calls",
    ]


def test_without_a_pattern_the_figure_says_so(empty_result):
    if empty_result.analysis == "n_plus_one":
        assert empty_result.figure.layout.annotations[0].text == "no request to show"
