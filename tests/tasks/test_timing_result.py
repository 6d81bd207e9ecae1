import math
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.tasks.timing_result import result


def samples(*rows):
    """Return samples; a row is name, start, duration and perhaps error (ms)."""
    columns = {
        "name": [row[0] for row in rows],
        "intended_ms": [float(row[1]) for row in rows],
        "duration_ms": [None if row[2] is None else float(row[2]) for row in rows],
        "error": [row[3] if len(row) > 3 else None for row in rows],
        "first_byte_ms": [None if row[2] is None else row[2] / 2 for row in rows],
        "server_ms": [None] * len(rows),
        "new_conn": [n == 0 for n in range(len(rows))],
    }
    types = {"name": pa.string(), "error": pa.string(), "new_conn": pa.bool_()}
    return pa.table(
        {
            key: pa.chunked_array([pa.array(v, types.get(key, pa.float64()))])
            for key, v in columns.items()
        }
    )


def one(*rows):
    return result(samples(*rows), noun="requests")


def row(found):
    (only,) = found.arrow.to_pylist()
    return only


def test_the_numbers_of_a_few_samples_are_exact():
    got = row(one(("GET /", 0, 10), ("GET /", 20, 30), ("GET /", 60, 20)))
    assert (got["requests"], got["failures"]) == (3, 0)
    assert (got["mean_ms"], got["p50_ms"], got["min_ms"], got["max_ms"]) == (20, 20, 10, 30)
    assert got["first_byte_p50_ms"] == 10
    assert got["rate_per_s"] == pytest.approx(3 / 0.080)  # from 0 to 60 + 20 ms
    assert math.isnan(got["server_p50_ms"])


def test_failures_count_in_the_rate_and_not_in_the_times():
    found = one(("a", 0, 10), ("a", 10, 10), ("a", 20, 980, "timeout"), ("a", 30, 10, "status 500"))
    got = row(found)
    assert (got["requests"], got["failures"], got["max_ms"]) == (4, 2, 10)
    assert got["rate_per_s"] == pytest.approx(4.0)
    (caveat,) = found.caveats
    assert caveat == "failed: 1 x timeout, 1 x status 500; times are of the requests that succeeded"
    assert found.totals == {"requests": 4, "failures": 2, "new_connections": 1}


def test_when_all_fail_there_are_no_times_and_the_headline_says_so():
    found = one(("a", 0, 5, "refused"), ("a", 5, 5, "refused"))
    assert found.headline == "a failed every time (2)"
    got = row(found)
    assert all(math.isnan(got[key]) for key in ("mean_ms", "p50_ms", "p99_ms", "min_ms", "max_ms"))


def test_a_failure_without_a_duration_leaves_the_rate_known():
    assert row(one(("a", 0, 100), ("a", 50, None, "refused")))["rate_per_s"] == pytest.approx(20.0)


def test_a_single_instant_has_no_rate():
    assert math.isnan(row(one(("a", 5, 0)))["rate_per_s"])


def test_few_samples_have_a_median_without_an_interval():
    found = one(("a", 0, 10), ("a", 10, 12))
    assert found.headline.startswith("a takes ")
    assert "interval" not in found.headline
    assert math.isnan(row(found)["p50_low_ms"])


def test_many_samples_have_intervals_and_the_headline_gives_them():
    found = one(*(("a", n, 10 + n % 7) for n in range(500)))
    assert "95 % interval" in found.headline
    assert "; p95" in found.headline
    assert found.headline.endswith("500 times)")


def test_failures_are_told_in_the_headline():
    assert one(("a", 0, 5), ("a", 5, 5, "timeout")).headline.endswith("2 times, 1 failed)")


def test_several_names_are_rows_in_the_order_of_their_first_request():
    found = one(("b", 0, 20), ("a", 1, 10), ("b", 2, 20))
    assert found.arrow["name"].to_pylist() == ["b", "a"]
    assert found.headline == "Medians: b 20 ms, a 10 ms"


def test_a_long_headline_is_cut_and_counts_the_rest():
    found = one(*((f"r{n}", n, 10) for n in range(7)))
    assert found.headline.endswith("r3 10 ms and 3 more")


def test_samples_come_back_as_they_were_taken():
    frame = one(("a", 0, 10), ("a", 20, 30, "timeout")).samples
    assert list(frame["duration_ms"]) == [10.0, 30.0]
    assert list(frame["error"].isna()) == [True, False]


def test_caveats_of_the_measurement_come_first():
    found = result(samples(("a", 0, 5, "timeout")), noun="calls", caveats=["warm"])
    assert found.caveats[0] == "warm"
    assert found.question == "How long do these calls take?"


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=200))
def test_percentiles_are_ordered_and_inside_their_intervals(durations):
    got = row(one(*(("a", n, ms) for n, ms in enumerate(durations))))
    chain = [got[key] for key in ("min_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms")]
    known = [value for value in chain if not math.isnan(value)]
    assert all(low <= high * (1 + 1e-9) for low, high in pairwise(known))
    for p in (50, 90, 95, 99):
        low, mid, high = (got[f"p{p}{end}_ms"] for end in ("_low", "", "_high"))
        if not math.isnan(low) and not math.isnan(high):
            assert low <= mid * (1 + 1e-9)
            assert mid <= high * (1 + 1e-9)
