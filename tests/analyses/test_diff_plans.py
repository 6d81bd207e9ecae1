import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.diff_plans import diff_plans
from perfkit.errors import InputError, UsageError
from perfkit.plans.read import read_plan

# Texts are as the server prints them.
INDEX = """Limit  (cost=0.29..10 rows=20 width=10) (actual time=0.02..0.20 rows=20 loops=1)
  ->  Index Scan using orders_user on orders o  (cost=0.29..20 rows=30 width=10) (actual time=0.02..0.19 rows=20 loops=1)
        Index Cond: ((created > '2024-01-01'::date) AND (user_id = 42))
        Buffers: shared hit=23
Execution Time: 0.210 ms"""  # noqa: E501
SEQ = """Limit  (cost=1000..1010 rows=20 width=10) (actual time=97.9..98.0 rows=20 loops=1)
  ->  Sort  (cost=1000..1010 rows=30 width=10) (actual time=97.8..97.9 rows=20 loops=1)
        Sort Key: o.created
        ->  Seq Scan on orders o  (cost=0.00..900 rows=30 width=10) (actual time=0.02..96.0 rows=30 loops=1)
              Filter: (user_id = 42)
              Rows Removed by Filter: 59970
              Buffers: shared hit=8271
Execution Time: 98.210 ms"""  # noqa: E501 - as the server prints it


def scan(**more):
    return {
        "Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Plan Rows": 1000,
        "Total Cost": 100.0, "Actual Rows": 1000, "Actual Loops": 1, "Actual Startup Time": 0.0,
        "Actual Total Time": 10.0, "Shared Hit Blocks": 400, "Shared Read Blocks": 0, **more,
    }  # fmt: skip


def of(node, ms=None, **more):
    return {"Plan": node, "Execution Time": ms or node.get("Actual Total Time"), **more}


def rules(a, b):
    return {finding.rule: finding for finding in diff_plans(a, b).findings}


def test_the_scan_that_flipped_is_one_row_and_explains_the_difference():
    diff = diff_plans(INDEX, SEQ, names=("staging", "production"))
    first = diff.table.iloc[0]
    assert (first["change"], first["what"]) == ("slower", "scan of orders as o")
    assert (first["type_a"], first["index_a"]) == ("Index Scan", "orders_user")
    assert first["type_b"] == "Seq Scan"
    assert diff.table["change"].tolist() == ["slower", "added", "same"]
    assert diff.headline.startswith("production takes 98.2 ms, staging 210 µs: 468 times slower")
    assert "scan of orders as o (Index Scan using orders_user -> Seq Scan)" in diff.headline
    (flip,) = diff.findings
    assert flip.rule == "plan-flip"
    assert 95 < flip.saves_ms < 96
    wanted = "CREATE INDEX CONCURRENTLY orders_user ON orders (user_id, created);"
    assert flip.fix.snippet == wanted  # equality first
    assert "indexname = 'orders_user'" in flip.fix.test


def test_what_got_faster_is_told_and_saves_nothing():
    (flip,) = diff_plans(SEQ, INDEX).findings
    assert (flip.severity, flip.saves_ms) == ("info", None)
    assert "faster" in flip.title


def test_plans_that_were_not_executed_are_compared_by_cost_and_it_is_said():
    diff = diff_plans(
        INDEX,
        {
            "Plan": {k: v for k, v in scan().items() if "Actual" not in k}
            | {"Relation Name": "orders", "Alias": "o", "Total Cost": 900.0}
        },
    )
    assert diff.totals["measure"] == "cost"
    assert "estimated at cost 900" in diff.headline
    assert any("b has no times" in caveat for caveat in diff.caveats)
    assert all(finding.saves_ms is None for finding in diff.findings)


