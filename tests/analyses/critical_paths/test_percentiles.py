import numpy as np
import pytest

from perfkit.analyses.critical_paths.percentiles import near


def test_near_p50_are_the_middle_fifth_and_near_p99_the_slowest_fiftieth():
    duration = np.random.default_rng(1).permutation(1000)
    group, weight = np.zeros(1000, int), np.ones(1000)
    assert sorted(duration[near(50, duration, group, weight)]) == list(range(400, 600))
    assert sorted(duration[near(99, duration, group, weight)]) == list(range(980, 1000))


@pytest.mark.parametrize(("percentile", "chosen"), [(50, [2]), (99, [4])])
def test_few_requests_are_represented_by_the_nearest(percentile, chosen):
    duration = np.array([5, 1, 3, 2, 9])
    found = near(percentile, duration, np.zeros(5, int), np.ones(5))
    assert found.nonzero()[0].tolist() == chosen


def test_groups_are_ranked_each_for_itself():
    duration, group = np.array([1, 100, 2, 200, 3, 300]), np.array([0, 1, 0, 1, 0, 1])
    assert duration[near(50, duration, group, np.ones(6))].tolist() == [2, 200]


def test_a_sampled_request_counts_for_those_it_stands_for():
    duration, weight = np.array([1, 2, 3]), np.array([98.0, 1.0, 1.0])
    assert duration[near(50, duration, np.zeros(3, int), weight)].tolist() == [1]
    assert duration[near(99, duration, np.zeros(3, int), weight)].tolist() == [2, 3]


def test_no_requests_are_near_nothing():
    nothing = np.zeros(0, int)
    assert near(50, nothing, nothing, np.zeros(0)).tolist() == []
