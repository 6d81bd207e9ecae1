import pytest

from perfkit.plans.read import read_plan

PARALLEL = (
    "max_parallel_workers_per_gather = 2",
    "parallel_setup_cost = 0",
    "parallel_tuple_cost = 0",
    "min_parallel_table_scan_size = 0",
    "min_parallel_index_scan_size = 0",
)
STATEMENTS = """
select * from orders where total % 100 = 3
select status, count(*) from orders group by 1 order by 2
select * from orders o join users u on u.id = o.user_id where u.id < 100
select id, (select count(*) from orders o where o.user_id = u.id) from users u where id < 20
with x as materialized (select user_id, count(*) c from orders group by 1) \
select * from x a join x b using (c) where a.user_id = 3 limit 50
select * from orders where total > (select avg(total) from orders) limit 3
with x as materialized (select user_id, count(*) c from orders group by 1) select * from x a \
join x b using (c) where a.user_id = 3 and b.user_id < (select max(user_id) from orders)
with recursive t(n) as (select 1 union all select n + 1 from t where n < 20000) \
select count(*) from t
select * from orders order by note, total limit 10
select count(*) from generate_series(1, 3) g, \
lateral (select * from orders where user_id = g limit 5) x
""".strip().splitlines()


@pytest.mark.parametrize("sql", STATEMENTS)
@pytest.mark.parametrize("settings", [(), PARALLEL], ids=["serial", "parallel"])
def test_the_nodes_times_add_up_to_the_time_of_the_whole(plan_of, sql, settings):
    plan = plan_of(sql, *settings)
    whole = plan.root.total_ms
    assert sum(plan.times.self_ms) == pytest.approx(whole, rel=0.03, abs=0.1)
    assert all(own >= 0 for own in plan.times.self_ms)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_the_nodes_blocks_add_up_to_the_blocks_of_the_whole(plan_of, sql):
    plan = plan_of(sql)
    whole = plan.root.number("Shared Hit Blocks") or 0
    assert sum(count or 0 for count in plan.times.self_blocks["hit_blocks"]) == pytest.approx(
        whole, rel=0.02
    )


def test_times_of_parallel_nodes_are_shared_by_the_processes_that_ran(plan_of):
    off = plan_of(STATEMENTS[0], *PARALLEL, "parallel_leader_participation = off")
    scan = off.tree[-1]
    assert scan.node_type == "Parallel Seq Scan"
    assert off.times.processes[scan.node_id] == off.root.number("Workers Launched") == 2
    on = plan_of(STATEMENTS[0], *PARALLEL)
    assert on.times.processes[on.tree[-1].node_id] == 3
    assert on.times.inclusive_ms[on.tree[-1].node_id] <= on.root.total_ms


def node(kind, ms, *below, loops=1, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Actual Rows": 1, "Plan Rows": 1, "Plans": list(below),
    } | more  # fmt: skip


def own(root):
    return [round(value, 3) for value in read_plan({"Plan": root}).times.self_ms]


def test_times_are_per_loop_and_a_node_that_never_ran_took_none():
    inner = node("Index Scan", 0.01, loops=1000)
    skipped = node("Seq Scan", 0.0, loops=0)
    assert own(node("Nested Loop", 15.0, node("Seq Scan", 2.0), inner, skipped)) == [
        3.0,
        2.0,
        10.0,
        0.0,
    ]


def test_gather_in_a_loop_divides_by_the_processes_of_one_loop():
    scan = node("Seq Scan", 10.0, loops=6)
    plan = read_plan({"Plan": node("Nested Loop", 50.0, node("Gather", 22.0, scan, loops=2))})
    assert plan.times.processes[2] == 3
    assert own(node("Nested Loop", 50.0, node("Gather", 22.0, scan, loops=2))) == [6.0, 24.0, 20.0]


def test_a_bitmap_is_built_by_one_process_while_the_others_wait():
    bitmap = node("Bitmap Index Scan", 9.0)
    heap = node("Bitmap Heap Scan", 20.0, bitmap, loops=3, **{"Parallel Aware": True})
    assert own(node("Gather", 21.0, heap)) == [1.0, 11.0, 9.0]


