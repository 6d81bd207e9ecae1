import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans import rules
from perfkit.plans.read import read_plan


def found(plan):
    return [finding.rule for finding in rules.findings(plan)]


def node(kind, ms, *below, loops=1, rows=1, planned=1, **more):
    return {
        "Node Type": kind, "Actual Total Time": ms, "Actual Startup Time": 0.0,
        "Actual Loops": loops, "Actual Rows": rows, "Plan Rows": planned, "Plans": list(below),
    } | more  # fmt: skip


def scan(ms, *, kept=10, removed=99_990, **more):
    return node(
        "Seq Scan", ms, rows=kept, planned=kept,
        **{"Relation Name": "orders", "Filter": "(user_id = 5)", "Rows Removed by Filter": removed},
        **more,
    )  # fmt: skip


def plan(root):
    return read_plan({"Plan": root})


def test_a_scan_that_throws_most_away_is_found_with_its_index():
    (finding,) = rules.findings(plan(scan(80.0)))
    assert finding.rule == "slow-seq-scan"
    assert finding.severity == "critical"
    assert finding.saves_ms == pytest.approx(80.0, rel=0.01)
    assert (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_user_id_idx ON orders (user_id);"
        in finding.fix.snippet
    )
    assert finding.confidence == "medium"
    assert "Not proven" in finding.fix.text


@pytest.mark.parametrize(
    "root",
    [
        scan(80.0, kept=90_000, removed=10_000),  # an export
        scan(80.0, kept=20_000, removed=80_000),  # keeps too much
        scan(80.0, kept=1, removed=900),  # a tiny table
        scan(4.0),  # nobody waits
        node("Sort", 200.0, scan(6.0)),  # 3 % of the whole
        scan(80.0, loops=0),
    ],
)
def test_scans_that_are_right_or_do_not_matter_are_left_alone(root):
    assert "slow-seq-scan" not in found(plan(root))


def test_rows_of_a_parallel_scan_are_those_of_all_processes():
    root = node(
        "Gather",
        60.0,
        scan(58.0, kept=3, removed=4_000, **{"Parallel Aware": True}) | {"Actual Loops": 3},
    )
    (finding,) = rules.findings(plan(root))
    assert finding.evidence[0]["rows_read"] == 12_009


def test_a_scan_with_no_usable_column_names_no_index():
    root = scan(80.0) | {"Filter": "(note <> 'x'::text)"}
    (finding,) = rules.findings(plan(root))
    assert finding.fix.snippet == ""


def test_a_sort_on_disk_is_found_on_a_real_server(plan_of):
    sql = "select * from orders order by note, total"
    assert "sort-spill" in found(plan_of(sql, "work_mem = '256kB'"))
    assert "sort-spill" not in found(plan_of(sql, "work_mem = '256MB'"))


def test_a_nested_loop_chosen_by_mistake_is_found_and_the_estimate_below_blamed_once():
    outer = node("Seq Scan", 10.0, rows=50_000, planned=3, **{"Relation Name": "users"})
    inner = node("Index Scan", 0.01, loops=50_000, **{"Relation Name": "orders"})
    got = rules.findings(
        plan(node("Nested Loop", 520.0, outer, inner, rows=50_000, planned=50_000))
    )
    assert [finding.rule for finding in got] == ["nl-misestimate"]
    assert got[0].fix.snippet == "ANALYZE users;"


def test_a_wrong_estimate_is_reported_at_its_lowest_node():
    low = node(
        "Seq Scan", 60.0, rows=5000, planned=5,
        **{"Relation Name": "users", "Filter": "(name > 'x'::text)"},
    )  # fmt: skip
    got = rules.findings(plan(node("Aggregate", 100.0, low, rows=5000, planned=5)))
    assert [(f.rule, f.evidence[0]["node_type"]) for f in got] == [("row-estimate", "Seq Scan")]


def test_rows_that_a_limit_cut_short_are_no_wrong_estimate():
    low = node("Seq Scan", 60.0, rows=5, planned=5000, **{"Relation Name": "users"})
    assert found(plan(node("Limit", 61.0, low, rows=5, planned=5))) == []


def test_below_five_ms_there_is_nothing_to_fix():
    assert found(plan(scan(4.9))) == []


def test_a_plan_without_times_says_nothing():
    assert found(read_plan({"Plan": {"Node Type": "Seq Scan", "Relation Name": "orders"}})) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders where id = 5",
        "select * from orders",
        "select count(*) from orders",
        "select * from orders where total > 100",
        "select status, count(*) from orders group by 1",
        "select * from orders order by id limit 20",
        "select * from orders o join users u on u.id = o.user_id",
    ],
)
def test_statements_that_are_as_fast_as_they_can_be_get_no_advice(plan_of, sql):
    assert found(plan_of(sql, "work_mem = '64MB'")) == []


_COUNTS = st.sampled_from([0, 1, 20, 1500, 10**5, 10**7])
_FIELDS = (
    "Actual Rows", "Plan Rows", "Rows Removed by Filter", "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck", "Heap Fetches", "Shared Hit Blocks", "Shared Read Blocks",
    "Lossy Heap Blocks", "Exact Heap Blocks", "Index Searches", "Plan Width",
)  # fmt: skip
_KINDS = (
    "Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Limit", "Sort", "Append",
    "Nested Loop", "Hash Join", "Hash", "Gather Merge", "Aggregate",
)  # fmt: skip
_CONDITIONS = (
    "(t.a = 5)", "(lower(t.a) = 'x'::text)", "((t.a)::numeric = 5.0)", "(t.a ~~ '%xyz%'::text)",
    "((t.a = 1) OR (t.b = 2))", "(t.a <> 1)", "(((", "",
)  # fmt: skip


@st.composite
def trees(draw, depth=0):
    below = draw(st.lists(trees(depth + 1), max_size=3)) if depth < 3 else []
    spent = sum(one["Actual Total Time"] * one["Actual Loops"] for one in below)
    loops = draw(st.sampled_from([0, 1, 1, 3, 2000]))
    own = draw(st.sampled_from([0.0, 1.0, 30.0, 400.0]))
    counts = {field: draw(_COUNTS) for field in draw(st.sets(st.sampled_from(_FIELDS)))}
    return {
        "Node Type": draw(st.sampled_from(_KINDS)), "Relation Name": "t", "Alias": "t_1",
        "Filter": draw(st.sampled_from(_CONDITIONS)), "Sort Key": ["t_1.a"],
        "Actual Startup Time": 0.0, "Actual Total Time": (spent + own) / max(loops, 1),
        "Actual Loops": loops, "Plans": below,
    } | counts  # fmt: skip


@given(trees())
def test_whatever_a_plan_says_no_rule_fails_or_saves_more_than_was_spent(root):
    whole = plan(root)
    for finding in rules.findings(whole):
        assert finding.title
        assert finding.fix.text
        assert finding.saves_ms is None or 0 <= finding.saves_ms <= whole.execution_ms * 1.001
        assert finding.saves_ms is None or finding.saves_basis == "per execution"
