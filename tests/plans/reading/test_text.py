"""The tree of a text, by hand: recorded from servers, and of systems that are not here."""

import gzip
import re
import time
from pathlib import Path

import pytest

from perfkit.errors import InputError
from perfkit.plans.read import read_plan
from perfkit.plans.reading.text import read_text

DATA = Path(__file__).parents[4] / "shared" / "data" / "logs" / "ae_text.log.gz"
ROW = "(cost=0.00..1.00 rows=1 width=4)"


def kinds(plan):
    return [(node.kind, node.parent_id, node.relationship) for node in plan.tree]


@pytest.mark.skipif(not DATA.exists(), reason="the real auto_explain log is not here")
def test_text_plans_of_a_real_log_are_read_with_their_statement():
    text = gzip.decompress(DATA.read_bytes()).decode()
    entries = re.findall(r"^\d{4}-.* plan:\n(?:\t.*\n)+", text, re.MULTILINE)
    assert len(entries) > 800
    for entry in entries:
        plan = read_plan(entry)
        assert plan.statement
        assert plan.lost == ()
        assert sum(plan.times.self_ms) == pytest.approx(plan.root.total_ms, rel=0.03, abs=0.002)


def test_a_plan_without_costs_is_read_by_its_indentation():
    plan = read_plan("""
 Update on part p
   Update on part_1 p_1
   Update on public.part_2 "p 2"
   InitPlan 1 (returns $0)
     ->  Limit
           ->  Seq Scan on a
   CTE some name
     ->  Result
   ->  Nested Loop Semi Join
         Join Filter: (p.id = b.id)
         ->  Append
               Subplans Removed: 3
               ->  Seq Scan on part_1 p_1
                     Filter: (id = $0)
         ->  Materialize
               ->  CTE Scan on "some name" b
   SubPlan 2
     ->  Index Only Scan Backward using i on c
(18 rows)
""")
    assert kinds(plan) == [
        ("ModifyTable", None, ""), ("Limit", 0, "InitPlan"), ("Seq Scan", 1, "Outer"),
        ("Result", 0, "InitPlan"), ("Nested Loop", 0, "Outer"), ("Append", 4, "Outer"),
        ("Seq Scan", 5, "Member"), ("Materialize", 4, "Inner"), ("CTE Scan", 7, "Outer"),
        ("Index Only Scan", 0, "SubPlan"),
    ]  # fmt: skip
    assert plan.lost == ()
    assert plan.root.properties["Target Tables"] == [
        {"Relation Name": "part_1", "Alias": "p_1"},
        {"Relation Name": "part_2", "Schema": "public", "Alias": "p 2"},
    ]
    assert [node.text("Subplan Name") for node in plan.tree if node.text("Subplan Name")] == [
        "InitPlan 1 (returns $0)", "CTE some name", "SubPlan 2",
    ]  # fmt: skip
    assert plan.tree[8].text("CTE Name") == "some name"


def test_lines_of_a_worker_are_the_workers():
    plan = read_plan(f"""
Gather  {ROW} (actual time=1.000..9.000 rows=9 loops=1)
  Workers Planned: 2
  Workers Launched: 2
  JIT for worker 0:
  ->  Sort  {ROW} (actual time=1.000..2.000 rows=3 loops=3)
        Sort Method: quicksort  Memory: 30kB
        Buffers: shared hit=12
        Worker 0:  actual time=0.900..1.900 rows=2 loops=1
          Sort Method: external merge  Disk: 40kB
          JIT:
            Functions: 4
            Timing: Generation 0.4 ms, Total 0.5 ms
          Buffers: shared hit=3
        Worker 1:  actual time=0.800..1.800 rows=4 loops=1
        Worker 1:  Sort Method: quicksort  Memory: 25kB
        ->  Parallel Seq Scan on t  {ROW} (actual time=0.1..0.2 rows=3 loops=3)
Execution Time: 9.1 ms
""")
    sort = plan.tree[1]
    assert sort.properties["Sort Method"] == "quicksort"
    assert sort.properties["Shared Hit Blocks"] == 12
    zero, one = sort.properties["Workers"]
    assert (zero["Worker Number"], zero["Actual Rows"], zero["Sort Space Used"]) == (0, 2, 40)
    assert zero["Shared Hit Blocks"] == 3
    assert zero["JIT"] == {"Functions": 4, "Timing": {"Generation": 0.4, "Total": 0.5}}
    assert one == {
        "Worker Number": 1, "Actual Startup Time": 0.8, "Actual Total Time": 1.8,
        "Actual Rows": 4, "Actual Loops": 1, "Sort Method": "quicksort", "Sort Space Used": 25,
        "Sort Space Type": "Memory",
    }  # fmt: skip
    assert plan.tree[2].parent_id == 1


