import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.candidates import Candidate
from perfkit.plans.conditions import SortKey
from perfkit.plans.model import Plan
from perfkit.plans.read import read_plan
from perfkit.tasks.audit.missing import Served, Wished, joined
from perfkit.tasks.audit.workload import Asked
from perfkit.tasks.proofs import Proof, Question

PLAN: Plan = read_plan(
    '[{"Plan": {"Node Type": "Sort", "Startup Cost": 0, "Total Cost": 100, "Plan Rows": 1,'
    '"Plan Width": 1, "Plans": [{"Node Type": "Seq Scan", "Relation Name": "t", "Schema": "s",'
    '"Alias": "t", "Startup Cost": 0, "Total Cost": 60, "Plan Rows": 9, "Plan Width": 1}]}}]'
)


def candidate(*columns, **more):
    keys = tuple(SortKey(column=column) for column in columns)
    return Candidate(schema="s", table=more.pop("table", "t"), keys=keys, **more)


def one(*columns, calls=10, mean_ms=5.0, proof=None, **more):
    asked = Asked(text=f"select {columns}", calls=calls, mean_ms=mean_ms)
    made = candidate(*columns, **more)
    return Served(
        wished=Wished(asked=asked, plan=PLAN, candidates=[made]), candidate=made, proof=proof
    )


def lists(wanted):
    return {each.candidate.columns: len(each.served) for each in wanted}


def test_equal_indexes_are_one_and_their_calls_and_times_add_up():
    (wanted,) = joined([one("a", "b", calls=10), one("a", "b", calls=5)])
    assert wanted.calls == 15
    assert wanted.total_ms == pytest.approx(15 * 5.0 * 0.6)  # the scan's share of the cost


def test_what_a_longer_one_begins_with_is_served_by_it():
    assert lists(joined([one("a"), one("a", "b"), one("b")])) == {("a", "b"): 2, ("b",): 1}


@pytest.mark.parametrize(
    "other",
    [
        one("a", table="u"),
        one("a", where="x IS NULL"),
        one("a", include=("c",)),
        one("a", method="gin"),
        one("b"),
    ],
)
def test_what_it_does_not_begin_with_stays_beside_it(other):
    assert len(joined([one("a", "b"), other])) == 2


def test_the_index_that_saves_most_in_all_comes_first():
    often = one("a", calls=1000, mean_ms=1.0)
    slow = one("b", calls=2, mean_ms=200.0)
    assert [each.candidate.columns for each in joined([slow, often])] == [("a",), ("b",)]
    (wanted,) = joined([one("c", calls=1), one("c", calls=9, mean_ms=50.0)])
    assert wanted.main.wished.asked.calls == 9


def test_a_proven_saving_counts_rather_than_an_estimate():
    made = candidate("a")
    question = Question(statement="select 1", mean_ms=40.0)
    proof = Proof(candidate=made, question=question, verdict="helps", method="built",
                  before_ms=10.0, after_ms=1.0)  # fmt: skip
    assert one("a", proof=proof).saves_ms == pytest.approx(36.0)


def test_rows_spared_weigh_an_estimate():
    half = one("a", rows_before=100.0, rows_after=50.0, mean_ms=10.0)
    assert half.saves_ms == pytest.approx(10.0 * 0.6 * 0.5)
    assert one("a", table="elsewhere").saves_ms == 0.0


COLUMNS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)


@given(asked=st.lists(st.tuples(COLUMNS, st.integers(1, 99)), max_size=8))
def test_no_statement_is_lost_and_no_index_begins_another(asked):
    wanted = joined([one(*columns, calls=calls) for columns, calls in asked])
    assert sum(each.calls for each in wanted) == sum(calls for _, calls in asked)
    kept = [each.candidate.columns for each in wanted]
    assert not any(a != b and b[: len(a)] == a for a in kept for b in kept)
    assert len(set(kept)) == len(kept)
