import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.ordered import Ordered

GROUPS = st.lists(st.lists(st.floats(0, 1e6), max_size=20), min_size=1, max_size=6)


def ordered(parts, weight=None):
    counts = np.array([len(part) for part in parts], np.int64)
    values = np.array([value for part in parts for value in sorted(part)], np.float64)
    return Ordered(values=values, counts=counts, weight=weight)


@given(GROUPS, st.floats(0, 1))
def test_a_quantile_of_every_group_is_that_of_numpy(parts, q):
    found = ordered(parts).quantile(q)
    for value, part in zip(found, parts, strict=True):
        expected = np.quantile(part, q) if part else np.nan
        assert value == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True)


@given(GROUPS)
def test_a_group_has_its_values_and_their_ends(parts):
    found = ordered(parts)
    for place, part in enumerate(parts):
        assert found.part(place).tolist() == sorted(part)
        assert found.known()[place] == len(part)
        if part:
            assert (found.lowest()[place], found.highest()[place]) == (min(part), max(part))


def test_a_weight_says_how_many_a_value_stands_for():
    found = ordered([[1.0, 3.0], [], [2.0]], np.array([2.0, 1.0, 5.0]))
    assert found.sums().tolist() == [5.0, 0.0, 10.0]
    assert found.known().tolist() == [3.0, 0.0, 5.0]
    assert [counts.tolist() for counts in found.below([2.5])] == [[2.0, 0.0, 5.0]]
