from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.read import read_plan
from perfkit.tasks.proofs import Proof, Question, best
from perfkit.tasks.proofs.verdict import Figures, judge


@pytest.mark.parametrize(
    ("before", "after", "used", "verdict"),
    [
        (Figures(12325, 98.0, 8271), Figures(82, 0.02, 23), True, "helps"),
        (Figures(12325, 98.0, 8271), Figures(9504, 110.0, 8222), True, "tie"),  # a few values
        (Figures(12325, 98.0, 8271), Figures(12325, 98.0, 8271), False, "not used"),
        (Figures(100), Figures(70), True, "helps"),  # exactly 30 % lower
        (Figures(100), Figures(71), True, "tie"),
        (Figures(100, 10.0, 100), Figures(50, 10.0, 75), True, "helps"),  # fewer blocks
        (Figures(100, 10.0, 100), Figures(50, 7.5, 100), True, "helps"),  # less time
        (Figures(100, 10.0, 100), Figures(50, 10.0, 76), True, "tie"),
        (Figures(100, 10.0, 100), Figures(50, 1.0, 200), True, "tie"),  # cached by chance
        (Figures(100, 10.0, 100), Figures(50, 30.0, 10), True, "tie"),  # each block once more
        (Figures(100, 0.1, 100), Figures(50, 0.4, 10), True, "helps"),  # noise of a short run
        (Figures(100, None, 100), Figures(50, None, 10), True, "helps"),  # a sample
        (Figures(0), Figures(0), True, "helps"),
    ],
)
def test_the_verdict(before, after, used, verdict):
    assert judge(before, after, used=used) == verdict


@given(st.floats(0.01, 1e9), st.floats(0, 1e6), st.integers(0, 10**9))
def test_an_index_that_changes_nothing_never_helps(cost, ms, blocks):
    same = Figures(cost, ms, blocks)
    assert judge(same, same, used=True) == "tie"


def test_figures_are_read_off_the_plan():
    node = {"Node Type": "Seq Scan", "Total Cost": 12.5, "Actual Loops": 1, "Actual Rows": 1,
            "Actual Total Time": 3.0, "Shared Hit Blocks": 3, "Shared Read Blocks": 4,
            "Local Hit Blocks": 10, "Shared Dirtied Blocks": 100}  # fmt: skip
    plan = read_plan([{"Plan": node, "Execution Time": 3.5}])
    assert Figures.of(plan) == (12.5, 3.5, 17)
    assert Figures.of(plan, timed=False) == (12.5, None, 17)
    estimate = read_plan([{"Plan": {"Node Type": "Seq Scan", "Total Cost": 12.5}}])
    assert Figures.of(estimate) == (12.5, None, None)


@pytest.fixture
def proof(index_on):
    def make(*columns, blocks=20, cost=80.0, size=10, foreign=False, verdict="helps"):
        return Proof(
            candidate=index_on(*columns), question=Question(statement="select 1"),
            verdict=verdict, after_blocks=blocks, after_cost=cost, size_bytes=size,
            foreign_key=foreign,
        )  # fmt: skip

    return make


def test_none_is_best_where_none_helps(proof):
    assert best([]) is None
    assert best([proof("a", verdict="tie"), proof("b", verdict="not used")]) is None


def test_the_fewest_blocks_win_beyond_a_quarter(proof):
    few, many = proof("a", blocks=20, size=100), proof("b", blocks=27, size=1, foreign=True)
    assert best([many, few]) is few
    assert best([replace(many, after_blocks=26), few]).candidate.columns == ("b",)


def test_ties_go_to_the_foreign_key_then_the_smaller_then_the_shorter_then_the_first(proof):
    plain, foreign = proof("a"), proof("b", foreign=True, size=1000)
    assert best([plain, foreign]) is foreign
    assert best([proof("a", size=100), small := proof("b", "c", size=70)]) is small
    assert best([proof("a", "b", size=10), short := proof("c", size=11)]) is short
    assert best([first := proof("a"), proof("b")]) is first


def test_costs_decide_where_nothing_was_executed(proof):
    cheap, dear = proof("a", blocks=None, cost=10.0), proof("b", blocks=5, cost=100.0)
    assert best([dear, cheap]) is cheap
