import math

import numpy as np
import pytest

from perfkit.analyses.comparing.amounts import amounts, shares
from perfkit.analyses.comparing.by_route import by_route
from perfkit.recording import as_recording


def observed(*sides):
    return by_route(*([as_recording(side, "requests")] for side in sides))


def test_sampled_rows_count_as_often_as_they_stand_for(requests):
    table = requests({"/a": (40, 10), "/b": (10, 10)}, sigma=0, weight=[3.0] * 50)
    both = observed(table, table)
    found = amounts(both.before, len(both.labels))
    assert found.rows[:2].tolist() == [40, 10]
    assert found.calls[:2].tolist() == [120, 30]
    assert found.total_ms[:2] == pytest.approx([1200, 300])
    assert found.share[:2] == pytest.approx([0.8, 0.2])
    assert found.rate_per_s[0] == pytest.approx(120 / (49 * 0.05 + 0.01))


def test_failures_are_counted_of_rows_of_which_that_is_known(requests):
    table = requests({"/a": (4, 10)}, status=[200, 500, None, 404])
    (share, *_) = shares(observed(table, table), "failed", 1.96)
    assert (share.before, share.hits) == (pytest.approx(1 / 3), (1, 1))
    assert share.low < 0 < share.high


def test_where_nothing_is_known_of_failures_they_are_unknown(requests):
    table = requests({"/a": (20, 10)})
    (share, *_) = shares(observed(table, table), "failed", 1.96)
    assert math.isnan(share.before)
    assert not share.rose
    assert not share.fell


def test_a_larger_share_rose_and_turned_round_it_fell(requests):
    random = np.random.default_rng(1)
    few, many = (
        requests({"/a": (400, 10)}, status=np.where(random.random(400) < p, 503, 200))
        for p in (0.01, 0.2)
    )
    assert shares(observed(few, many), "failed", 1.96)[0].rose
    assert shares(observed(many, few), "failed", 1.96)[0].fell
