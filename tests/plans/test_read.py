import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.errors import BadRecord, EmptyInput, InputError, UnknownFormat
from perfkit.lab import binaries
from perfkit.plans import read
from perfkit.plans.read import read_plan

DATA = Path(__file__).parents[3] / "shared" / "data" / "logs" / "ae_json.log.gz"
SQL = "select status, count(*) from orders where user_id = 5 group by 1"
SCAN = {"Node Type": "Seq Scan", "Relation Name": "orders"}


def kinds(plan):
    return [node.kind for node in plan.tree]


def test_a_document_reads_the_same_decoded_and_as_text(run):
    document = run(SQL)
    for given_as in (document, document[0], json.dumps(document), json.dumps(document).encode()):
        plan = read_plan(given_as)
        assert kinds(plan) == kinds(read_plan(document))
        assert plan.execution_ms == document[0]["Execution Time"]


@pytest.mark.parametrize("style", ["ascii", "unicode", "old-ascii"])
@pytest.mark.parametrize("border", [0, 1, 2])
def test_what_psql_prints_is_read_with_its_borders(plans_engine, style, border):
    url = plans_engine.url
    printed = subprocess.run(
        [
            binaries.find().bin / "psql", "-X", "-U", "postgres", "-h", url.query["host"],
            "-P", f"linestyle={style}", "-P", f"border={border}",
            "-c", f"explain (analyze, format json) {SQL}", url.database,
        ],
        capture_output=True, text=True, check=True, timeout=30, env={"LC_ALL": "C.UTF-8"},
    ).stdout  # fmt: skip
    assert "QUERY PLAN" in printed
    plan = read_plan(printed)
    assert plan.tree[-1].relation == "orders"
    assert plan.tree[-1].condition == "(user_id = 5)"


def test_doubled_quotes_of_pgadmin_are_undone(run):
    document = run(SQL)
    pasted = '"' + json.dumps(document, indent=2).replace('"', '""') + '"'
    assert kinds(read_plan(pasted)) == kinds(read_plan(document))


@pytest.mark.skipif(not DATA.exists(), reason="the real auto_explain log is not here")
def test_plans_of_a_real_log_are_read_with_their_log_line_and_their_statement():
    text = gzip.decompress(DATA.read_bytes()).decode()
    entries = re.findall(r"^\d{4}-.* plan:\n(?:\t.*\n)+", text, re.MULTILINE)
    assert len(entries) > 200
    for entry in entries:
        plan = read_plan(entry)
        assert plan.statement
        assert plan.timed
        assert plan.execution_ms == plan.root.number("Actual Total Time")
        assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03, abs=0.002)


def test_several_plans_are_not_silently_one():
    with pytest.raises(InputError, match="2 plans"):
        read_plan([{"Plan": SCAN}, {"Plan": SCAN}])
    with pytest.raises(InputError, match="2 plans"):
        read_plan('x {"Plan": {"Node Type": "Result"}}\ny {"Plan": {"Node Type": "Result"}}')


@pytest.mark.parametrize(
    ("given_as", "error", "said"),
    [
        ("", EmptyInput, "empty"),
        ("hello", UnknownFormat, "no complete plan"),
        ("[]", UnknownFormat, "no plan in JSON"),
        ("3", UnknownFormat, "no plan in JSON"),
        ('[{"Plan": {"Node Type": "Result"', UnknownFormat, "no complete plan"),
        ("  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)", UnknownFormat, "no complete"),
        ('{"Plan": {}}', BadRecord, "node 0 has no 'Node Type'"),
        ({"Plan": SCAN | {"Plans": [3]}}, BadRecord, "node 1"),
        ({"Plan": SCAN | {"Plans": 3}}, BadRecord, "'Plans' of node 0"),
        ({"Plan": SCAN | {"Actual Loops": "x"}}, BadRecord, "'Actual Loops' of node 0 is 'x'"),
        ({"Plan": SCAN | {"Plan Rows": -1}}, BadRecord, "not a number"),
        ('{"Plan": {"Node Type": "Result", "Plan Rows": NaN}}', BadRecord, "not a number"),
        ('{"Plan": {"Node Type": "Result", "Plan Rows": 1e999}}', BadRecord, "not a number"),
        ("[" * 100_000, InputError, "nested deeper"),
        (" " * (read.MAX_BYTES + 1), InputError, "larger than"),
    ],
)
def test_what_is_no_plan_is_said_in_one_sentence(given_as, error, said):
    with pytest.raises(error, match=said) as caught:
        read_plan(given_as)
    assert "\n" not in caught.value.message


def test_depth_and_number_of_nodes_are_bounded():
    deep = SCAN
    for _ in range(read.MAX_DEPTH + 1):
        deep = {"Node Type": "Result", "Plans": [deep]}
    with pytest.raises(InputError, match="nested deeper"):
        read_plan({"Plan": deep})
    with pytest.raises(InputError, match="more than 20,000 nodes"):
        read_plan({"Plan": {"Node Type": "Append", "Plans": [SCAN] * 20_001}})
    assert (
        len(read_plan({"Plan": {"Node Type": "Append", "Plans": [SCAN] * 19_999}}).tree) == 20_000
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
)
KEYS = st.sampled_from(
    ["Node Type", "Plans", "Actual Loops", "Actual Total Time", "Workers", "Subplan Name",
     "Parent Relationship", "Filter", "Sort Key", "Plan Rows", "Relation Name", "Output"]
)  # fmt: skip
NODES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=6),
    lambda inner: st.dictionaries(KEYS, VALUES, max_size=4).flatmap(
        lambda node: st.lists(inner, max_size=3).map(
            lambda below: {"Node Type": "Gather"} | node | {"Plans": below}
        )
    ),
)


@settings(deadline=None)  # the first example imports pandas
@given(NODES)
def test_any_document_is_a_plan_or_an_error_of_ours(node):
    try:
        plan = read_plan({"Plan": node})
    except InputError:
        return
    assert plan.nodes.shape[0] == len(plan.tree)
    assert plan.shape_id == read_plan({"Plan": node}).shape_id
