"""Fewer points keep the outline."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfkit.views.thinning import kept, note


def test_few_points_are_all_kept():
    assert list(kept([3, 1, 2], limit=3)) == [0, 1, 2]


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=300), st.integers(2, 50))
def test_minimum_and_maximum_survive_in_order(values, limit):
    positions = kept(values, limit=limit)
    assert len(positions) <= limit
    assert list(positions) == sorted(set(positions))
    shown = np.nan_to_num(np.array(values))
    assert shown[positions].min() == shown.min()
    assert shown[positions].max() == shown.max()


def test_what_was_left_out_is_said():
    assert note(5000, 5000) == ""
    assert note(200_000, 5_000).startswith("200,000 -> 5,000 shown")
