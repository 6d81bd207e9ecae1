import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.plan_changes.history.stretches import FEWEST, stretches


def test_a_change_is_found_where_it_is():
    found = stretches(np.repeat([0, 1, 0], [20, 30, 25]))
    assert [(one.low, one.high, one.main, one.share) for one in found] == [
        (0, 20, 0, 1.0), (20, 50, 1, 1.0), (50, 75, 0, 1.0),
    ]  # fmt: skip


def test_six_of_each_are_enough_and_fewer_are_not():
    assert len(stretches(np.repeat([0, 1], FEWEST))) == 2
    assert len(stretches(np.repeat([0, 1], FEWEST - 1))) == 1


@pytest.mark.parametrize("share", [0.5, 0.2, 0.05])
def test_random_sequences_are_hardly_ever_divided(share):
    random = np.random.default_rng(1)
    found = [stretches((random.random(100) < share).astype(np.int64)) for _ in range(300)]
    assert sum(len(one) > 1 for one in found) <= 3


@given(st.lists(st.integers(0, 3), max_size=300))
def test_stretches_cover_the_sequence_and_none_is_short(labels):
    found = stretches(np.array(labels, np.int64))
    assert [one.low for one in found[1:]] == [one.high for one in found[:-1]]
    assert sum(one.high - one.low for one in found) == len(labels)
    assert len(found) <= 1 or min(one.high - one.low for one in found) >= FEWEST
