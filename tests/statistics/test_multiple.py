import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.statistics.multiple import holm


def test_the_example_of_the_textbooks():
    # what R says of p.adjust with the method "holm"
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])


def test_what_was_not_tested_does_not_count():
    found = holm([0.02, math.nan, 0.5])
    assert found[0] == pytest.approx(0.04)
    assert math.isnan(found[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.randoms())
def test_it_keeps_the_order_and_never_makes_surer(p_values, random):
    found = holm(p_values)
    assert (found >= p_values).all()
    assert found.max() <= 1
    shuffled = list(range(len(p_values)))
    random.shuffle(shuffled)
    again = holm([p_values[i] for i in shuffled])
    assert np.allclose(again, found[shuffled])


def test_no_test_at_all():
    assert holm([]).size == 0
