import pytest

from perfkit.plans.rules.misestimates import lowest_wrong, underestimated_below, wrong


@pytest.fixture
def scan(joins_node):
    def node(ms=60.0, *, rows=5000, planned=5, kind="Seq Scan", **more):
        return joins_node(kind, ms, rows=rows, planned=planned, **{"Relation Name": "users"} | more)

    return node


@pytest.fixture
def joined(joins_node, joins_tree, scan):
    """Return the plan of a join of ``node`` (node 1) with a well-estimated table."""
    return lambda node, kind="Hash Join", **more: joins_tree(
        joins_node(kind, 200.0, node, scan(9.0, rows=5, planned=5), rows=50, planned=50, **more)
    )


def lowest(plan):
    return [node.node_id for node in lowest_wrong(plan)]


@pytest.mark.parametrize(
    ("planned", "rows", "found"),
    [(5, 50, True), (5, 49, False), (50, 5, True), (49, 5, False), (0, 9, False), (0, 10, True)],
)
def test_a_factor_of_ten_either_way_is_wrong(joined, scan, planned, rows, found):
    assert lowest(joined(scan(rows=rows, planned=planned))) == [1] * found


@pytest.mark.parametrize("kind", ["Gather", "Materialize", "Memoize", "Hash", "Sort", "CTE Scan"])
def test_nodes_that_pass_rows_on_are_not_blamed(joined, scan, kind):
    assert lowest(joined(scan(kind=kind))) == []


@pytest.mark.parametrize(
    ("kind", "rows", "planned", "found"),
    [
        ("Seq Scan", 5000, 5, False),  # it would be scanned all the same
        ("Seq Scan", 5, 5000, True),  # an index would have been used
        ("Index Scan", 5000, 5, True),  # none would have
        ("Index Scan", 5, 5000, False),
        ("Hash Join", 5000, 51, False),
        ("Hash Join", 5000, 50, True),  # a hundredfold
        ("Aggregate", 5000, 5, False),  # nothing is built on the number of groups
    ],
)
def test_alone_an_estimate_is_wrong_if_it_chose_the_node(
    joins_tree, scan, kind, rows, planned, found
):
    plan = joins_tree(scan(kind=kind, rows=rows, planned=planned, Strategy="Hashed"))
    assert bool(lowest(plan)) is found


@pytest.mark.parametrize(("strategy", "found"), [("Plain", False), ("Hashed", True)])
def test_groups_are_planned_on_estimates_and_a_single_row_is_not(
    joins_node, joins_tree, scan, strategy, found
):
    plan = joins_tree(joins_node("Aggregate", 90.0, scan(), Strategy=strategy))
    assert bool(lowest(plan)) is found


def test_rows_sorted_to_be_grouped_for_nothing_are_found(joins_node, joins_tree, scan):
    sort = joins_node("Sort", 80.0, scan(10.0, rows=9000, planned=9000), rows=9000, planned=9000)
    grouped = joins_node("Aggregate", 90.0, sort, rows=5, planned=5000, Strategy="Sorted")
    assert lowest(joins_tree(grouped)) == [0]


def test_too_few_rows_below_somebody_who_stops_asking_are_no_wrong_estimate(
    joins_node, joins_tree, scan, joined
):
    few = scan(rows=5, planned=5000)
    assert lowest(joins_tree(joins_node("Limit", 61.0, few))) == []
    assert lowest(joined(few, "Merge Join")) == []
    assert lowest(joined(few | {"Parent Relationship": "SubPlan"})) == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"Join Type": "Inner"}, True),
        ({"Join Type": "Semi"}, False),
        ({"Inner Unique": True}, False),
    ],
)
def test_the_inner_side_of_a_loop_may_stop_at_the_first_match(
    joins_node, joins_tree, scan, more, found
):
    outer, inner = scan(1.0, rows=5), scan(rows=5, planned=5000)
    plan = joins_tree(joins_node("Nested Loop", 90.0, outer, inner, rows=5, planned=5) | more)
    assert bool(lowest(plan)) is found


