"""Which requests are slow, and what is known of each."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.tails import observed
from perfkit.analyses.tails.observed import FEWEST_SLOW, by_route, from_requests

S = 1_000_000_000
BEGIN = 1_790_000_000 * S


def logged(lasted, **columns):
    count = len(lasted)
    base = {
        "started_at": [BEGIN + n * S for n in range(count)],
        "duration_ms": lasted,
        "route": ["/a"] * count,
    }
    return from_requests(tables.from_columns("requests", base | columns))


def marked(lasted, percentile=None, **columns):
    return list(by_route(logged(lasted, **columns), None, percentile))


def test_requests_of_unknown_start_or_duration_are_left_out():
    found = logged([1.0, None, 3.0], started_at=[BEGIN, BEGIN, None])
    assert found.row.tolist() == [0]
    assert found.duration_ms.tolist() == [1.0]


def test_it_counts_how_many_requests_of_any_route_ran_when_each_began():
    found = logged(
        [5000.0, 1000.0, 100.0],
        started_at=[BEGIN, BEGIN + S, BEGIN + 3 * S],
        route=["/a", "/b", "/a"],
    )
    assert found.running.tolist() == [1, 2, 2]  # the second was over at 2 s


@pytest.mark.parametrize(("weight", "counts"), [(None, 1), (0.0, 1), (-1.0, 1), (7.0, 7)])
def test_a_weight_that_is_none_counts_once(weight, counts):
    assert logged([1.0, 2.0], weight=[weight, 2.0]).weight.tolist() == [counts, 2]


def test_the_most_extreme_percentile_that_leaves_enough_is_taken():
    lasted = np.arange(1.0, 1001)
    (many,) = marked(lasted)
    assert (many.percentile, many.slow.sum(), many.threshold_ms) == (99, 10, 991)
    (some,) = marked(lasted[:200])
    assert (some.percentile, some.slow.sum()) == (95, 10)
    (few,) = marked(lasted[:100])
    assert (few.percentile, few.slow.sum()) == (90, 10)
    assert marked(lasted[:99]) == []


def test_samples_make_the_percentile_of_the_requests_they_stand_for():
    """Twenty slow requests of 1,000: those that stand for fifty each are most of the rest."""
    lasted = [1000.0] * 20 + [10.0] * 40
    (found,) = marked(lasted, weight=[1.0] * 20 + [50.0] * 40)
    assert found.slow.sum() == 20
    assert found.percentile == 99


def test_what_lasts_like_the_rest_is_not_slow():
    """Of 100 the slowest tenth are 10; of 120 twelve, two of which are ordinary."""
    (found,) = marked([10.0] * 110 + [11.0, 11.0] + [100.0] * 10)
    assert found.slow.sum() == 10
    assert found.threshold_ms == 100
    assert found.percentile == 91  # 10 of 122
    (asked,) = marked([10.0] * 110 + [11.0, 11.0] + [100.0] * 10, 90)
    assert (asked.slow.sum(), asked.percentile) == (12, 90)


def test_a_tail_is_far_and_long():
    assert marked([10.0] * 100 + [30.0] * 12)[0].has_a_tail
    assert not marked([1.0] * 100 + [9.0] * 12)[0].has_a_tail  # 8 ms
    assert not marked([100.0] * 100 + [140.0] * 12)[0].has_a_tail  # 1.4 times


def test_how_much_longer_is_a_mean_of_those_that_samples_stand_for(seen):
    found = seen([10, 20, 100, 300], [0, 0, 1, 1], weight=np.array([3.0, 1, 1, 3]))
    assert found.longer_ms == pytest.approx((100 + 900) / 4 - (30 + 20) / 4)


def test_all_slow_requests_are_kept_where_the_rest_are_many(monkeypatch):
    monkeypatch.setattr(observed, "MOST_REST", 50)
    (found,) = marked([10.0] * 900 + [500.0] * 12)
    assert found.slow.sum() == 12
    assert len(found) == 62
    assert found.unseen == 850
    assert len(set(found.row.tolist())) == 62
    assert (found.slow == (found.duration_ms == 500)).all()


def test_attributes_join_process_columns_and_the_request_itself(seen):
    table = pa.table(
        {
            "method": ["GET", None],
            "resource": [json.dumps({"host": "h1", "shared": "process"}), "not json"],
            "attributes": [b'{"shared": "request", "n": 1}', None],
        }
    )
    found = seen([1, 2], [1, 0], table=table).attributes
    assert found == [{"host": "h1", "shared": "request", "n": 1, "method": "GET"}, {}]


def test_a_table_without_attributes_says_nothing(seen):
    table = pa.table({"status": [None, 200]})
    assert seen([1, 2], [1, 0], table=table).attributes == [{}, {"status": "200"}]


@given(
    lasted=st.lists(st.floats(0.001, 1e6), min_size=30, max_size=200),
    percentile=st.sampled_from([None, 50, 75, 90, 95]),
)
@settings(max_examples=40)
def test_slow_requests_are_never_faster_than_the_rest(lasted, percentile):
    for found in marked(lasted, percentile):
        assert found.slow.sum() >= FEWEST_SLOW
        assert found.duration_ms[found.slow].min() >= found.duration_ms[~found.slow].max()
        if percentile is not None:
            assert found.slow.sum() <= len(lasted) * (1 - percentile / 100) + 1
