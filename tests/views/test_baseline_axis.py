import numpy as np

from perfkit.views.baseline_axis import logarithmic, ticks


def test_three_ticks_in_every_decade_within_reach():
    assert ticks([3.0, 40.0]) == [1, 2, 5, 10, 20, 50, 100, 200, 500]


def test_one_tick_in_every_decade_of_many():
    assert ticks([1e-3, 1e5]) == [10.0**power for power in range(-3, 6)]


def test_what_has_no_logarithm_has_no_tick():
    assert ticks([0.0, -1.0, np.nan]) == []
    assert logarithmic([])["type"] == "log"
