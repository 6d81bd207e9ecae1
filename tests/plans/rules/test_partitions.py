import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.partitions import partition_pruning


def append(made, *rows, alias="logs_{}", ms=10.0, **more):
    parts = [
        made.node(
            "Seq Scan", ms, Relation_Name=f"logs_{n}", Alias=alias.format(n + 1), Actual_Rows=got,
            Filter="(f(at) = 1)", Rows_Removed_by_Filter=500,
        )
        for n, got in enumerate(rows)
    ]  # fmt: skip
    return made("Append", ms * len(parts), *parts, Actual_Rows=sum(rows), **more)


def found(plan):
    return partition_pruning(plan, Facts())


def test_partitions_that_a_function_hides_from_the_planner_are_found_once(scans_told, scans_plan):
    plan = scans_plan("select * from logs where date_trunc('month', at) = '2025-03-01'")
    (finding,) = scans_told(plan)
    assert finding.rule == "partition-pruning"
    assert "11 of 12 partitions are read for nothing" in finding.title
    assert "pg_get_partkeydef" in finding.fix.test
    assert 0 < finding.saves_ms < plan.execution_ms


@pytest.mark.parametrize(
    "where",
    [
        "at >= '2025-03-01' and at < '2025-04-01'",
        "account % 2 = 0",
        "account = 5",
        "true",
    ],
)
def test_partitions_that_are_needed_or_left_out_are_right(scans_plan, where):
    assert found(scans_plan(f"select * from logs where {where}")) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((50, *[0] * 9), True),
        ((50, *[0] * 8), False),  # nine partitions
        ((49, *[0] * 9), False),  # so few rows may all lie in one partition by chance
        ((25, 25, *[0] * 8), True),
        ((20, 20, 20, *[0] * 7), False),  # three of ten are needed
        ((0,) * 10, False),
    ],
)
def test_rows_from_a_fifth_of_ten_partitions(scans_made, rows, expected):
    assert bool(found(append(scans_made, *rows))) is expected


def test_what_was_pruned_in_part_and_what_is_no_partition_is_left_alone(scans_made):
    rows = (500, *[0] * 11)
    assert found(append(scans_made, *rows, Subplans_Removed=3)) == []
    assert found(append(scans_made, *rows, alias="t{}")) == []
    assert found(append(scans_made, *rows, alias="{0}{0}_1")) == []
    assert found(append(scans_made, *rows, ms=0.1)) == []


def test_the_idle_ones_that_took_longest_are_shown(scans_made):
    plan = append(scans_made, 500, *[0] * 20)
    (finding,) = found(plan)
    assert len(finding.evidence) == 11
    assert finding.saves_ms == pytest.approx(200.0)
