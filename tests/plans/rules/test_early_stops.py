import pytest

from perfkit.plans.rules.early_stops import cut_short, repeated_per_row


@pytest.fixture
def scan(joins_node):
    return lambda: joins_node("Seq Scan", 5.0)


@pytest.mark.parametrize("kind", ["Limit", "Merge Join"])
def test_below_what_stops_early_few_rows_are_no_evidence(joins_node, joins_tree, scan, kind):
    plan = joins_tree(joins_node(kind, 80.0, scan()))
    assert cut_short(plan, plan.tree[1])
    assert not cut_short(plan, plan.tree[0])


@pytest.mark.parametrize("kind", ["Sort", "Hash", "Bitmap Heap Scan"])
def test_what_reads_everything_first_asks_to_the_end(joins_node, joins_tree, scan, kind):
    plan = joins_tree(joins_node("Limit", 80.0, joins_node(kind, 79.0, scan())))
    assert not cut_short(plan, plan.tree[2])
    assert cut_short(plan, plan.tree[1])


@pytest.mark.parametrize(
    ("more", "short"),
    [
        ({"Join Type": "Inner"}, False),
        ({"Join Type": "Anti"}, True),
        ({"Inner Unique": True}, True),
    ],
)
def test_the_inner_side_stops_at_the_first_match(joins_node, joins_tree, scan, more, short):
    plan = joins_tree(joins_node("Nested Loop", 90.0, scan(), scan()) | more)
    assert cut_short(plan, plan.tree[2]) is short
    assert not cut_short(plan, plan.tree[1])


def test_nobody_reads_what_is_looked_up_in_an_empty_hash(joins_node, joins_tree, scan):
    empty = joins_node("Hash", 1.0, rows=0)
    plan = joins_tree(joins_node("Hash Join", 90.0, scan(), empty))
    assert cut_short(plan, plan.tree[1])


def test_the_inner_side_of_a_loop_has_the_rows_of_one_outer_row(joins_node, joins_tree, scan):
    plan = joins_tree(joins_node("Nested Loop", 90.0, scan(), joins_node("Memoize", 9.0, scan())))
    assert [repeated_per_row(plan, plan.tree[one]) for one in (1, 2, 3)] == [False, True, True]
