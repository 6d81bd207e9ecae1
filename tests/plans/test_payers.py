import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.payers import Payment, payments
from perfkit.plans.read import read_plan


def node(kind, ms, *below, loops=1, start=0.0, blocks=0, **more):
    return {
        "Node Type": kind, "Actual Loops": loops, "Actual Total Time": ms,
        "Actual Startup Time": start, "Shared Hit Blocks": blocks, "Shared Read Blocks": 0,
        "Plans": list(below),
    } | more  # fmt: skip


def init(name, ms, *below, **more):
    return node(
        "Result", ms, *below, **{"Parent Relationship": "InitPlan", "Subplan Name": name}, **more
    )


def cte_scan(name, ms, **more):
    return node("CTE Scan", ms, **{"CTE Name": name}, **more)


def paid(root, own, *, blocks=None):
    tree = read_plan({"Plan": root}).tree
    inclusive = [one.number("Actual Total Time") * one.loops for one in tree]
    made = payments(tree, inclusive, own, blocks or [0.0] * len(tree))
    return [payment for payment in made if payment.share]


def test_a_plan_without_init_plans_has_no_payments():
    assert paid(node("Limit", 5.0, node("Seq Scan", 4.0)), [1.0, 4.0]) == []


@pytest.mark.parametrize(
    ("name", "mention"),
    [
        ("InitPlan 1 (returns $0)", "(total > $0)"),  # up to PostgreSQL 16
        ("InitPlan 1", "(total > (InitPlan 1).col1)"),  # from 17 on
        ("InitPlan 1 (returns $0,$1)", "(total > $1)"),  # one of several
    ],
)
def test_a_scalar_is_paid_by_the_innermost_node_that_mentions_it(name, mention):
    scan = node("Seq Scan", 30.0, Filter=mention)
    root = node("Sort", 40.0, init(name, 20.0), scan, **{"Sort Key": [mention]})
    assert paid(root, [10.0, 20.0, 30.0]) == [Payment(payer=2, plan=1, share=1.0)]


def test_parameters_with_a_longer_number_are_others():
    scan = node("Seq Scan", 30.0, Filter="(total > $10)")
    root = node("Sort", 40.0, init("InitPlan 1 (returns $1)", 20.0), scan)
    assert paid(root, [40.0, 20.0, 30.0]) == [Payment(payer=0, plan=1, share=1.0)]


def test_a_node_without_the_time_for_it_did_not_run_it():
    scan = node("Seq Scan", 5.0, Filter="(total > $0)")
    root = node("Result", 40.0, init("InitPlan 1 (returns $0)", 20.0), scan, Output=["$0"])
    assert paid(root, [35.0, 20.0, 5.0]) == [Payment(payer=0, plan=1, share=1.0)]


def test_two_scalars_do_not_spend_the_same_time_twice():
    scan = node("Seq Scan", 30.0, Filter="((a > $0) AND (b > $1))")
    root = node(
        "Result", 60.0,
        init("InitPlan 1 (returns $0)", 20.0), init("InitPlan 2 (returns $1)", 20.0), scan,
        Output=["$0", "$1"],
    )  # fmt: skip
    assert paid(root, [30.0, 20.0, 20.0, 30.0]) == [(3, 1, 1.0), (0, 2, 1.0)]


def test_a_scalar_read_by_workers_is_paid_by_the_gather_that_sends_it():
    scan = node("Seq Scan", 10.0, loops=3, Filter="(total > $0)")
    gather = node("Gather", 50.0, scan)
    root = node("Aggregate", 60.0, init("InitPlan 1 (returns $0)", 20.0), gather)
    assert paid(root, [10.0, 20.0, 25.0, 30.0]) == [Payment(payer=2, plan=1, share=1.0)]


def test_a_reader_that_was_done_before_the_first_row_is_none():
    early = node("Seq Scan", 1.9, Filter="(total > $0)", loops=10)
    root = node("Append", 60.0, init("InitPlan 1 (returns $0)", 20.0, start=20.0), early)
    assert paid(root, [60.0, 20.0, 50.0]) == [Payment(payer=0, plan=1, share=1.0)]


def test_of_many_loops_only_the_first_waits_for_what_it_reads():
    inner = node("Index Scan", 0.05, **{"Index Cond": "(id = $0)"}, loops=1000)
    root = node("Append", 60.0, init("InitPlan 1 (returns $0)", 20.0, start=20.0), inner)
    assert paid(root, [10.0, 20.0, 50.0]) == [Payment(payer=2, plan=1, share=1.0)]


