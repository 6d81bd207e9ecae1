from perfkit.analyses.digest import digest


def test_bars_are_the_largest_statements_and_the_rest_is_one_more(large_recording):
    result = digest(large_recording)
    (bars,) = result.figure.data
    assert len(bars.x) == 16
    assert bars.y[-1] == "25 other statements"
    assert sum(bars.x) - result.totals["total_ms"] < 1e-6 * result.totals["total_ms"]
    share, _, calls = bars.text[0].partition(": ")
    assert share.endswith(" %")
    assert calls.startswith("2,500 ")


def test_statements_that_begin_alike_keep_bars_of_their_own(large_recording):
    (bars,) = digest(large_recording).figure.data
    assert len(set(bars.y)) == len(bars.y)
