import pytest

from perfkit.plans.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from perfkit.plans.postgres_sql import literal
from perfkit.plans.read import read_plan
from perfkit.plans.rules.indexes import Proposals, table_name


def scan(condition="(t.a = 5)", alias="t", **more):
    return {
        "Node Type": "Seq Scan", "Relation Name": "t", "Schema": "public", "Alias": alias,
        "Filter": condition, "Actual Rows": 3, "Actual Loops": 1, "Plan Rows": 3,
        "Actual Total Time": 40.0, "Actual Startup Time": 0.0, "Rows Removed by Filter": 90_000,
    } | more  # fmt: skip


def proposals(root, facts=None, **document):
    return Proposals(read_plan({"Plan": root} | document), facts or Facts())


def known(*indexes):
    columns = {name: ColumnFacts(name=name, type="bigint") for name in "ab"}
    table = TableFacts(schema="public", name="t", rows=90_000, columns=columns, indexes=indexes)
    return Facts(tables={("public", "t"): table})


def test_the_index_of_a_scan_comes_with_the_statement_that_tests_it():
    made = proposals(scan(), **{"Query Text": "select * from t where a = 5"})
    found, fix = made.fix(made.plan.root)
    assert found.columns == ("a",)
    assert "hypopg_create_index('CREATE INDEX" in fix.test
    assert "EXPLAIN\nselect * from t where a = 5" in fix.test


def test_a_statement_that_is_not_known_is_left_to_the_reader():
    made = proposals(scan("(t.a = $1)"), **{"Query Text": "select * from t where a = $1"})
    assert "-- your statement" in made.fix(made.plan.root)[1].test


def test_two_scans_of_one_table_get_their_own_indexes():
    both = scan() | {
        "Node Type": "Append", "Filter": None, "Relation Name": None, "Actual Total Time": 90.0,
        "Plans": [scan("(t.a = 5)"), scan("(t_1.b = 5)", "t_1")],
    }  # fmt: skip
    made = proposals(both)
    assert [made.of(node).columns for node in made.plan.tree[1:]] == [("a",), ("b",)]


def test_what_is_there_already_is_not_proposed_again():
    there = IndexFacts(name="i", method="btree", keys=("a",))
    made = proposals(scan(), known(there))
    found, fix = made.fix(made.plan.root)
    assert found is None
    assert fix.snippet == ""
    assert proposals(scan(), known()).of(made.plan.root).columns == ("a",)


@pytest.mark.parametrize("text", ["plain", "o'brien", "''", 'a"b'])
def test_a_literal_is_one_string(text):
    quoted = literal(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "'") == text


def test_tables_are_named_as_sql_wants_them():
    node = read_plan({"Plan": scan() | {"Schema": "My", "Relation Name": "order"}}).root
    assert table_name(node) == '"My"."order"'
