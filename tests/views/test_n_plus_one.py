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


def test_without_a_pattern_the_figure_says_so(empty_result):
    if empty_result.analysis == "n_plus_one":
        assert empty_result.figure.layout.annotations[0].text == "no request to show"
