import pytest
from IPython.utils.capture import capture_output

from perfkit.plans.read import read_plan
from perfkit.plans.report import headline, report

SLOW = """
Limit  (cost=0.00..5.00 rows=20 width=8) (actual time=0.1..98.2 rows=20 loops=1)
  ->  Seq Scan on orders  (cost=0.00..12325.00 rows=26 width=8) (actual time=0.1..98.0 rows=20 loops=1)
        Filter: (user_id = 42)
        Rows Removed by Filter: 500000
Planning Time: 0.1 ms
Execution Time: 98.3 ms
"""  # noqa: E501 - as the server prints it
PLANNED = "Seq Scan on t  (cost=0.00..5.00 rows=20 width=8)"
NO_CLOCK = (
    "Seq Scan on t  (cost=0.00..5.00 rows=20 width=8) (actual rows=3 loops=1)\n"
    "Execution Time: 7.5 ms"
)
MARIADB = '{"query_block": {"select_id": 1, "table": {"table_name": "t", "rows": 9}}}'


def test_a_pasted_plan_says_where_its_time_went_and_what_to_change():
    result = read_plan(SLOW).result
    assert result.headline == (
        "It took 98.3 ms, 99.7 % of it in Seq Scan on orders, which returned 20 rows"
    )
    assert [finding.rule for finding in result.findings] == ["slow-seq-scan"]
    parts = result.sections["where the execution time went"].to_pylist()
    assert sum(row["time_ms"] for row in parts) == pytest.approx(98.3)
    assert result.series["parts"].to_pylist() == parts
    assert result.totals["execution_ms"] == 98.3


@pytest.mark.parametrize(
    ("text", "said", "caveat"),
    [
        (PLANNED, "Planned, not executed: 20 rows are expected at a cost of 5", "ANALYZE, VERBOSE"),
        (NO_CLOCK, "the times of its nodes were not measured", "EXPLAIN (ANALYZE, VERBOSE"),
        (MARIADB, "Planned, not executed: 9 rows are expected", "ANALYZE FORMAT=JSON executes"),
        ('[{"Plan": {"Node Type": "Result"}}]', "nothing is estimated, with Result on top", ""),
    ],
)
def test_what_was_not_measured_is_said_with_what_would_measure_it(text, said, caveat):
    plan = read_plan(text)
    result = report(plan)
    assert said in result.headline
    assert any(caveat in one for one in result.caveats)
    assert result.checked == ()  # "nothing wrong was found" would be a lie
    assert plan.to_text()


def test_a_fast_plan_has_nothing_to_fix():
    fast = SLOW.replace("98.", "0.")
    assert "nothing to fix" in headline(read_plan(fast))
    assert read_plan(fast).result.checked


def test_times_that_contradict_each_other_are_told():
    wrong = SLOW.replace("time=0.1..98.2", "time=0.1..9.2")
    assert any("Times disagree" in one for one in read_plan(wrong).result.caveats)


def test_what_a_damaged_text_lacks_is_told():
    cut = read_plan(SLOW.partition("Filter:")[0] + "Fil")
    lost = read_plan(SLOW.partition("  ->")[0])
    assert lost.lost
    for plan in (cut, lost):
        assert set(plan.lost) <= set(plan.result.caveats)
    assert lost.lost[0] in lost.result.headline
    assert "100" not in lost.result.headline


def test_a_plan_whose_indentation_was_restored_lacks_nothing():
    flat = read_plan("\n".join(line.strip() for line in SLOW.strip().splitlines()))
    assert flat.lost
    assert flat.result.headline == read_plan(SLOW).result.headline


def test_a_write_is_not_said_to_return_nothing():
    slow = SLOW.replace("Limit", "Update on t").replace("98.0 rows", "1.0 rows")
    written = read_plan(slow.replace("98.2 rows=20", "98.2 rows=0"))
    assert written.result.headline.endswith("of it in ModifyTable on t")
    returning = read_plan(slow)
    assert returning.result.headline.endswith("ModifyTable on t, which returned 20 rows")


def test_what_took_longer_than_every_node_is_in_the_headline():
    slow_end = read_plan(SLOW.replace("Execution Time: 98.3", "Execution Time: 400.000"))
    assert "75.5 % of it for starting and ending the execution" in slow_end.result.headline


def test_a_plan_is_printed_as_its_report():
    plan = read_plan(SLOW)
    assert str(plan) == plan.to_text()


def test_a_plan_shows_itself_and_its_repr_is_one_line():
    plan = read_plan(SLOW)
    assert repr(plan) == "<Plan: Limit, 2 nodes, 98.300 ms>"
    with capture_output() as shown:
        plan._ipython_display_()
    assert plan.result.headline[:40] in shown.stdout
    assert "<table" in plan.to_html()
    assert "<script" not in read_plan(SLOW.replace("orders", '"<script>"')).to_html()