@pytest.mark.parametrize("kind", ["Sort", "Hash", "Bitmap Heap Scan"])
def test_what_reads_everything_first_is_not_cut_short_by_a_limit(
    joins_node, joins_tree, scan, kind
):
    whole = joins_node(kind, 70.0, scan(rows=5, planned=5000), rows=5, planned=5)
    assert lowest(joins_tree(joins_node("Limit", 71.0, whole))) == [2]


def test_too_many_rows_are_wrong_below_a_limit_too(joins_node, joins_tree, joined, scan):
    low = scan(kind="Index Scan")
    assert lowest(joins_tree(joins_node("Limit", 61.0, low, rows=5, planned=5))) == [1]


def test_a_node_that_did_not_run_or_does_not_matter_says_nothing(joined, scan):
    assert lowest(joined(scan(4.0))) == []
    assert lowest(joined(scan(0.0) | {"Actual Loops": 0})) == []


def test_the_lowest_is_told_even_if_only_what_was_built_on_it_takes_time(joins_node, joined, scan):
    low = scan(2.0)
    assert lowest(joined(joins_node("Nested Loop", 150.0, low, rows=9000, planned=9))) == [2]


def test_of_many_that_were_added_up_the_worst_stands_for_all(joins_node, joins_tree, scan):
    parts = [scan(1.0, rows=rows) for rows in (60, 5000, 70)]
    append = joins_node("Append", 4.0, *parts, rows=5000, planned=5000)
    join = joins_node("Hash Join", 150.0, append, rows=9000, planned=9)
    assert lowest(joins_tree(joins_node("Merge Join", 200.0, join, rows=9, planned=9))) == [4]


def test_the_lowest_underestimate_is_the_culprit(joins_node, joins_tree, scan):
    plan = joins_tree(joins_node("Hash Join", 90.0, joins_node("Sort", 20.0, scan(), rows=90)))
    assert underestimated_below(plan, plan.root).node_id == 2
    right = joins_tree(scan(rows=5))
    assert underestimated_below(right, right.root) is right.root
    assert not wrong(right, right.root)


def test_a_long_chain_of_wrong_nodes_takes_no_longer_than_its_length(joins_node, joins_tree, scan):
    tree = scan()
    for _ in range(250):
        tree = joins_node("Nested Loop", 60.0, tree, rows=5000, planned=5)
    assert lowest(joins_tree(tree)) == [250]


def test_what_an_inexact_index_names_too_much_is_no_wrong_estimate(scans_made):
    named = scans_made.node("Bitmap Index Scan", 20.0, Plan_Rows=1, Actual_Rows=2300)
    lossy = scans_made(
        "Bitmap Heap Scan", 22.0, named, Relation_Name="t", Rows_Removed_by_Index_Recheck=2300
    )
    exact = scans_made("Bitmap Heap Scan", 22.0, named, Relation_Name="t")
    assert not wrong(lossy, lossy.tree[1])
    assert wrong(exact, exact.tree[1])


@pytest.mark.parametrize(("mode", "found"), [("Finalize", False), ("Simple", True)])
def test_the_other_half_of_a_parallel_group_was_not_chosen_by_the_first(
    joins_node, joins_tree, scan, mode, found
):
    """GROUP BY extract(year FROM x): 1,944 groups expected, 7 came, and one sort of 7 rows."""
    groups = scan(kind="Aggregate", rows=7, planned=1944) | {
        "Strategy": "Hashed", "Partial Mode": "Partial",
    }  # fmt: skip
    merged = joins_node("Gather Merge", 80.0, groups, rows=21, planned=4666)
    whole = {"Strategy": "Sorted", "Partial Mode": mode}
    plan = joins_tree(joins_node("Aggregate", 81.0, merged, rows=7, planned=7) | whole)
    assert bool(lowest(plan)) is found
