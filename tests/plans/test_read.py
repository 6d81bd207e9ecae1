import contextlib
import gzip
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.errors import BadRecord, EmptyInput, InputError, PerfkitError, UnknownFormat
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
        ("hello", UnknownFormat, "no plan in the text"),
        ("[]", UnknownFormat, "no plan in JSON"),
        ("3", UnknownFormat, "no plan in JSON"),
        ('[{"Plan": {"Node Type": "Res', UnknownFormat, "no plan in the text"),
        ('<explain xmlns="x"><Node-Type>Result</Node-Type>', UnknownFormat, "XML, which is not"),
        ('- Plan:\n    Node Type: "Result"\n    Parallel Aware: false', UnknownFormat, "YAML"),
        ("Result\n\nResult\n", InputError, "2 plans"),
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


def test_rows_that_a_client_exported_as_json_are_read(run):
    document = run(SQL)
    assert kinds(read_plan(json.dumps([{"QUERY PLAN": document}]))) == kinds(read_plan(document))
    assert kinds(read_plan([{"QUERY PLAN": json.dumps(document)}])) == kinds(read_plan(document))
    rows = ["Limit  (cost=0.00..1.00 rows=1 width=4)", "  ->  Seq Scan on t  (cost=0.00..1.00 rows"]
    plan = read_plan(json.dumps([{"QUERY PLAN": row} for row in rows]))
    assert kinds(plan) == ["Limit", "Seq Scan"]


@pytest.mark.parametrize("indent", [None, 2])
def test_json_that_ends_early_is_read_as_far_as_it_goes(run, indent):
    text = json.dumps(run(SQL), indent=indent)
    whole = read_plan(text)
    seen = set()
    for end in range(len(text) // 3, len(text) - 3, 7):
        plan = read_plan(text[:end])
        assert kinds(plan) == kinds(whole)[: len(plan.tree)]
        assert plan.lost[0].endswith("cut off.")
        seen.add(len(plan.tree))
    assert max(seen) == len(whole.tree)


def test_a_plan_of_another_system_says_so():
    tree = (
        "-> Limit: 20 row(s)  (cost=2.1 rows=20) (actual time=0.1..0.2 rows=3 loops=1)\n"
        "    -> Table scan on t  (cost=2.1 rows=20) (actual time=0.1..0.2 rows=3 loops=1)\n"
    )
    assert read_plan(tree).system == "mysql"
    assert read_plan({"Plan": SCAN}).system == "postgresql"
    block = {"query_block": {"select_id": 1, "table": {"table_name": "t", "access_type": "ALL"}}}
    assert read_plan(json.dumps(block)).system == "mariadb"
    assert read_plan(block).system == "mariadb"


PASTED = """\
Sort  (cost=3.45..3.50 rows=32 width=224) (actual time=0.532..0.611 rows=10 loops=1)
  Sort Key: a.b DESC, 'c, "d'
  Sort Method: quicksort  Memory: 25kB
  Worker 0:  actual time=0.1..0.2 rows=1 loops=1
    Buffers: shared hit=3
  InitPlan 1 (returns $0)
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (never executed)
  ->  Hash Join  (cost=1.09..32.08 rows=32 width=224) (actual time=0.1..0.2 rows=0 loops=1)
        ->  Seq Scan on "a b"."c(d)" e  (cost=0.00..29.84 rows=64 width=73)
        ->  Hash  (cost=1.07..1.07 rows=2 width=68) (actual time=0.062..0.062 rows=2 loops=1)
              Buckets: 1024 (originally 512)  Batches: 1 (originally 1)  Memory Usage: 9kB
Settings: work_mem = '1MB', search_path = '"$user", public'
Planning:
  Buffers: shared hit=3
JIT:
  Timing: Generation 0.3 ms (Deform 0.1 ms), Total 2.4 ms
Trigger a for constraint b on c: time=0.1 calls=2
Execution Time: 3.900 ms
(19 rows)
"""


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_what_is_left_of_a_text_is_a_plan_or_an_error_of_ours(data):
    """Bytes cut out, doubled and put in, anywhere."""
    text = PASTED if data.draw(st.booleans()) else json.dumps(DOCUMENT, indent=1)
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 60)))
        middle = data.draw(st.sampled_from(["", text[begin:end] * 2]) | st.text(SIGNS, max_size=5))
        text = text[:begin] + middle + text[end:]
    try:
        plan = read_plan(text)
    except PerfkitError:
        return
    assert plan.arrow.num_rows == len(plan.tree)
    assert plan.shape_id