def test_the_slowest_worker_decides_how_long_the_parallel_part_took():
    workers = [
        {"Actual Total Time": 90.0, "Actual Loops": 1},
        {"Actual Total Time": 10.0, "Actual Loops": 1},
    ]
    scan = node("Seq Scan", 40.0, loops=3, Workers=workers)  # the leader: 20 ms
    assert own(node("Gather", 95.0, scan)) == [5.0, 90.0]


def test_children_that_seem_to_exceed_their_parent_by_rounding_are_scaled():
    child = node("Index Scan", 0.001, loops=19_499)
    plan = read_plan({"Plan": node("Nested Loop", 11.5, child)})
    assert plan.times.self_ms == pytest.approx([0.0, 11.5])
    assert plan.times.consistent


def test_children_that_exceed_their_parent_beyond_rounding_are_called_inconsistent():
    assert not read_plan({"Plan": node("Result", 10.0, node("Seq Scan", 30.0))}).times.consistent


@pytest.mark.parametrize(
    ("name", "mention"), [("InitPlan 1 (returns $0)", "$0"), ("InitPlan 1", "(InitPlan 1).col1")]
)
def test_an_initplan_is_paid_once_by_the_node_that_reads_it(name, mention):
    init = node("Aggregate", 30.0, **{"Parent Relationship": "InitPlan", "Subplan Name": name})
    # $10 and InitPlan 10 are others; this node has the time, too
    other = node("Seq Scan", 40.0, Filter="((a > $01) AND (b > (InitPlan 10).col1) AND (c > $10))")
    reader = node("Seq Scan", 45.0, Filter=f"(total > {mention})")
    plan = node("Append", 90.0, init, other, reader)
    assert own(plan) == [5.0, 30.0, 40.0, 15.0]


def test_an_initplan_that_nobody_mentions_is_paid_by_its_owner():
    init = node(
        "Aggregate", 30.0, **{"Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1"}
    )
    assert own(node("Result", 40.0, init, node("Seq Scan", 2.0))) == [8.0, 30.0, 2.0]


def test_an_initplan_read_by_workers_is_paid_by_the_gather():
    init = node(
        "Aggregate", 30.0, **{"Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1"}
    )
    scan = node("Seq Scan", 60.0, loops=3, Filter="(a > (InitPlan 1).col1)")
    assert own(node("Gather", 95.0, init, scan)) == [5.0, 30.0, 60.0]


def test_the_scan_that_filled_a_cte_pays_for_it_as_its_blocks_prove():
    blocks = {"Shared Hit Blocks": 100, "Shared Read Blocks": 0}
    none = {"Shared Hit Blocks": 0, "Shared Read Blocks": 0}
    cte = node(
        "Seq Scan", 50.0, **{"Parent Relationship": "InitPlan", "Subplan Name": "CTE x"} | blocks
    )
    first = node("CTE Scan", 60.0, **{"CTE Name": "x"} | blocks)
    second = node("CTE Scan", 60.0, **{"CTE Name": "x"} | none)
    assert own(node("Hash Join", 125.0, cte, first, second, **blocks)) == [5.0, 50.0, 10.0, 60.0]


def test_of_two_ctes_of_one_name_the_nearer_one_is_meant():
    def cte(ms):
        return node("Result", ms, **{"Parent Relationship": "InitPlan", "Subplan Name": "CTE x"})

    inner = node("Limit", 20.0, cte(15.0), node("CTE Scan", 18.0, **{"CTE Name": "x"}))
    outer = node("CTE Scan", 30.0, **{"CTE Name": "x"})
    assert own(node("Append", 52.0, cte(25.0), inner, outer)) == [2.0, 25.0, 2.0, 15.0, 3.0, 5.0]


def test_without_timing_there_are_rows_and_no_times(plan_of):
    plan = plan_of("select * from orders limit 3", options="timing off")
    assert plan.analyzed
    assert not plan.timed
    assert plan.nodes["self_ms"].isna().all()
    assert not plan.nodes["never_executed"].any()
    assert plan.nodes["actual_rows"].tolist() == [3, 3]


def test_without_analyze_nothing_is_called_never_executed():
    plan = read_plan({"Plan": {"Node Type": "Result"}})
    assert plan.nodes["never_executed"].isna().all()
    assert not plan.analyzed
