"""Requests over time, whole and in parts."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.baselines.timeline import BUCKETS, PERIODS, STEPS, Timeline, edges_ms

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 10**10), st.integers(0, 400 * DAY)),
        st.one_of(st.none(), st.floats(0.01, 1e6)),
    ),
    max_size=80,
)


def read(data):
    times = pa.array([ns for ns, _ in data], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    return rows(
        tables.from_columns(
            "requests",
            {"started_at": times, "duration_ms": pa.array([ms for _, ms in data], pa.float64())},
        )
    )


def cells(timeline):
    return {
        (place, period, bucket): count
        for place, period, bucket, count in zip(
            *(getattr(timeline, name).tolist() for name in ("place", "period", "bucket")),
            timeline.requests.tolist(),
            strict=True,
        )
    }


def test_every_step_divides_the_next():
    assert all(later % step == 0 for step, later in itertools.pairwise(STEPS))


@given(ROWS)
def test_every_request_with_a_time_is_in_its_period_and_bucket(data):
    found = Timeline.of(read(data))
    expected = {}
    for ns, ms in data:
        if ns is None:
            continue
        (bucket,) = [
            b for (_, p, b) in cells(found) if p == ns // found.step_ns and within(b, ms)
        ] or [None]
        assert bucket is not None
        expected[0, ns // found.step_ns, bucket] = (
            expected.get((0, ns // found.step_ns, bucket), 0) + 1
        )
    assert cells(found) == expected
    assert len(set(found.period.tolist())) <= PERIODS


def within(bucket, ms):
    if ms is None or bucket < 0:
        return (ms is None) == (bucket < 0)
    low, high = (float(end[0]) for end in edges_ms(np.array([bucket])))
    return low <= ms < high


@given(ROWS, st.integers(1, 20))
def test_parts_add_up_to_the_whole_wherever_it_is_cut(data, size):
    whole = Timeline.of(read(data))
    parts = [Timeline.of(read(data[at : at + size])) for at in range(0, len(data), size)]
    merged = Timeline.merged(parts or [Timeline.nothing()])
    assert cells(merged) == cells(whole)
    if len(whole.period):
        assert merged.step_ns == whole.step_ns


def test_a_place_can_be_looked_at_alone():
    found = read([(SECOND, 5.0), (SECOND, 5.0), (9 * SECOND, 7.0)])
    timeline = Timeline.of(found, np.array([0, 1, 1], np.int32))
    assert timeline.only(0).requests.sum() == 1
    assert timeline.only(1).requests.tolist() == [1, 1]
    assert cells(timeline.only(None)) == cells(Timeline.of(found))


def test_fewer_periods_are_longer():
    data = [(n * SECOND, 1.0) for n in range(100)]
    assert Timeline.of(read(data)).step_ns == SECOND
    assert Timeline.of(read(data), periods=12).step_ns == 10 * SECOND


def test_a_bucket_is_no_wider_than_its_share_of_a_doubling():
    low, high = edges_ms(np.arange(20 * BUCKETS))
    assert np.all(high / low <= 1 + 1 / BUCKETS)
    assert high[:-1] == pytest.approx(low[1:])
