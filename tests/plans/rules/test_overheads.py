import pytest

from perfkit.plans import rules
from perfkit.plans.facts import Facts
from perfkit.plans.rules.overheads import jit, jit_total_ms, planning, serialization

MONTHS = "select count(*) from months a join months b using (id) join months c using (id) "


@pytest.fixture
def scan(joins_node, joins_tree):
    def plan(ms=100.0, *, rows=1000, **document):
        node = joins_node("Seq Scan", ms, rows=rows, **{"Relation Name": "users"})
        return joins_tree(node, Execution_Time=ms, **document)

    return plan


def compiled(ms):
    return {"Functions": 9, "Timing": {"Generation": 1.0, "Total": ms}}


@pytest.mark.parametrize(
    ("ms", "whole", "found"),
    [
        (25.0, 100.0, True),
        (24.9, 100.0, False),
        (4.9, 6.0, False),
        (300.0, 999.9, True),
        (300.0, 1000.0, False),  # long enough to be worth it
    ],
)
def test_compiling_a_quarter_of_less_than_a_second_does_not_pay(scan, ms, whole, found):
    got = jit(scan(whole, JIT=compiled(ms)), Facts())
    assert [f.saves_ms for f in got] == [ms] * found
    assert all("SET LOCAL jit = off;" in f.fix.test for f in got)


def test_compiling_is_a_sum_over_processes(joins_node, joins_tree):
    scan = joins_node("Seq Scan", 90.0, loops=3, **{"Parallel Aware": True})
    plan = joins_tree(joins_node("Gather", 100.0, scan), JIT=compiled(60.0))
    assert jit_total_ms(plan) == 20.0
    assert jit(plan, Facts()) == []


def test_a_plan_without_compiling_has_none(scan):
    assert jit_total_ms(scan()) == 0.0
    assert jit(scan(JIT="?"), Facts()) == []


@pytest.mark.parametrize(
    ("planned", "run", "found"),
    [(5.0, 5.0, True), (5.0, 5.1, False), (4.9, 0.1, False), (100.0, 0.2, True)],
)
def test_planning_is_told_from_half_of_the_time_and_five_milliseconds_on(scan, planned, run, found):
    got = planning(scan(run, Planning_Time=planned), Facts())
    assert [f.saves_ms for f in got] == [planned] * found


def test_planning_reads_blocks_when_a_connection_is_new(scan):
    buffers = {"Shared Hit Blocks": 70, "Shared Read Blocks": 3}
    (finding,) = planning(scan(0.2, Planning_Time=9.0, Planning=buffers), Facts())
    assert finding.evidence[0] | {"hit_blocks": 70, "read_blocks": 3} == finding.evidence[0]
    assert "join_collapse_limit" in finding.fix.text
    assert finding.fix.test.splitlines()[0] == "EXPLAIN (SUMMARY)"


def test_many_partitions_are_found_though_the_execution_is_short(joins_plan, joins_found):
    five = MONTHS + "join months d using (id) join months e using (id)"
    plan = joins_plan(five, "enable_partitionwise_join = on")
    (finding,) = planning(plan, Facts())
    assert "150 tables" in finding.fix.text
    assert [f.rule for f in rules.findings(plan)] == ["planning"]
    assert joins_found(MONTHS + "where a.id = 5") == []


@pytest.mark.parametrize(
    ("ms", "kb", "rows", "found"),
    [
        (25.0, 2000, 1000, True),
        (24.9, 2000, 1000, False),
        (25.0, 1953, 1000, False),  # less than 2,000 bytes per row
        (90.0, 1, 0, False),
    ],
)
def test_wide_rows_that_take_a_quarter_of_the_time(scan, ms, kb, rows, found):
    part = {"Time": ms, "Output Volume": kb, "Format": "text"}
    assert bool(serialization(scan(rows=rows, Serialization=part), Facts())) is found


def test_wide_results_are_found_on_a_real_server_and_exports_are_not(joins_found):
    every = {"options": "verbose, buffers, serialize"}
    assert joins_found("select * from documents", **every) == ["serialization"]
    assert joins_found("select id from documents", **every) == []
    assert joins_found("select * from orders", **every) == []