SIGNS = "\"'()[]{},:->=. \n\t|+019aX"
DOCUMENT = [
    {"Plan": {"Node Type": "Limit", "Plan Rows": 3, "Plans": [SCAN, SCAN]}, "x": {"y": [1]}}
]


ROOT = "Sort  (cost=0.00..1.00 rows=1 width=4)\n"
BEGUN = '{"Plan": {"Node Type": "Sort", "x": '
HOSTILE = {
    "blanks": lambda n: "x" + " " * n + "x",
    "quotes": lambda n: ROOT + "  Filter: " + '"' * n,
    "odd quotes": lambda n: 'Seq Scan on "' + '"" ' * (n // 3),
    "names": lambda n: "Index Scan using " + '"a" on ' * (n // 7) + ROOT[4:],
    "parentheses": lambda n: ROOT + "  Filter: " + "(" * n,
    "open lines": lambda n: ROOT + "  Filter: (a = '\n" * (n // 17),
    "lines in a quote": lambda n: ROOT + "  Filter: (a = '\n" + "x\n" * (n // 2),
    "indents": lambda n: ROOT + "".join(f"{'':{i}}->  x\n" for i in range(int((2 * n) ** 0.5))),
    "costs": lambda n: "  (cost=1" * (n // 9),
    "counters": lambda n: ROOT + "  Buffers: " + "hit " * (n // 4),
    "workers": lambda n: ROOT + "".join(f"  Worker {i}:  x: 1\n" for i in range(n // 20)),
    "bars": lambda n: "|" * n + "\n" + ROOT,
    "braces": lambda n: BEGUN + '[{"a": 1},' * 90 + "[" + "1," * (n // 2),
    "strings": lambda n: BEGUN + '"' + '\\"' * (n // 2),
    "froms": lambda n: "Query Text: " + "from a." * (n // 7) + "\n" + ROOT,
    "settings": lambda n: ROOT + "Settings: " + "a = NULL, " * (n // 10),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text_and_no_faster(name):
    """Eight times the text may take eight times as long, and as much again for noise."""

    def least(size):
        text, took = HOSTILE[name](size), []
        for _ in range(3):
            began = time.process_time()
            with contextlib.suppress(PerfkitError):
                read_plan(text)
            took.append(time.process_time() - began)
        return max(min(took), 0.001)

    assert least(200_000) < 16 * least(25_000)


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


def test_rows_as_programs_print_them_give_the_same_plan(run):
    document = run(SQL)
    whole = read_plan(document)
    for text in (
        repr(document),
        repr([(document,)]),
        json.dumps({"rows": [{"QUERY PLAN": document}]}),
    ):
        plan = read_plan(text)
        assert [dict(node.properties) for node in plan.tree] == [
            dict(node.properties) for node in whole.tree
        ]


def test_nodes_without_costs_are_not_taken_for_mysqls():
    plan = read_plan(
        "Nested Loop (actual time=1.6..1.7 rows=1 loops=1)\n"
        "  ->  Seq Scan on a (actual time=0.6..0.7 rows=1 loops=1)\n"
        "  ->  Index Only Scan using i on b (actual time=0.5..0.6 rows=1 loops=1)\n"
    )
    assert plan.system == "postgresql"
    assert [node.parent_id for node in plan.tree] == [None, 0, 0]
