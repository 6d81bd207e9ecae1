import pytest

from perfkit.errors import InputError, UnknownFormat
from perfkit.plans.mysql.reading import read
from perfkit.plans.mysql.tree import tree_steps

# MySQL 8.0: the scan of the temporary table counts only itself, what fills it comes below it.
OLD = """\
-> Limit: 5 row(s)  (actual time=75.2..75.3 rows=5 loops=1)
    -> Sort: s DESC, limit input to 5 row(s) per chunk  (actual time=75.2..75.2 rows=5 loops=1)
        -> Table scan on <temporary>  (actual time=0.001..9.5 rows=2000 loops=1)
            -> Aggregate using temporary table  (actual time=58.1..60.0 rows=2000 loops=1)
                -> Nested loop inner join  (cost=1757.30 rows=1787) (actual time=0.8..46.0 rows=5687 loops=1)
                    -> Filter: (o.note = '(cost=1 rows=2)')  (cost=3.20 rows=20) (actual time=0.05..4.0 rows=20 loops=1)
                        -> Table scan on o  (cost=3.20 rows=200) (actual time=0.04..3.0 rows=200 loops=1)
                    -> Index lookup on i using order_id (order_id=o.id)  (cost=117.43 rows=80) (actual time=0.4..2.0 rows=284 loops=20)
"""  # noqa: E501 - as the server prints it
NEW = """\
-> Filter: (u.n > (select #2))  (cost=1.2..3.4e+6 rows=1.99e+6) (actual time=0.5..900 rows=2e+6 loops=1)
    -> Covering index range scan on u using n over (1 <= n <= 5) OR (7 < n) (reverse), with index condition: (u.n > 1)  (cost=9 rows=3) (actual time=632e-6..800 rows=2.5e+6 loops=1)
    -> Select #2 (subquery in condition; run only once)
        -> Zero rows (Impossible WHERE)  (cost=0..0 rows=0) (never executed)
-> Select #3 (subquery in projection; dependent)
    -> Aggregate: max(x.a)  (cost=1 rows=1) (actual time=0.1..0.2 rows=1 loops=5)
        -> Single-row covering index lookup on x using PRIMARY (id=u.id)  (cost=3 rows=1) (actual time=0.1..0.19 rows=1 loops=5)
"""  # noqa: E501 - as the server prints it
HASH = """\
-> Inner hash join (u.country = t.b), extra conditions: (u.a < t.a)  (cost=1.2..4 rows=3)
    -> Table scan on u  (cost=1 rows=3)
    -> Hash
        -> Index scan on t using k  (cost=1 rows=3)
"""


def by_kind(plan):
    return {node.kind: node for node in plan.tree}


def test_the_time_to_fill_a_temporary_table_is_part_of_its_scan():
    plan = read(OLD)
    own = {node.kind: round(plan.times.self_ms[node.node_id], 3) for node in plan.tree}
    assert own == {
        "Limit": 0.1, "Sort": 5.7, "Table Scan": 3.0, "Temporary Table Aggregate": 14.0,
        "Nested Loop": 2.0, "Filter": 1.0, "Index Lookup": 40.0,
    }  # fmt: skip
    assert plan.times.self_ms[2] == pytest.approx(9.5)
    assert sum(plan.times.self_ms) == pytest.approx(75.3)
    assert plan.system == "mysql"


def test_a_filter_says_how_many_rows_it_threw_away():
    node = by_kind(read(OLD))["Filter"]
    assert node.number("Rows Removed by Filter") == 180
    assert node.text("Filter") == "(o.note = '(cost=1 rows=2)')"
    assert node.number("Total Cost") == 3.2


def test_subqueries_of_the_select_list_run_beside_the_tree():
    plan = read(NEW)
    assert [node.depth for node in plan.tree] == [0, 1, 2, 2, 1, 2]
    assert plan.root.kind == "Query Block"
    assert plan.execution_ms == pytest.approx(901)
    never, beside = plan.tree[3], plan.tree[4]
    assert (never.loops, never.relationship) == (0, "SubPlan")
    assert (beside.properties["dependent"], beside.loops) == (True, 5)


def test_numbers_in_engineering_format_are_read():
    scan = read(NEW).tree[2]
    assert scan.number("Actual Rows") == 2_500_000
    assert scan.number("Actual Startup Time") == 0.000632
    assert scan.text("Index Name") == "n"
    assert scan.text("Index Cond") == "((1 <= n <= 5) OR (7 < n)) AND (u.n > 1)"
    assert (scan.text("Scan Direction"), scan.properties["using_index"]) == ("Backward", True)


def test_a_plan_that_was_not_executed_has_estimates_only():
    plan = read(HASH)
    assert not plan.analyzed
    join, _, build = plan.tree
    assert (join.text("Join Type"), join.text("Hash Cond")) == ("Inner", "(u.country = t.b)")
    assert (join.text("Join Filter"), join.number("Startup Cost")) == ("(u.a < t.a)", 1.2)
    assert build.properties["heading"] == "Hash"


@pytest.mark.parametrize(
    "framed",
    [
        "+---+\n| EXPLAIN |\n+---+\n| {} |\n+---+\n1 row in set (0.00 sec)\n",
        "*************************** 1. row ***************************\nEXPLAIN: {}\n1 row in set",
        "'{}'", '"{}"', "EXPLAIN\n{}", "mysql> explain analyze select 1;\n{}\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tree", [OLD, NEW, HASH])
def test_what_clients_put_around_a_tree_is_seen_through(framed, tree):
    assert read(framed.replace("{}", tree)).arrow.equals(read(tree).arrow)


@pytest.mark.parametrize("tree", [OLD, NEW, HASH])
def test_line_ends_may_be_escaped(tree):
    assert read("EXPLAIN\n" + tree.replace("\n", "\\n")).arrow.equals(read(tree).arrow)


def test_a_whole_tree_may_be_indented():
    indented = "".join(f"      {line}\n" for line in NEW.splitlines())
    assert read(indented).arrow.equals(read(NEW).arrow)


def test_lost_indentation_is_told():
    with pytest.raises(UnknownFormat, match="indentation"):
        tree_steps("\n".join(line.strip() for line in OLD.splitlines()))


def test_a_tree_without_end_is_refused():
    ladder = "".join(" " * 4 * i + "-> Limit: 1 row(s)  (cost=1 rows=1)\n" for i in range(400))
    with pytest.raises(InputError, match="deeper"):
        tree_steps(ladder)


def test_another_servers_text_is_left_alone():
    collapsed = (
        "Limit (cost=0..1 rows=1 width=4)\n -> Seq Scan on t (actual time=0..1 rows=1 loops=1)"
    )
    assert tree_steps(collapsed) is None
    assert (
        tree_steps("Limit  (cost=0..1 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0..1 rows=1)")
        is None
    )
    assert tree_steps("-> the table scan on t") is None
