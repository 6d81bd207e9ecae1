import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.find import covered_ms

INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=20)


@given(INTERVALS)
def test_the_time_covered_is_that_of_a_ruler_with_milliseconds(intervals):
    covered = {ms for start, length in intervals for ms in range(start, start + length)}
    start, length = (np.array([float(pair[i]) for pair in intervals]) for i in (0, 1))
    assert covered_ms(start, length) == pytest.approx(len(covered))


def test_without_starts_it_is_the_sum():
    assert covered_ms(np.array([np.nan, 0.0]), np.array([5.0, 7.0])) == 12.0
