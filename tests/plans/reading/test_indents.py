"""A plan whose indentation was lost gets it back where the lines tell it, and says so."""

import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.reading.indents import RESTORED, UNKNOWN

ROW = "(cost=0.00..1.00 rows=1 width=4)"
JOIN = f"""Limit  {ROW}
  InitPlan 1
    ->  Aggregate  {ROW}
          ->  Seq Scan on c  {ROW}
  ->  Hash Join  {ROW}
        Hash Cond: (a.id = b.id)
        ->  Seq Scan on a  {ROW}
              Filter: (x > 1)
        ->  Hash  {ROW}
              Buckets: 1024  Batches: 1  Memory Usage: 9kB
              ->  Bitmap Heap Scan on b  {ROW}
                    ->  BitmapOr  {ROW}
                          ->  Bitmap Index Scan on b1  {ROW}
                          ->  Bitmap Index Scan on b2  {ROW}
Planning:
  Buffers: shared hit=5
Planning Time: 0.1 ms
Execution Time: 5.0 ms"""
APPEND = f"""Sort  {ROW}
  Sort Key: x
  Sort Method: quicksort  Memory: 25kB
  ->  Append  {ROW}
        ->  Seq Scan on a  {ROW}
        ->  Seq Scan on b  {ROW}"""
LEAF = f"Seq Scan on a  {ROW}\n  Filter: (x > 1)\n  Buffers: shared hit=3\nPlanning Time: 0.1 ms"


def collapsed(text):
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def described(plan):
    return [(node.parent_id, dict(node.properties)) for node in plan.tree]


@pytest.mark.parametrize("text", [JOIN, APPEND, LEAF])
def test_the_same_nodes_with_all_they_have(text):
    plan, whole = read_plan(collapsed(text)), read_plan(text)
    assert whole.lost == ()
    assert plan.lost == (RESTORED,)
    assert described(plan) == described(whole)
    assert plan.document == whole.document


@pytest.mark.parametrize(
    "lines",
    [
        ["Nested Loop", "->  Append", "->  Seq Scan on a", "->  Seq Scan on b"],
        ["Sort", "->  Seq Scan on a", "SubPlan 1", "->  Sort", "->  Seq Scan on b"],
        ["Nested Loop", "->  Custom Node", "->  Sort", "->  Seq Scan on a", "->  Seq Scan on b"],
        ["Hash Join", "->  Seq Scan on a", "->  Seq Scan on b", "->  Seq Scan on c"],
    ],
)  # fmt: skip
def test_where_it_cannot_be_told_that_is_said(lines):
    plan = read_plan("\n".join(f"{line} {ROW}" if line != "SubPlan 1" else line for line in lines))
    assert plan.lost[0] == UNKNOWN
    assert {node.parent_id for node in plan.tree} == {None, 0}


@pytest.mark.parametrize(
    "text",
    [
        f"Append  {ROW}\n  ->  Seq Scan on a  {ROW}\n  ->  Seq Scan on b  {ROW}",
        f"Update on t  {ROW}\n  Update on a\n  ->  Result  {ROW}\n  ->  Seq Scan on b  {ROW}",
        f"HashSetOp Except  {ROW}\n  ->  Seq Scan on a  {ROW}\n  ->  Seq Scan on b  {ROW}",
        f"Seq Scan on a  {ROW}\n  Filter: (x > 1)",
    ],
)
def test_a_flat_plan_is_none_that_lost_its_indentation(text):
    assert read_plan(text).lost == ()
