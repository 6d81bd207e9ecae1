import pytest

from perfkit.plans.mysql.reading import read


def test_a_recursive_table_that_is_read_twice_was_made_once(analyzed):
    plan = read(analyzed(
        "with recursive x(n) as (select 1 union select n + 1 from x where n + sleep(0.002) < 20) "
        "select a.n from x a join x b on b.n = a.n"
    ))  # fmt: skip
    unions = [node for node in plan.tree if node.kind == "Recursive Union"]
    assert len(unions) == 2
    first, second = (plan.times.inclusive_ms[node.node_id] for node in unions)
    assert first == pytest.approx(plan.root.total_ms, rel=0.1)
    assert second == 0
    assert plan.times.consistent
    assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03)


def recursive(table, ms):
    part = {"query_block": {"select_id": 3, "r_loops": 4, "r_total_time_ms": ms, "table": {
        "table_name": "t", "access_type": "ALL", "r_loops": 4, "r_rows": 1,
        "r_table_time_ms": ms, "r_filtered": 100}}}  # fmt: skip
    return {"table": {
        "table_name": table, "access_type": "ALL", "r_loops": 1, "r_rows": 1, "r_filtered": 100,
        "r_table_time_ms": 0.5, "materialized": {"query_block": {"recursive_union": {
            "table_name": "<union2,3>", "query_specifications": [part]}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("second", "spent"), [(("<derived2>", 6), 6), (("<derived4>", 6), 12), (("<derived2>", 5), 11)]
)
def test_only_equal_prints_of_one_table_are_the_same_execution(second, spent):
    tables = [recursive("<derived2>", 6), recursive(*second)]
    body = {"select_id": 1, "r_loops": 1, "r_total_time_ms": 20, "nested_loop": tables}
    plan = read({"query_block": body})
    own = [plan.times.self_ms[node.node_id] for node in plan.tree if node.relation == "t"]
    assert sum(own) == pytest.approx(spent)
    assert plan.tree[-1].loops == 4
