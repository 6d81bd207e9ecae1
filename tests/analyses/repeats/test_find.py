import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.calls import Calls, Owners, Target
from perfkit.analyses.repeats.find import FEWEST, covered_ms, repeats

INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=20)


@given(INTERVALS)
def test_the_time_covered_is_that_of_a_ruler_with_milliseconds(intervals):
    covered = {ms for start, length in intervals for ms in range(start, start + length)}
    start, length = (np.array([float(pair[i]) for pair in intervals]) for i in (0, 1))
    assert covered_ms(start, length) == pytest.approx(len(covered))


def test_without_starts_it_is_the_sum():
    assert covered_ms(np.array([np.nan, 0.0]), np.array([5.0, 7.0])) == 12.0


def test_memory_does_not_grow_with_owners_times_targets():
    size = 4000  # 128 MB as a matrix
    targets = [Target(fingerprint=f"select a from t{number}") for number in range(size)]
    owner = np.arange(size, dtype=np.int64).repeat(2)
    many = np.concatenate([np.full(FEWEST, 7), np.arange(2 * size) % size])
    calls = Calls(
        owner=np.concatenate([np.zeros(FEWEST, np.int64), owner]),
        target=many,
        start_ms=np.arange(len(many), dtype=float),
        duration_ms=np.ones(len(many)),
        parent=[None] * len(many),
        raw=[None] * len(many),
        targets=targets,
        owners=Owners(
            node=np.arange(size),
            trace_id=[None] * size,
            route=[None] * size,
            duration_ms=np.full(size, np.nan),
            served=np.ones(size, dtype=bool),
        ),
    )
    tracemalloc.start()
    (found,) = repeats(calls)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.repeats, found.target) == (FEWEST, targets[7])
    assert peak < 20_000_000
