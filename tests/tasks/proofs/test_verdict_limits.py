"""By how much a plan must get better before an index is said to help, from both sides."""

import pytest

from perfkit.tasks.proofs.verdict import Figures, judge


@pytest.mark.parametrize(
    ("cost", "verdict"), [(70.0, "helps"), (70.1, "tie"), (76.0, "tie"), (36.0, "helps")]
)
def test_costs_fall_by_thirty_per_cent(cost, verdict):
    assert judge(Figures(100.0), Figures(cost), used=True) == verdict
    assert judge(Figures(100.0), Figures(cost), used=False) == "not used"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Figures(100.0, 40.0, 1000), Figures(10.0, 40.0, 751), "tie"),
        (Figures(100.0, 40.0, 1000), Figures(10.0, 40.0, 740), "helps"),
        (Figures(100.0, 40.0, 1000), Figures(10.0, 31.0, 1000), "tie"),
        (Figures(100.0, 40.0, 1000), Figures(10.0, 29.0, 1000), "helps"),
        (Figures(100.0, 40.0, 1000), Figures(10.0, 20.0, 1400), "tie"),  # more blocks
        (Figures(100.0, 40.0, 1000), Figures(10.0, 60.0, 10), "tie"),  # more time
        (Figures(100.0, 0.10, 100), Figures(10.0, 0.40, 10), "helps"),  # noise of one execution
        (Figures(100.0, 0.10, 100), Figures(10.0, 1.20, 10), "tie"),
    ],
)
def test_what_was_executed_must_agree_by_a_quarter(before, after, verdict):
    assert judge(before, after, used=True) == verdict