def test_what_stands_below_the_nodes_is_the_documents():
    plan = read_plan(f"""Insert on t  {ROW} (actual time=1.0..2.0 rows=0 loops=1)
  Buffers: shared hit=2
  ->  Result  {ROW} (actual time=0.1..0.2 rows=1 loops=1)
Settings: work_mem = '1MB', jit = 'off'
Query Identifier: -42
Planning:
  Buffers: shared hit=7
  Memory: used=8kB  allocated=16kB
Planning Time: 0.500 ms
Trigger for constraint t_fk: time=1.500 calls=1
Trigger mine on t: time=0.500 calls=2
JIT:
  Functions: 3
  Options: Inlining false, Optimization false
Serialization: time=0.1 ms  output=1kB  format=text
  Buffers: shared hit=1
Generated Plan Advice:
  SEQ_SCAN(t)
  NO_GATHER(t)
Execution Time: 4.000 ms
""")
    rest = plan.document
    assert rest["Settings"] == {"work_mem": "1MB", "jit": "off"}
    assert rest["Query Identifier"] == -42
    assert rest["Planning"]["Shared Hit Blocks"] == 7
    assert rest["Planning"]["Memory Allocated"] == 16
    assert (plan.planning_ms, plan.execution_ms) == (0.5, 4.0)
    assert rest["Triggers"] == [
        {"Constraint Name": "t_fk", "Time": 1.5, "Calls": 1, "Relation": "t"},
        {"Trigger Name": "mine", "Relation": "t", "Time": 0.5, "Calls": 2},
    ]
    assert rest["JIT"]["Functions"] == 3
    assert rest["Serialization"]["Output Volume"] == 1
    assert rest["Serialization"]["Shared Hit Blocks"] == 1
    assert rest["Generated Plan Advice"] == "SEQ_SCAN(t)\nNO_GATHER(t)"
    assert plan.tree[1].properties["Shared Hit Blocks"] == 0


def test_lines_of_extensions_do_not_hide_the_nodes():
    """EXPLAIN (DEBUG, RANGE_TABLE) of 18, as its server prints it."""
    plan = read_plan(f"""Append  {ROW}
  Disabled Nodes: 0
  Parallel Safe: true
  Plan Node ID: 0
  extParam: none
  Append RTIs: 1
  ->  Seq Scan on t  {ROW}
        Plan Node ID: 1
        Scan RTI: 3
PlannedStmt:
  Command Type: select
  Flags: canSetTag
RTI 1 (relation, inherited, in-from-clause):
  Eref: t (i, v)
  Relation Kind: partitioned_table
Unprunable RTIs: 1 3
""")
    assert kinds(plan) == [("Append", None, ""), ("Seq Scan", 0, "Member")]
    assert plan.root.properties["Parallel Safe"] is True
    assert plan.tree[1].properties["Plan Node ID"] == 1
    assert plan.document["PlannedStmt"]["Command Type"] == "select"
    assert plan.document["RTI 1 (relation, inherited, in-from-clause)"]["Eref"] == "t (i, v)"


