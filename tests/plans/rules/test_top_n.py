import pytest

from perfkit.plans.facts import Facts
from perfkit.plans.rules.top_n import top_n_without_index


def top(made, rows=10_000, wanted=100, keys=("a",), below=None, **more):
    scan = below or made.node(Relation_Name="t", Alias="t", Actual_Rows=rows)
    sort = made.node("Sort", 95.0, scan, Sort_Key=list(keys), Actual_Rows=wanted)
    return made("Limit", 96.0, sort, Actual_Rows=wanted, **more)


def found(plan):
    return top_n_without_index(plan, Facts())


def test_sorting_a_table_for_its_first_rows_is_found(scans_told, scans_plan):
    plan = scans_plan("select * from events order by seen desc limit 10")
    (finding,) = scans_told(plan)
    assert finding.rule == "top-n-without-index"
    assert "sorting 200,000 rows of public.events" in finding.title
    assert [row["node"] for row in finding.evidence] == [1, 2]
    assert finding.saves_ms <= sum(row["self_ms"] for row in finding.evidence)


def test_sorting_a_joined_table_is_found_with_less_confidence(scans_plan):
    sql = "select * from events e join accounts a on a.id = e.account order by e.seen desc limit 10"
    (finding,) = found(scans_plan(sql))
    assert finding.confidence == "low"
    assert finding.keys == {"table": "public.events"}


def test_workers_that_sort_are_one_sort(scans_told, scans_plan):
    workers = ("max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0",
               "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0")  # fmt: skip
    plan = scans_plan("select * from events order by seen desc limit 10", *workers)
    assert any(node.kind == "Gather Merge" for node in plan.tree)
    (finding,) = scans_told(plan)
    assert "sorting 200,000 rows" in finding.title


def test_an_order_that_an_index_has_already_is_not_proposed_again(scans_plan, scans_facts):
    plan = scans_plan("select * from events order by id limit 10", "enable_indexscan = off")
    assert plan.tree[1].kind == "Sort"
    assert found(plan)
    assert top_n_without_index(plan, scans_facts("events")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from events order by id desc limit 10",
        "select * from events order by seen limit 5000",
        "select owner, count(*) from events group by owner order by 2 desc limit 3",
        "select * from events order by length(note), id limit 10",
        "select * from tiny order by name limit 5",
        "select * from events where code < 500 order by seen limit 5",
        "select * from events e join accounts a on a.id = e.account order by a.name, e.id limit 9",
    ],
)
def test_orders_that_no_index_or_an_index_gives_are_right(scans_plan, sql):
    assert found(scans_plan(sql, "work_mem = '64MB'")) == []


def test_a_scan_that_throws_most_away_is_told_once_with_the_order_in_its_index(
    scans_told, scans_plan
):
    plan = scans_plan("select * from events where account = 5 order by seen desc limit 1")
    assert [one.rule for one in scans_told(plan)] == ["slow-seq-scan"]


@pytest.mark.parametrize(
    ("rows", "wanted", "expected"),
    [(10_000, 100, True), (9999, 10, False), (10_000, 101, False)],
)
def test_one_per_cent_of_ten_thousand_rows(scans_made, rows, wanted, expected):
    assert bool(found(top(scans_made, rows, wanted))) is expected


def test_a_sort_for_nobodys_limit_and_quick_ones_are_left_alone(scans_made):
    sort = top(scans_made).tree[1]
    below = scans_made.node(Relation_Name="t", Actual_Rows=50_000)
    assert found(scans_made("Sort", 90.0, below, Sort_Key=["a"])) == []
    assert found(scans_made("Aggregate", 99.0, dict(sort.properties) | {"Plans": [below]})) == []
    assert found(top(scans_made, whole=2000.0)) == []


def test_joins_that_drop_rows_or_come_from_the_other_side_are_left_alone(scans_made):
    scan = scans_made.node(Relation_Name="t", Alias="t", Actual_Rows=90_000)
    inner = scans_made.node("Hash", 5.0)
    for join, rows in (("Inner", 40_000), ("Right", 90_000), ("Semi", 90_000)):
        joined = scans_made.node("Hash Join", 90.0, scan, inner, Join_Type=join, Actual_Rows=rows)
        assert found(top(scans_made, below=joined, keys=["t.a"])) == []
    joined = scans_made.node("Hash Join", 90.0, scan, inner, Join_Type="Left", Actual_Rows=90_000)
    assert found(top(scans_made, below=joined, keys=["t.a"]))
    assert found(top(scans_made, below=joined, keys=["u.a"])) == []


def test_workers_do_not_multiply_what_the_limit_wants(scans_told, scans_plan):
    workers = ("max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0",
               "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0")  # fmt: skip
    (finding,) = scans_told(
        scans_plan("select * from events order by seen desc limit 10", *workers)
    )
    assert "LIMIT wants 10 of them" in finding.title


def parts(made, *named, rows=5000):
    below = [
        made.node(ms=40.0, Relation_Name=name, Alias=alias, Actual_Rows=rows)
        for name, alias in named
    ]
    return made.node("Append", 90.0, *below, Actual_Rows=rows * len(below))


def test_partitions_sorted_for_their_first_rows_are_one_table(scans_made):
    both = parts(scans_made, ("log_old", "log_1"), ("log_new", "log_2"))
    (finding,) = found(top(scans_made, keys=("log.a DESC",), below=both))
    assert "sorting 10,000 rows of 2 partitions such as log_old" in finding.title
    assert finding.saves_ms == pytest.approx((95 - 90 + 80) * 0.99)
    assert len(finding.evidence) == 3


@pytest.mark.parametrize(
    "named",
    [
        [("orders", "orders"), ("orders", "orders_1")],  # UNION ALL of a table with itself
        [("orders", "orders"), ("bills", "bills")],
        [(None, "log_1"), (None, "log_2")],
    ],
)
def test_other_rows_put_together_have_no_index_in_common(scans_made, named):
    below = parts(scans_made, *named)
    assert found(top(scans_made, keys=("orders.a",), below=below)) == []
