from perfkit.plans.mysql.hanging import hang_subqueries
from perfkit.plans.mysql.steps import Step


def subquery(number):
    return Step(properties={"Node Type": "Query Block", "select_id": number,
                            "subquery_of": "subqueries"})  # fmt: skip


def test_a_subquery_goes_below_the_step_that_names_it():
    scan = Step(properties={"Node Type": "Table Scan", "Filter": "a = (subquery#12)"})
    first, second = subquery(1), subquery(12)
    sort = Step(properties={"Node Type": "Sort"}, children=[scan])
    block = Step(properties={"Node Type": "Query Block"}, children=[sort, first, second])
    hang_subqueries(block)
    assert scan.children == [second]
    assert first in block.children


def test_a_cache_around_the_subquery_goes_with_it():
    scan = Step(properties={"Node Type": "Table Scan", "Join Filter": "x in (subquery#2)"})
    inner = Step(properties={"Node Type": "Query Block", "select_id": 2})
    told = {"Node Type": "Expression Cache", "subquery_of": "subqueries"}
    cache = Step(properties=told, children=[inner])
    block = Step(properties={"Node Type": "Query Block"}, children=[scan, cache])
    hang_subqueries(block)
    assert scan.children == [cache]