def test_slices_of_greenplum_are_read():
    plan = read_plan(f"""
 Gather Motion 3:1  (slice1; segments: 3)  {ROW}
   Merge Key: a
   ->  Redistribute Motion 3:3  (slice2; segments: 3)  {ROW}
         Hash Key: a
         ->  Seq Scan on t  {ROW}
 Planning time: 2.3 ms
   (slice0)    Executor memory: 127K bytes.
 Memory used:  128000kB
 Optimizer: Pivotal Optimizer (GPORCA)
 Execution time: 4.1 ms
""")
    assert kinds(plan) == [
        ("Gather Motion", None, ""), ("Redistribute Motion", 0, "Outer"), ("Seq Scan", 1, "Outer"),
    ]  # fmt: skip
    assert plan.tree[1].properties["Hash Key"] == ["a"]
    assert (plan.planning_ms, plan.execution_ms) == (2.3, 4.1)


def test_names_that_depesz_made_up_and_its_spacing_are_read():
    plan = read_plan("""
 Limit (cost=0.42..8.44 rows=1 width=36) (actual time=0.021..0.022 rows=1 loops=1)
   ->  Index Scan using juliet_four on papa_kilo oscar (cost=0.42..8.44 rows=1 width=36) (actual time=0.020..0.020 rows=1 loops=1)
         Index Cond: (quebec_six = 3)
 Total runtime: 0.052 ms
""")  # noqa: E501 - as it is printed
    assert plan.tree[1].properties["Index Name"] == "juliet_four"
    assert plan.tree[1].relation == "papa_kilo"
    assert plan.execution_ms == 0.052


def test_names_of_subplans_of_19_are_read():
    plan = read_plan("""Result
  InitPlan expr_1
    ->  Aggregate
          ->  Seq Scan on a
                Replaces: Scan on b
  SubPlan exists_1
    ->  Seq Scan on c
""")
    assert [node.text("Subplan Name") for node in plan.tree] == [
        None, "InitPlan expr_1", None, "SubPlan exists_1",
    ]  # fmt: skip
    assert plan.tree[2].properties["Replaces"] == "Scan on b"


@pytest.mark.parametrize("cut", [*range(1, 34)])
def test_a_text_that_ends_early_is_read_as_far_as_it_goes(cut):
    text = (
        f"Hash Join  {ROW}\n  Hash Cond: (a.id = b.id)\n  ->  Seq Scan on a  {ROW}\n"
        f"  ->  Hash  {ROW}\n        ->  Seq Scan on b  {ROW}\n"
    )
    plan = read_plan(text[: len(text) - 4 * cut])
    assert plan.root.kind == "Hash Join"
    assert plan.lost
    assert all(said.endswith(".") for said in plan.lost)


def test_what_is_missing_is_said():
    plan = read_plan(f"  ->  Sort  {ROW}\n        ->  Seq Scan on t  {ROW}\nExecution Time: 3 ms\n")
    assert [node.kind for node in plan.tree] == ["Sort", "Seq Scan"]
    assert plan.lost == ("The plan's first lines are missing: this is the part below them.",)
    plan = read_plan(f"Result  {ROW}\n(5 Zeilen)")
    assert plan.lost == ("The text has 1 of the 5 lines that psql counted.",)
    plan = read_plan(f"Result  {ROW}\n  One-Time Filter: (a = 'b")
    assert plan.lost == ("The text ends within 'One-Time Filter'.",)
    plan = read_plan(f"Limit  {ROW}\n  ->  Seq Scan on t  (cost=0.0")
    assert plan.lost == ("The text ends within the numbers of 'Seq Scan on t'.",)


def test_numbers_that_somebody_masked_do_not_hide_the_nodes():
    """As PostgreSQL's own regression tests print plans."""
    plan = read_plan("""
 Finalize Aggregate (actual rows=N loops=N)
   ->  Gather (actual rows=N loops=N)
         Workers Planned: 2
         Workers Launched: N
         ->  Index Only Scan using i on t (cost=N.N..N.N rows=N width=N)
               Heap Fetches: N
               Buckets: N  Batches: N  Memory Usage: NkB
(7 rows)
""")
    assert [node.kind for node in plan.tree] == ["Aggregate", "Gather", "Index Only Scan"]
    assert plan.tree[2].relation == "t"
    assert plan.tree[1].properties["Workers Planned"] == 2
    assert not {"Workers Launched", "Actual Rows"} & set(plan.tree[1].properties)
    said = "5 lines have no number where one belongs: 'Finalize Aggregate (actual rows=N loops=N)'."
    assert plan.lost == (said,)


