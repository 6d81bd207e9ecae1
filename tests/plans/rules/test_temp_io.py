import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.read import read_plan
from perfkit.plans.rules.temp_io import temp_io

WINDOW = (
    "select sum(total) over (order by note rows between unbounded preceding and unbounded "
    "following), note, status, customer_id from orders"
)


@pytest.mark.parametrize(
    ("blocks", "ms", "kind", "found"),
    [
        (500, 50.0, "Materialize", True),
        (499, 50.0, "Materialize", False),
        (500, 4.9, "CTE Scan", False),
        (500, 50.0, "Sort", False),  # told by its own rule
    ],
)
def test_a_thousand_blocks_of_a_node_that_matters(joins_node, joins_tree, blocks, ms, kind, found):
    counters = {"Temp Read Blocks": blocks, "Temp Written Blocks": blocks}
    got = temp_io(joins_tree(joins_node(kind, ms, **counters)), Facts())
    assert bool(got) is found


@pytest.mark.parametrize(
    "sql",
    [
        WINDOW,
        "select * from generate_series(1, 400000)",
        "with x as materialized (select * from orders) select count(*) from x where total < 900",
    ],
)
def test_rows_kept_on_disk_are_found_and_fit_with_what_was_proposed(joins_plan, sql):
    plan = joins_plan(sql, "work_mem = '256kB'")
    (finding,) = temp_io(plan, Facts())
    assert 0 < finding.saves_ms <= plan.execution_ms
    again = joins_plan(sql, finding.fix.snippet.removeprefix("SET LOCAL ").strip(";"))
    assert temp_io(again, Facts()) == []


def test_a_cte_that_need_not_be_kept_at_all_is_told_once(joins_found):
    sql = "with x as materialized (select * from orders) select * from x where id = 5"
    assert joins_found(sql, "work_mem = '256kB'") == ["cte-materialized"]


def test_a_slow_function_is_not_blamed_on_the_rows_it_keeps():
    text = (
        "Function Scan on slow_report  (cost=0.25..10.25 rows=1000 width=64) "
        "(actual time=15200.0..15210.0 rows=83000 loops=1)\n"
        "  Buffers: shared hit=890000, temp read={blocks} written={blocks}\n"
        "Execution Time: 15220.0 ms\n"
    )
    assert temp_io(read_plan(text.format(blocks=1200)), Facts()) == []
    assert temp_io(read_plan(text.format(blocks=900_000)), Facts())


def test_two_scans_of_one_cte_share_its_rows_and_are_told_once(joins_plan):
    """One wrote them and the other read them: both need the memory of all."""
    sql = (
        "with x as materialized (select * from orders) "
        "select count(*) from x a where id > (select avg(id) from x)"
    )
    (finding,) = temp_io(joins_plan(sql, "work_mem = '256kB'"), Facts())
    assert "2 scans of CTE x" in finding.title
    assert len(finding.evidence) == 2
    again = joins_plan(sql, finding.fix.snippet.removeprefix("SET LOCAL ").strip(";"))
    assert temp_io(again, Facts()) == []
