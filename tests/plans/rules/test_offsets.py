import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.offsets import large_offset


def page(made, rows, returned, ms=80.0, startup=0.0, **more):
    below = made.node("Index Scan", ms, Actual_Rows=rows, Actual_Startup_Time=startup)
    return made("Limit", ms, below, Actual_Rows=returned, **more)


def found(plan):
    return large_offset(plan, Facts())


def test_a_page_far_behind_is_found(scans_told, scans_plan):
    (finding,) = scans_told(scans_plan("select * from events order by id offset 150000 limit 20"))
    assert finding.rule == "large-offset"
    assert "skips 150,000 rows to return 20" in finding.title
    assert [row["node"] for row in finding.evidence] == [0, 1]
    assert 0 < finding.saves_ms < sum(row["self_ms"] for row in finding.evidence)
    assert finding.confidence == "high"


@pytest.mark.parametrize(
    "sql",
    [
        "select * from events order by id limit 20",
        "select * from events order by id offset 40 limit 20",
        "select * from events order by id limit 100000",
        "select * from events order by id offset 100000 limit 60000",
    ],
)
def test_first_pages_and_large_pages_are_right(scans_told, scans_plan, sql):
    assert scans_told(scans_plan(sql)) == []


@pytest.mark.parametrize(
    ("rows", "returned", "expected"),
    [(1111, 111, True), (1110, 111, False), (1000, 1, False), (1001, 1, True), (5000, 0, True)],
)
def test_a_thousand_rows_and_nine_tenths_must_be_skipped(scans_made, rows, returned, expected):
    assert bool(found(page(scans_made, rows, returned))) is expected


def test_what_a_sort_takes_before_its_first_row_is_not_the_offsets(scans_made):
    assert found(page(scans_made, 5000, 20, startup=79.0)) == []
    (finding,) = found(page(scans_made, 2000, 0, startup=40.0))
    assert finding.saves_ms == 40.0


def test_a_limit_without_times_or_children_says_nothing(scans_made):
    assert found(scans_made("Limit")) == []
    below = {"Node Type": "Seq Scan", "Actual Rows": 9000, "Actual Loops": 1}
    assert found(scans_made("Limit", 80.0, below)) == []
