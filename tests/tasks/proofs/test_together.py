"""Indexes of two tables: what they do together, and what one no longer does beside the other."""

from dataclasses import replace

import pytest

from perfkit.plans.read import read_plan
from perfkit.tasks.proofs import Proof, Question, best, prove
from perfkit.tasks.proofs.together import together

BOTH = (
    "select o.* from users u join orders o on o.user_id = u.id "
    "where u.name = 'User 77' and u.id > 0"
)
PLAN = read_plan([{"Plan": {"Node Type": "Result", "Total Cost": 1.0}}])


@pytest.fixture
def pair(index_on):
    return [index_on("user_id"), index_on("name", table="users")]


@pytest.mark.parametrize("method", ["hypopg", "built"])
def test_the_second_index_is_proven_on_top_of_the_first(engine15, pair, nothing_left, method):
    with nothing_left(engine15):
        orders, users = prove(
            engine15, Question(statement=BOTH), pair, methods=[method], expendable=True
        )
    assert (orders.verdict, orders.candidate.companions) == ("helps", ())
    assert (users.verdict, users.candidate.companions) == ("helps", (pair[0],))
    assert users.candidate.columns == ("name",)
    assert users.after_cost < 0.7 * orders.after_cost < 0.7 * users.before_cost
    assert (
        "Together with orders_user_id_idx. orders_user_id_idx alone: a cost of" in users.notes[-1]
    )
    assert best([orders, users]) is users
    assert len(users.candidate.statements) == 3  # lock_timeout, and both indexes


@pytest.mark.parametrize("method", ["sample", "built"])
def test_the_embedded_server_proves_both_as_well(lab_engine, pair, nothing_left, method):
    with nothing_left(lab_engine):
        found = prove(lab_engine, Question(statement=BOTH), pair, methods=[method])
    assert [proof.verdict for proof in found] == ["helps", "helps"]
    assert found[1].after_blocks < 0.75 * found[0].after_blocks
    assert found[1].candidate.companions == (pair[0],)


def proof_of(candidate, verdict, cost):
    return Proof(
        candidate=candidate, question=Question(statement="select 1"), method="hypopg",
        verdict=verdict, used=verdict in {"helps", "tie"}, before_cost=1000.0, after_cost=cost,
        plan_before=PLAN, plan_after=PLAN,
    )  # fmt: skip


def planner(**costs):
    """Return what proves indexes by a table of costs: names of tables, sorted, to a cost."""
    asked = []

    def prove_one(candidate):
        tables = "_".join(sorted(one.table for one in (candidate, *candidate.companions)))
        asked.append(tables)
        cost = costs.get(tables, 1000.0)
        verdict = "helps" if cost <= 700 else "not used" if cost >= 1000 else "tie"
        return proof_of(candidate, verdict, cost)

    return prove_one, asked


def test_two_that_help_only_together_are_proven_together(index_on):
    a, b, c = (index_on("x", table=name) for name in "abc")
    prove_one, asked = planner(a=900.0, b=1000.0, c=1000.0, a_b=20.0)
    proofs = together(prove_one, [prove_one(one) for one in (a, b, c)])
    assert [proof.verdict for proof in proofs] == ["helps", "helps", "not used"]
    assert proofs[0].candidate == replace(a, companions=(b,))
    assert proofs[1].candidate == replace(b, companions=(a,))
    assert proofs[0].notes[-1] == "Together with b_x_idx. Alone neither helps."
    assert asked == ["a", "b", "c", "a_b"]


def test_an_index_that_another_makes_superfluous_is_no_longer_proposed(index_on):
    a, b = (index_on("x", table=name) for name in "ab")
    prove_one, _ = planner(a=50.0, b=500.0, a_b=48.0)
    first, second = together(prove_one, [prove_one(a), prove_one(b)])
    assert (first.verdict, first.after_cost) == ("helps", 50.0)
    assert (second.verdict, second.before_cost, second.after_cost) == ("tie", 50.0, 48.0)
    assert "beside a_x_idx it adds too little" in second.notes[-1]


def test_the_number_of_attempts_is_bounded(index_on):
    many = [index_on("x", table=name) for name in "abcdefgh"]
    prove_one, asked = planner()
    together(prove_one, [prove_one(one) for one in many])
    assert len(asked) == len(many) + 3
    prove_one, asked = planner(a=100.0)
    together(prove_one, [prove_one(one) for one in many])
    assert len(asked) == len(many) + 2


def test_indexes_of_one_table_are_rivals_and_not_tried_together(index_on):
    prove_one, asked = planner(a=100.0)
    both = [index_on(column, table="a") for column in "xy"]
    proofs = together(prove_one, [prove_one(one) for one in both])
    assert [proof.candidate for proof in proofs] == both
    assert asked == ["a", "a"]


def test_what_could_not_be_tried_stays_unproven(index_on):
    a, b = (index_on("x", table=name) for name in "ab")
    refused = [
        Proof(candidate=one, question=Question(statement="select 1"), refused="no")
        for one in (a, b)
    ]
    prove_one, asked = planner()
    assert together(prove_one, refused) == refused
    assert asked == []