def test_what_never_ran_is_paid_by_nobody():
    scan = node("Seq Scan", 30.0, Filter="(total > $0)")
    root = node("Sort", 40.0, init("InitPlan 1 (returns $0)", 0.0, loops=0), scan)
    assert paid(root, [10.0, 0.0, 30.0]) == []


def test_a_cte_is_paid_by_its_only_scan():
    root = node("Sort", 50.0, init("CTE recent", 30.0), cte_scan("recent", 40.0))
    assert paid(root, [10.0, 30.0, 40.0]) == [Payment(payer=2, plan=1, share=1.0)]


def test_a_cte_with_two_scans_is_divided_by_the_blocks_they_touched():
    root = node(
        "Append", 60.0, init("CTE r", 40.0, blocks=100),
        cte_scan("r", 30.0, blocks=75), cte_scan("r", 30.0, blocks=25),
    )  # fmt: skip
    assert paid(root, [0.0, 40.0, 30.0, 30.0], blocks=[0, 0, 75, 25]) == [
        (2, 1, 0.75), (3, 1, 0.25),
    ]  # fmt: skip


def test_without_blocks_a_cte_is_divided_by_the_time_its_scans_have():
    root = node("Append", 40.0, init("CTE r", 20.0), cte_scan("r", 30.0), cte_scan("r", 10.0))
    assert paid(root, [0.0, 20.0, 30.0, 10.0]) == [(2, 1, 0.75), (3, 1, 0.25)]


def test_of_two_ctes_with_one_name_the_nearest_above_a_scan_is_meant():
    inner = node("Append", 20.0, init("CTE r", 10.0), cte_scan("r", 15.0))
    root = node("Append", 60.0, init("CTE r", 30.0), inner, cte_scan("r", 35.0))
    assert paid(root, [5.0, 30.0, 5.0, 10.0, 15.0, 35.0]) == [(5, 1, 1.0), (4, 3, 1.0)]


def test_a_limit_above_leaves_the_owner_with_what_the_scan_had_no_time_for():
    root = node("Limit", 50.0, init("CTE r", 30.0), cte_scan("r", 12.0))
    got = {payer: share for payer, _, share in paid(root, [38.0, 30.0, 12.0])}
    assert got == pytest.approx({2: 0.4, 0: 0.6})


def test_a_writing_cte_that_nobody_reads_runs_after_the_root_and_inside_nobody():
    written = init("CTE written", 30.0) | {"Node Type": "ModifyTable"}
    root = node("Aggregate", 50.0, written, node("Seq Scan", 40.0))
    assert paid(root, [10.0, 30.0, 40.0]) == []


@given(
    cost=st.floats(0.0, 1e4),
    scans=st.lists(st.tuples(st.floats(0.0, 1e4), st.integers(0, 1000)), min_size=1, max_size=5),
    touched=st.integers(0, 2000),
)
def test_every_plan_is_paid_exactly_once_and_nobody_below_pays_more_than_it_has(
    cost, scans, touched
):
    below = [cte_scan("r", ms, blocks=blocks) for ms, blocks in scans]
    root = node("Append", 1e5, init("CTE r", cost, blocks=touched), *below)
    own = [1e5, cost, *(ms for ms, _ in scans)]
    got = paid(root, own, blocks=[0.0, 0.0, *(float(blocks) for _, blocks in scans)])
    assert sum(share for _, _, share in got) == pytest.approx(1.0)
    assert {plan for _, plan, _ in got} == {1}
    for payer, _, share in got:
        assert share >= -1e-9
        assert share * cost <= own[payer] * (1 + 1e-9) + 1e-6


def test_two_init_plans_that_nobody_mentions_do_not_pay_for_each_other():
    """INSERT ... VALUES ((SELECT f())), ((SELECT g())): a Values Scan does not print its rows."""
    first, second = init("InitPlan 1", 4.1), init("InitPlan 2", 4.2)
    values = node("Values Scan", 8.31, **{"Parent Relationship": "Outer"})
    root = node("ModifyTable", 8.33, first, second, values)
    made = paid(root, [0.02, 4.1, 4.2, 8.31])
    assert {(pay.payer, pay.plan) for pay in made} == {(3, 1), (3, 2)}
    assert [pay.share for pay in made] == pytest.approx([1.0, 1.0])


def test_init_plans_never_pay_in_a_circle_where_nobody_else_has_the_time():
    first, second = init("InitPlan 1", 4.1), init("InitPlan 2", 4.1)
    root = node("ModifyTable", 4.2, first, second, node("Values Scan", 0.1))
    made = paid(root, [0.1, 4.1, 4.1, 0.1])
    assert not {(2, 1), (1, 2)} <= {(pay.payer, pay.plan) for pay in made}
