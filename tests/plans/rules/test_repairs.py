import pytest

from perfkit.plans.rules.repairs import columns_together, repair, statistics_fix


@pytest.fixture
def scan(joins_node, joins_tree):
    def plan(condition="", *, rows=5000, **more):
        return joins_tree(
            joins_node(
                "Seq Scan", 60.0, rows=rows, planned=5,
                **{"Relation Name": "users", "Schema": "Shop", "Alias": "u", "Filter": condition}
                | more,
            )
        )  # fmt: skip

    return plan


@pytest.mark.parametrize(
    ("condition", "columns"),
    [
        ("((u.a = 1) AND ((u.b)::text = 'x'::text))", ["a", "b"]),
        ("((u.a = 1) AND (u.a < 9))", []),
        ("((u.a = 1) AND (u.b = other.b))", []),
        ("((u.a = 1) OR (u.b = 2))", []),
        ("(u.a = 1)", []),
    ],
)
def test_columns_of_one_table_compared_with_constants_belong_together(scan, condition, columns):
    assert columns_together(scan(condition).root) == columns


def test_columns_that_hold_together_get_statistics_of_their_own(scan):
    plan = scan("((u.a = 1) AND (u.b = 2))")
    assert repair(plan, plan.root).snippet == (
        'CREATE STATISTICS "Shop".users_a_b_stats (dependencies, mcv) ON a, b FROM "Shop".users;\n'
        'ANALYZE "Shop".users;'
    )


@pytest.mark.parametrize("columns", [["a" * 40, "b" * 40], ["ä" * 40, "b"]])
def test_a_name_is_never_longer_than_the_server_keeps(scan, columns):
    plan = scan()
    name = statistics_fix(plan, plan.root, columns).snippet.split()[2].split(".")[1]
    assert len(name.strip('"').encode()) <= 63


def test_more_columns_than_the_server_takes_are_left_out(scan):
    plan = scan()
    fix = statistics_fix(plan, plan.root, [f"c{i}" for i in range(12)])
    assert "c7 FROM" in fix.snippet
    assert "c8" not in fix.snippet


@pytest.mark.parametrize("more", [{"rows": 0}, {"condition": "(u.a = 1)"}])
def test_other_tables_get_fresh_statistics_first(scan, more):
    plan = scan(**{"condition": "((u.a = 1) AND (u.b = 2))"} | more)
    fix = repair(plan, plan.root)
    assert fix.snippet == 'ANALYZE "Shop".users;'
    assert fix.snippet in fix.test


@pytest.mark.parametrize(
    ("kind", "word"),
    [("Function Scan", "ROWS"), ("Aggregate", "ndistinct"), ("Hash Join", "inputs")],
)
def test_nodes_without_a_table_get_the_advice_that_fits(joins_node, joins_tree, kind, word):
    plan = joins_tree(joins_node(kind, 60.0, rows=5000))
    assert word in repair(plan, plan.root).text
    assert repair(plan, plan.root).snippet == ""


def test_a_real_server_accepts_the_statements_and_estimates_rightly_then(joins_engine, joins_plan):
    sql = "select d, count(*) from places where a = 1 and b = 1 and c = 1 group by d"
    plan = joins_plan(sql)
    (node,) = [node for node in plan.tree if node.kind == "Seq Scan"]
    fix = repair(plan, node)
    with joins_engine.connect() as connection:
        connection.exec_driver_sql(
            f"begin; set local max_parallel_workers_per_gather = 0; {fix.snippet}"
        )
        found = connection.exec_driver_sql(f"explain (format json) {sql}").scalar_one()
        connection.exec_driver_sql("rollback")
    text = str(found)
    assert node.number("Plan Rows") < 1000
    assert any(f"'Plan Rows': {rows}" in text for rows in range(15_000, 25_000))


def test_a_bitmap_index_scan_is_repaired_by_the_statistics_of_its_table(scans_made):
    named = scans_made.node("Bitmap Index Scan", 20.0, Plan_Rows=1, Actual_Rows=2300)
    plan = scans_made("Bitmap Heap Scan", 22.0, named, Relation_Name="t", Schema="s")
    assert repair(plan, plan.tree[1]).snippet == "ANALYZE s.t;"