def test_estimates_rows_blocks_memory_jit_and_settings_are_told():
    slow = {"Actual Total Time": 50.0}
    assert "more-blocks" in rules(of(scan()), of(scan(**slow, **{"Shared Hit Blocks": 4000})))
    data = rules(of(scan()), of(scan(**slow, **{"Actual Rows": 50_000, "Plan Rows": 50_000})))
    assert data["different-data"].title == "b reads 50,000 rows of t, a 1,000: 50 times more"
    wrong = rules(of(scan()), of(scan(**slow, **{"Plan Rows": 10})))
    assert wrong["estimates-worse"].fix.snippet == "ANALYZE t;"
    jit = {"JIT": {"Functions": 3, "Timing": {"Total": 30.0}}}
    assert rules(of(scan()), of(scan(**slow), **jit))["jit-appeared"].saves_ms == 30
    settings = rules(of(scan()), of(scan(), Settings={"work_mem": "1MB", "x'; drop": "y'"}))
    assert settings["settings-differ"].severity == "info"
    assert "drop" not in settings["settings-differ"].fix.snippet
    sort = {"Node Type": "Sort", "Sort Key": ["a"], "Sort Space Used": 9000, "Plan Rows": 1000,
            "Sort Space Type": "Disk", "Sort Method": "external merge", "Actual Rows": 1000,
            "Actual Loops": 1, "Actual Total Time": 50.0}  # fmt: skip
    small = sort | {"Sort Space Type": "Memory", "Sort Method": "quicksort"}
    spilled = rules(of(small | {"Plans": [scan()]}), of(sort | {"Plans": [scan()]}))
    assert "8.79 MB" in spilled["spill-appeared"].title


def test_a_time_alone_is_no_finding():
    diff = diff_plans(of(scan()), of(scan(**{"Actual Total Time": 50.0})))
    assert not diff.findings
    assert "5.0 times slower" in diff.headline
    assert any("single execution" in caveat for caveat in diff.caveats)


def test_plans_that_do_not_compare_are_refused_in_a_sentence():
    other = of(scan(**{"Relation Name": "u", "Alias": "u"}))
    with pytest.raises(UsageError, match="no table in common"):
        diff_plans(of(scan()), other)
    mariadb = {"query_block": {"select_id": 1, "table": {"table_name": "t", "access_type": "ALL"}}}
    with pytest.raises(UsageError, match="a plan of PostgreSQL, b of MariaDB"):
        diff_plans(of(scan()), mariadb)
    assert not diff_plans(mariadb, mariadb).findings
    with pytest.raises(InputError):
        diff_plans(of(scan()), "nothing")
    with pytest.raises(UsageError, match="names"):
        diff_plans(of(scan()), of(scan()), names=("x", "x"))


def test_other_statements_with_a_table_in_common_get_a_caveat():
    a = of(scan()) | {"Query Text": "select 1 from t"}
    b = of(scan()) | {"Query Text": "select 2, 3 from t"}
    assert any("different statements" in caveat for caveat in diff_plans(a, b).caveats)


def test_what_has_a_plan_and_other_aliases_are_matched():
    class Held:
        plan = read_plan(of(scan()))

    diff = diff_plans(Held(), of(scan(Alias="t_1")))
    assert diff.table["change"].tolist() == ["same"]
    assert diff.plan_a is Held.plan


NODES = st.recursive(
    st.builds(
        lambda name, ms: scan(**{"Relation Name": name, "Alias": name, "Actual Total Time": ms}),
        st.sampled_from("abc"),
        st.floats(0, 50),
    ),
    lambda below: st.builds(
        lambda kind, plans: {
            "Node Type": kind, "Plans": plans, "Plan Rows": 1, "Total Cost": 999.0,
            "Actual Rows": 1, "Actual Loops": 1, "Actual Startup Time": 0.0,
            "Actual Total Time": 1 + sum(plan["Actual Total Time"] for plan in plans),
        },
        st.sampled_from(["Hash Join", "Nested Loop", "Append", "Sort"]),
        st.lists(below, min_size=1, max_size=3),
    ),
    max_leaves=12,
)  # fmt: skip


@given(NODES, NODES)
def test_every_node_is_in_one_row_and_the_rows_add_up(a, b):
    plans = read_plan(of(copy.deepcopy(a))), read_plan(of(copy.deepcopy(b)))
    try:
        diff = diff_plans(*plans)
    except UsageError:
        return
    for side, plan in zip("ab", plans, strict=True):
        nodes = [node for node in diff.arrow[f"node_{side}"].to_pylist() if node is not None]
        assert sorted(nodes) == list(range(len(plan.tree)))
    whole = sum(plans[1].times.self_ms) - sum(plans[0].times.self_ms)
    assert sum(diff.arrow["delta_ms"].to_pylist()) == pytest.approx(whole, abs=1e-6)


@given(NODES)
def test_a_plan_does_not_differ_from_itself(node):
    diff = diff_plans(of(copy.deepcopy(node)), of(copy.deepcopy(node)))
    assert set(diff.arrow["change"].to_pylist()) == {"same"}
    assert not diff.findings
