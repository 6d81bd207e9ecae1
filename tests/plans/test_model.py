from perfkit.plans.read import read_plan

SCAN = {"Node Type": "Seq Scan", "Relation Name": "t", "Parallel Aware": True}
COLUMNS = """node_id parent_id depth node_type relation alias index condition plan_rows
actual_rows loops row_factor inclusive_ms self_ms self_share startup_ms hit_blocks
read_blocks dirtied_blocks written_blocks temp_read_blocks temp_written_blocks
self_hit_blocks self_read_blocks self_dirtied_blocks self_written_blocks
self_temp_read_blocks self_temp_written_blocks io_ms self_io_ms workers skew
spilled_bytes never_executed timing_ok"""
RAN = {"Actual Loops": 1, "Actual Rows": 1, "Actual Total Time": 4.0, "Actual Startup Time": 1.0}


def test_a_plan_knows_what_was_measured():
    planned = read_plan({"Plan": SCAN})
    assert (planned.analyzed, planned.timed, planned.execution_ms) == (False, False, None)
    counted = read_plan({"Plan": SCAN | {"Actual Loops": 1, "Actual Rows": 1}})
    assert (counted.analyzed, counted.timed) == (True, False)
    timed = read_plan({"Plan": SCAN | RAN, "Execution Time": 5.0, "Planning Time": 0.5})
    assert (timed.analyzed, timed.timed) == (True, True)
    assert (timed.execution_ms, timed.planning_ms) == (5.0, 0.5)


def test_the_execution_time_is_the_roots_where_none_was_printed():
    logged = read_plan({"Plan": SCAN | RAN})
    assert logged.printed_ms is None
    assert logged.execution_ms == 4.0
    assert read_plan({"Plan": SCAN | RAN, "Total Runtime": 6.0}).execution_ms == 6.0  # up to 9.3


def test_a_plan_shows_what_it_is_and_nothing_of_what_it_reads():
    plan = read_plan({"Plan": SCAN | RAN | {"Filter": "(secret = 'x')"}})
    assert repr(plan) == "<Plan: Parallel Seq Scan, 1 nodes, 4.000 ms>"


def test_ancestors_go_up_to_the_root():
    root = {"Node Type": "Limit", "Plans": [{"Node Type": "Sort", "Plans": [SCAN]}]}
    plan = read_plan({"Plan": root})
    assert [node.kind for node in plan.ancestors(plan.tree[2])] == ["Sort", "Limit"]
    assert [node.kind for node in plan.below(plan.tree[1])] == ["Sort", "Seq Scan"]


def test_the_table_has_a_row_for_each_node_with_the_columns_others_rely_on():
    table = read_plan({"Plan": SCAN | RAN}).nodes
    assert len(table) == 1
    assert set(COLUMNS.split()) <= set(table.columns)
    assert table["timing_ok"].tolist() == [True]
