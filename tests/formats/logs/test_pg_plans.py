import json

import numpy as np
import pytest

from perfkit.fingerprint import fingerprint, fingerprint_id
from perfkit.formats.logs.pg_plans import read_plans, unread_plans
from perfkit.plans.read import read_plan

ROOT = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)"


@pytest.fixture
def read(records):
    """Read the bodies of plans, each a record of its own; a tuple adds a second record."""

    def plans(*bodies, context=()):
        lines = []
        for n, body in enumerate(bodies):
            lines.append((n, f"duration: 5 ms  plan:\n{body}"))
            lines += [(n, f"CONTEXT:  {context[n]}")] if n < len(context) and context[n] else []
        found = records(*lines)
        rows = np.flatnonzero(found.owner == np.arange(len(found.start)))
        text = found.text[rows] + len("duration: 5 ms  plan:")
        return read_plans(found, rows, np.full(len(rows), 5.0), text)

    return plans


@pytest.mark.parametrize(
    ("body", "statement"),
    [
        (json.dumps({"Query Text": " select 1 ", "Plan": {}}), "select 1"),
        (json.dumps({"Plan": {}}), None),
        (json.dumps({"Query Text": "", "Plan": {}}), None),
        (f"Query Text: select a\nfrom t\n{ROOT}", "select a\nfrom t"),
        (f"Query Text: select $1\nQuery Parameters: $1 = '5'\n{ROOT}", "select $1"),
        (ROOT, None),
    ],
)
def test_a_plan_names_its_statement_where_it_can(read, body, statement):
    found = read(body)
    assert found.statement.to_pylist() == [statement]
    (row,) = found.table.to_pylist()
    assert row["plan"] == body
    assert row["duration_ms"] == 5.0
    assert row["fingerprint_id"] == (statement and fingerprint_id(fingerprint(statement)))
    assert found.outermost.tolist() == [statement is not None]


DEEP = '{"Plan": ' + "[" * 20_000


@pytest.mark.parametrize(
    "body", [DEEP, '{"Query Text": "sel', '{"Plan"', "Query Text: select a\nfrom"]
)
def test_a_plan_that_is_cut_off_is_broken_and_the_others_stay(read, body):
    found = read(ROOT, body, ROOT)
    assert found.broken.tolist() == [1]
    assert found.record.tolist() == [0, 2]
    assert len(found.duration_ms) == found.table.num_rows == 2


CUT = json.dumps({"Query Text": "select 1", "Plan": {"Node Type": "Sort", "Plans": [{"x": 1}]}})


@pytest.mark.parametrize(
    "body",
    [
        CUT[:-9],
        CUT[:75],
        f"Query Text: select 1\n{ROOT[:31]}",
        f"Query Text: select 1\n{ROOT}\n  F",
    ],
)
def test_what_is_there_of_a_plan_that_is_cut_off_is_kept(read, body):
    found = read(ROOT, body)
    assert found.broken.tolist() == []
    assert found.statement.to_pylist() == [None, "select 1"]
    kept = found.table["plan"].to_pylist()[1]
    assert kept == body
    assert read_plan(kept).root.kind in {"Sort", "Seq Scan"}


def test_plans_in_yaml_and_xml_are_counted(read):
    yaml = 'Query Text: "select 1"\nPlan:\n  Node Type: "Result"\n'
    xml = "<explain xmlns='x'>\n<Query-Text>select 2</Query-Text>\n</explain>"
    bare = 'Plan:\n  Node Type: "Result"'
    found = read(ROOT, yaml, json.dumps({"Plan": {}}), xml, bare, f"Query Text: Plan:\n{ROOT}")
    assert unread_plans(found.table) == 3
    assert unread_plans(found.table.slice(0, 0)) == 0


def test_a_plan_with_a_context_is_part_of_another_statement(read):
    body = json.dumps({"Query Text": "select 1", "Plan": {}})
    found = read(body, body, context=("PL/pgSQL function f() line 3", ""))
    assert found.outermost.tolist() == [False, True]
    assert found.table.num_rows == 2


def test_text_like_a_root_inside_the_statement_is_not_the_plan(read):
    body = f"Query Text: select '\n  {ROOT}'\n{ROOT}"
    assert read(body).statement.to_pylist() == [f"select '\n  {ROOT}'"]


def test_no_plans_are_an_empty_table(read, records):
    found = records("a message")
    none = np.zeros(0, np.int64)
    got = read_plans(found, none, np.zeros(0), none)
    assert (got.table.num_rows, len(got.statement), len(got.outermost)) == (0, 0, 0)
