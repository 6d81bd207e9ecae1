import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.read import read_plan
from perfkit.plans.times.cte_shares import cte_shares


def shares(cost, *scans, start=0.0, blocks=0, rows=10, kind="Append"):
    """Scans are (time, rows read, blocks, Filter or None)."""
    body = {
        "Node Type": "Seq Scan", "Parent Relationship": "InitPlan", "Subplan Name": "CTE x",
        "Actual Loops": 1, "Actual Rows": rows, "Actual Total Time": cost,
        "Actual Startup Time": start, "Shared Hit Blocks": blocks,
    }  # fmt: skip
    below = [
        {"Node Type": "CTE Scan", "CTE Name": "x", "Actual Loops": 1, "Actual Rows": read,
         "Actual Total Time": ms, "Parent Relationship": side}
        | ({} if text is None else {"Filter": text})
        for (ms, read, _, text), side in zip(scans, ("Outer", "Inner", "Inner"), strict=False)
    ]  # fmt: skip
    tree = read_plan({"Plan": {"Node Type": kind, "Actual Loops": 1, "Plans": [body, *below]}}).tree
    room = [0.0, cost, *(ms for ms, *_ in scans)]
    touched = [0.0, 0.0, *(float(count) for _, _, count, _ in scans)]
    found = cte_shares(tree[1], tree[2:], tree, room, touched)
    return [round(found.get(scan.node_id, 0.0), 3) for scan in tree[2:]]


def test_the_only_scan_pays_all():
    assert shares(40.0, (60.0, 10, 0, None)) == [1.0]


def test_many_blocks_tell_exactly_who_was_ahead():
    scans = [(300.0, 10, 750, "(a > 1)"), (500.0, 10, 250, "(a > 1)")]
    assert shares(200.0, *scans, blocks=1000) == [0.75, 0.25]


def test_blocks_that_are_not_the_ctes_tell_nothing():
    scans = [(40.0, 10, 5000, None), (0.0, 10, 0, None)]
    assert shares(40.0, *scans, blocks=1000) == [1.0, 0.0]


def test_scans_that_only_pass_rows_on_paid_what_time_they_have():
    # the first read three of ten rows, LIMIT stopped it
    assert shares(100.0, (30.0, 3, 0, None), (70.0, 10, 0, None)) == [0.3, 0.7]
    assert shares(100.0, (30.0, 3, 1, None), (70.0, 10, 0, None), blocks=1) == [0.3, 0.7]


def test_passing_a_row_on_takes_each_scan_as_long():
    # a million rows each: 100 ms, and 200 ms for making them
    scans = [(300.0, 1_000_000, 0, None), (100.0, 1_000_000, 0, None)]
    assert shares(200.0, *scans, rows=1_000_000) == [1.0, 0.0]


def test_beside_a_filter_the_scan_without_one_paid_what_time_it_has():
    assert shares(100.0, (30.0, 3, 0, None), (120.0, 10, 0, "(f(n) > 0)")) == [0.3, 0.7]


@pytest.mark.parametrize(("kind", "paid"), [("Append", [1.0, 0.0]), ("Nested Loop", [0.0, 1.0])])
def test_of_two_busy_scans_the_one_that_runs_first_made_the_rows(kind, paid):
    scans = [(150.0, 10, 0, "(f(n) > 0)"), (300.0, 10, 0, "(g(n) > 0)")]
    assert shares(100.0, *scans, kind=kind) == paid


def test_the_first_one_made_only_the_rows_that_it_read():
    scans = [(100.0, 5, 0, "(f(n) > 0)"), (300.0, 10, 0, "(g(n) > 0)")]
    assert shares(100.0, *scans) == [0.5, 0.5]


def test_without_verbose_the_estimated_cost_tells_who_computes_something():
    """WITH k AS (...), m AS (SELECT nap(v) FROM k) SELECT ... FROM m JOIN k: k is read first."""
    body = {
        "Node Type": "Function Scan", "Parent Relationship": "InitPlan", "Subplan Name": "CTE k",
        "Actual Loops": 1, "Actual Rows": 7, "Actual Total Time": 42.0,
        "Actual Startup Time": 42.0, "Plan Rows": 1000,
    }  # fmt: skip
    scan = {"Node Type": "CTE Scan", "CTE Name": "k", "Actual Loops": 1, "Actual Rows": 7}
    computing = scan | {"Parent Relationship": "Inner", "Total Cost": 2520.0}
    first = scan | {"Parent Relationship": "Outer", "Total Cost": 20.0}
    plan = {"Node Type": "Append", "Actual Loops": 1, "Plans": [body, first, computing]}
    tree = read_plan({"Plan": plan}).tree
    assert cte_shares(tree[1], tree[2:], tree, [0, 42, 42.1, 51], [0] * 4) == {2: 1.0}
    dearer = first | {"Total Cost": 2520.0, "Startup Cost": 2500.0}  # its InitPlan's cost
    plan["Plans"][1] = dearer
    tree = read_plan({"Plan": plan}).tree
    assert cte_shares(tree[1], tree[2:], tree, [0, 42, 42.1, 51], [0] * 4) == {2: 1.0}


def test_who_was_done_before_the_first_row_did_not_wait_for_it():
    scans = [(30.0, 10, 0, "(f(n) > 0)"), (300.0, 10, 0, "(g(n) > 0)")]
    early, late = shares(100.0, *scans, start=90.0)
    assert late >= 0.9
    assert early <= 0.1


@given(
    cost=st.floats(0.001, 1e4),
    start=st.floats(0, 1),
    blocks=st.integers(0, 1000),
    scans=st.lists(
        st.tuples(
            st.floats(0, 1e4), st.integers(0, 1000), st.integers(0, 1000),
            st.sampled_from([None, "(f(n) > 0)"]),
        ),
        min_size=1, max_size=3,
    ),
)  # fmt: skip
def test_shares_are_never_negative_and_add_up(cost, start, blocks, scans):
    found = shares(cost, *scans, start=start * cost, blocks=blocks)
    assert all(0 <= share <= 1.001 for share in found)
    assert sum(found) == pytest.approx(1.0, abs=0.01)