def test_several_plans_are_counted():
    one = f"Limit  {ROW}\n  ->  Seq Scan on t  {ROW}\nPlanning Time: 1 ms\n"
    assert read_text((one * 3).split("\n")).plans == 3
    assert read_text((one + "(3 rows)\n\n" + one).split("\n")).plans == 2
    bare = "Update on a\n  ->  Seq Scan on a\n\nInsert on b\n  ->  Result\n"
    assert read_text(bare.split("\n")).plans == 2
    assert read_text(one.split("\n")).plans == 1


@pytest.mark.parametrize("text", ["", "hello", "Filter: (a = 1)", "(3 rows)"])
def test_text_without_a_node_is_no_plan(text):
    assert read_text(text.split("\n")) is None


def test_a_second_plan_in_another_frame_is_not_part_of_the_first():
    first = f"Limit  {ROW}\n  ->  Seq Scan on t  {ROW}\nTotal runtime: 5.1 ms"
    second = f" Sort  {ROW}\n   Sort Key: a\n   ->  Seq Scan on u  {ROW}"
    for text in (f"{first}\n\n{second}", f"{first}\n{first}", f"{first}\n   ->  Sort  {ROW}"):
        assert read_text(text.split("\n")).plans == 2


def test_a_line_between_the_nodes_does_not_move_them():
    lines = [
        f"Limit  {ROW}", f"  ->  Append  {ROW}", f"        ->  Seq Scan on a  {ROW}",
        "Note: this one", f"        ->  Seq Scan on b  {ROW}",
    ]  # fmt: skip
    root = read_text(lines).document["Plan"]
    assert [one["Relation Name"] for one in root["Plans"][0]["Plans"]] == ["a", "b"]


@pytest.mark.parametrize(
    "lines",
    [
        [f"Append  {ROW}", f"        ->  Seq Scan on a  {ROW}", f"  ->  Seq Scan on b  {ROW}"],
        [f"Sort  {ROW}", f"  ->  Append  {ROW}", f"        ->  Seq Scan on a  {ROW}",
         "Planning Time: 1.0 ms", f"        ->  Seq Scan on b  {ROW}"],
    ],
)  # fmt: skip
def test_nodes_that_were_moved_are_said(lines):
    assert any("not where EXPLAIN printed them" in said for said in read_text(lines).lost)


@pytest.mark.parametrize("key", ["Planning Time", "Execution Time", "Total runtime"])
def test_a_time_that_is_cut_off_costs_itself_alone(key):
    found = read_text([f"Limit  {ROW}", f"  ->  Seq Scan on t  {ROW}", f"{key}:"])
    assert found.lost == (f"The text ends within {key!r}.",)
    assert set(found.document) == {"Plan"}


def test_more_lines_than_a_plan_has_are_refused_at_once():
    began = time.perf_counter()
    for text in ("->  a\n" * 1_000_000, "+\n" * 1_000_000):
        with pytest.raises(InputError, match="20,000 nodes"):
            read_text(text.split("\n"))
    assert time.perf_counter() - began < 5


def test_nodes_of_redshift_are_known():
    root = read_text(
        [f"XN Limit  {ROW}", f"  ->  XN Hash Join DS_BCAST_INNER  {ROW}",
         f"        ->  XN Seq Scan on t  {ROW}", f"        ->  XN Hash  {ROW}"]
    ).document["Plan"]  # fmt: skip
    join = root["Plans"][0]
    assert (root["Node Type"], join["Node Type"]) == ("Limit", "Hash Join")
    assert join["Distribution"] == "DS_BCAST_INNER"
    assert join["Plans"][0]["Relation Name"] == "t"
