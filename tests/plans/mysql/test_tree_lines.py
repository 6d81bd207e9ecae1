import pytest

from perfkit.errors import InputError
from perfkit.plans.mysql.tree import tree_steps
from perfkit.plans.mysql.tree_lines import split, trees
from perfkit.plans.read import read_plan

TREE = """\
-> Filter: (t.name like 'a -> b%')  (cost=0.35 rows=1) (actual time=0.2..0.3 rows=2 loops=1)
    -> Table scan on t  (cost=0.35 rows=4) (actual time=0.1..0.2 rows=4 loops=1)
-> Select #2 (subquery in projection; dependent)
    -> Aggregate: max(u.a)  (cost=1 rows=1) (actual time=0.01..0.01 rows=1 loops=2)
        -> Covering index lookup on u using k (b = t.b)  (cost=1 rows=3) (actual time=632e-6..0.009 rows=3 loops=2)
"""  # noqa: E501 - as the server prints it
NOTES = """
Warnings:
Note\t1276\tField or reference 'test.t.b' of SELECT #2 was resolved in SELECT #1
Note\t1003\t/* select#1 */ select `test`.`t`.`a` AS `a` from `test`.`t`
DROP TABLE t;
"""
PROMPT = """\
mysql> EXPLAIN ANALYZE
    -> SELECT a, (SELECT max(a) FROM u WHERE b = t.b)
    -> FROM t WHERE name LIKE 'a -> b%'
    -> LIMIT 10{end}
"""
VERTICAL = "*************************** 1. row ***************************\nEXPLAIN: "


def prefixed(prefix, text=TREE):
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "paste",
    [
        TREE + NOTES, f"EXPLAIN\n{TREE}{NOTES}",
        PROMPT.format(end="\\G") + VERTICAL + TREE + "\n1 row in set (0.01 sec)\n",
        PROMPT.format(end=";") + "+---+\n| EXPLAIN |\n+---+\n| " + TREE + " |\n+---+\n1 row in set",
        PROMPT.format(end=";") + "EXPLAIN\n" + TREE,
        prefixed("-- "), prefixed("# "), prefixed("> "), prefixed("  // "),
        f"/*\n * {TREE}*/\n", f"/* {TREE} */\n", f"/*{TREE}\n*/",
        "".join(f"| {line:<130} |\n" for line in TREE.splitlines()),
        TREE.replace("    ", "\t"), TREE.replace("    ", "\xa0" * 4),
        "the plan:\n'" + TREE.replace("'", "\\'").replace("\n", "\\n") + "'\nand then?\n",
        "/*" + TREE.removeprefix("-> "), "EXPLAIN\n" + TREE.removeprefix("-> "),
        TREE + "\nIt reads all of t.\n- why?\n",
    ],
)  # fmt: skip
def test_what_stands_around_a_tree_is_seen_through(paste):
    assert read_plan(paste).arrow.equals(read_plan(TREE).arrow)


def test_a_condition_may_have_several_lines():
    broken = TREE.replace("a -> b%", "a\n+ b\n\tc")
    assert read_plan(broken).tree[1].text("Filter") == "(t.name like 'a + b \tc')"
    assert read_plan(broken).tree[1].number("Actual Rows") == 2


@pytest.mark.parametrize("cell", [[{"EXPLAIN": TREE}], {"EXPLAIN": TREE}])
def test_a_row_that_was_exported_as_json_is_read(cell):
    assert read_plan(cell).arrow.equals(read_plan(TREE).arrow)


def test_a_tree_without_costs_is_one():
    tree = "-> Insert into t1\n    -> Nested loop left join\n        -> Table scan on t2\n"
    tree += "        -> Hash\n            -> Index lookup on t3 using k (a=t2.a)\n"
    (lines,) = trees(f"EXPLAIN\n{tree}\nWarnings:\nNote\t1003\tinsert\n")
    assert [indent for indent, _ in lines] == [0, 4, 8, 8, 12]
    plan = read_plan(tree)
    assert [node.depth for node in plan.tree] == [0, 1, 2, 2]
    assert not plan.analyzed


def test_numbers_without_costs_and_times_are_kept():
    tree = "-> Limit: 3 row(s)  (actual rows=1.5 loops=2)\n    -> Sort: t.a  (...) (never executed)"
    plan = read_plan(tree)
    assert [node.loops for node in plan.tree] == [2, 0]
    assert plan.root.number("Actual Rows") == 1.5
    assert plan.root.total_ms is None
    assert split("Table scan on t  (rows=3)") == ("Table scan on t", {"estimated_rows": 3.0})


def test_escapes_in_a_condition_stay():
    line = r"-> Covering index range scan on t using a over ('a\'b' < a < 'z\n\Z\\\r')  (rows=2)"
    assert read_plan(line).root.text("Index Cond") == r"('a\'b' < a < 'z\n\Z\\\r')"


def test_a_step_without_numbers_ran_as_often_as_what_is_around_it():
    tree = "-> Insert into t1\n    -> Limit: 2 row(s)  (actual time=1..2 rows=2 loops=1)\n"
    tree += "        -> Table scan on ENGINES  (actual time=0.5..1.5 rows=2 loops=1)\n"
    tree += "            -> Fill information schema table ENGINES\n"
    plan = read_plan(tree)
    assert [node.loops for node in plan.tree] == [1, 1, 1, 1]
    assert plan.execution_ms == 2
    assert sum(plan.times.self_ms) == pytest.approx(2)


def test_two_plans_are_told():
    with pytest.raises(InputError, match="2 plans"):
        tree_steps(f"before:\n{TREE}\nafter:\n{TREE}")


@pytest.mark.parametrize(
    "text",
    [
        "mysql> select 1\n    -> from t\n    -> limit 1;\n+---+\n| 1 |\n+---+\n",
        "-> LIMIT 5", "-> ", "-> Seq Scan on t", "->  Limit\n  ->  Sort",
        "see -> there", "'-> '", "update t -> u",
        "a -> b (cost=1 rows=1)",
    ],
)  # fmt: skip
def test_other_arrows_are_no_tree(text):
    assert trees(text) == []
    assert tree_steps(text) is None
