"""EXPLAIN's text against its JSON, from a real server."""

import gzip
import re
from pathlib import Path

import pytest

from perfkit.plans.read import read_plan
from perfkit.plans.text_plan import text_document

DATA = Path(__file__).parents[3] / "shared" / "data" / "logs" / "ae_text.log.gz"
KEYS = (
    "Node Type", "Parent Relationship", "Subplan Name", "Strategy", "Partial Mode", "Join Type",
    "Relation Name", "Alias", "Schema", "Index Name", "Filter", "Index Cond", "Hash Cond",
    "Merge Cond", "Join Filter", "Sort Key", "Group Key", "Sort Method", "CTE Name",
    "Function Name", "Operation", "Plan Rows", "Plan Width", "Total Cost", "Workers Planned",
)  # fmt: skip
STATEMENTS = {
    "filter": "select * from orders where user_id = 5 and note <> '(y, z)' order by total limit 3",
    "aggregate": "select status, count(*), (select max(id) from users) from orders group by 1",
    "cte": """with x as materialized (select * from orders where total > 50000)
        select u.name, (select count(*) from x where x.user_id = u.id)
        from users u left join x y on y.user_id = u.id where u.id < 9""",
    "anti": "select * from users u where not exists (select from orders o where user_id = u.id)",
    "append": "select id from users where id in (1, 2) union all select total from orders",
    "recursive": """with recursive r(i) as (select 1 union all select i + 1 from r where i < 5)
        select * from r join generate_series(1, 3) g on g = i""",
    "update": "update users set name = name where id between 3 and 8",
    "values": "select * from (values (1, 'a')) v(i, t) join users on id = i order by lower(t), -id",
    "initplan": "select name from users where id = any(array(select user_id from orders limit 3))",
}


def described(plan):
    return [(node.parent_id, *(node.properties.get(key) for key in KEYS)) for node in plan.tree]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("settings", [(), ("enable_hashjoin=off", "enable_hashagg=off")])
def test_text_holds_the_same_plan_as_json(run, plans_engine, statement, settings):
    expected = read_plan(run(statement, *settings))
    with plans_engine.connect() as connection:
        for setting in settings:
            connection.exec_driver_sql(f"set {setting}")
        printed = connection.exec_driver_sql(
            f"explain (analyze, verbose, buffers) {statement}",
            execution_options={"no_parameters": True},
        ).scalars()
        text = "\n".join(printed)
        connection.exec_driver_sql("reset all")
    plan = read_plan(text)
    assert described(plan) == described(expected)
    assert plan.execution_ms
    assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03, abs=0.01)


@pytest.mark.skipif(not DATA.exists(), reason="the real auto_explain log is not here")
def test_text_plans_of_a_real_log_are_read_with_their_statement():
    text = gzip.decompress(DATA.read_bytes()).decode()
    entries = re.findall(r"^\d{4}-.* plan:\n(?:\t.*\n)+", text, re.MULTILINE)
    assert len(entries) > 800
    for entry in entries:
        plan = read_plan(entry)
        assert plan.statement
        assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03, abs=0.002)


def test_a_schema_that_only_the_statement_names_is_known():
    text = (
        "Query Text: SELECT * FROM crm.notes n\nSeq Scan on notes n  (cost=0.00..1 rows=1 width=4)"
    )
    assert read_plan(text).root.qualified == "crm.notes"
    assert read_plan(text.replace("crm.notes", "notes")).root.qualified == "notes"


def test_frames_of_psql_do_not_hide_the_indentation():
    rows = (
        "Limit  (cost=0.00..1.00 rows=1 width=4)",
        "  ->  Seq Scan on t  (cost=0.00..1 rows=1 width=4)",
        "        Filter: (a = 1)",
    )
    plan = read_plan("".join(f" | {row:<60} |\n" for row in rows) + "(3 rows)\n")
    assert [node.kind for node in plan.tree] == ["Limit", "Seq Scan"]
    assert plan.tree[1].condition == "(a = 1)"


@pytest.mark.parametrize(
    "text", ["", "Seq Scan on t", "  ->  Result  (cost=0.00..1 rows=1 width=0)"]
)
def test_text_without_the_first_node_is_no_plan(text):
    assert text_document(text) is None
