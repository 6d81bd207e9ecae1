"""docs/plans.md: its examples run; columns, options, rules and limits are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import perfkit
from perfkit.analyses.plan_changes import noise
from perfkit.lab import practice, server
from perfkit.magics import explain as explain_magic
from perfkit.plans import rules, scans
from perfkit.plans.candidates import joins, keys, special, variants
from perfkit.plans.node_table import SCHEMA
from perfkit.plans.rules import (
    bitmaps,
    block_reads,
    caches,
    functions,
    index_only,
    index_scans,
    join_filters,
    measures,
    memoize,
    misestimates,
    mysql_joins,
    mysql_scans,
    mysql_sorts,
    nested_loops,
    offsets,
    overheads,
    parallelism,
    partitions,
    skip_scans,
    stale_statistics,
    subplans,
    temp_io,
    top_n,
    triggers,
    writes,
)
from perfkit.probes.catalog import ENOUGH_DAYS
from perfkit.probes.slow_statements import LEAST_CALLS, LEAST_MS
from perfkit.tasks.audit import bloat, dropping, drops, foreign_keys, report, table_health
from perfkit.tasks.proofs import proving, sample, verdict

DOCUMENT = (Path(__file__).parent.parent / "docs" / "plans.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
AUDIT = Path(perfkit.__file__).parent / "tasks" / "audit"
SHARE, ROWS, BLOCKS_ = scans.REMOVED_SHARE, scans.LARGE_ROWS, scans.LARGE_BLOCKS
QUARTER = measures.LARGE_SHARE
#: Rule -> the limits that its row has to name.
LIMITS = {
    "slow-seq-scan": (SHARE, ROWS, BLOCKS_),
    "inefficient-index": (index_scans.PER_KEPT, index_scans.AT_LEAST, skip_scans.AT_LEAST),
    "order-by-limit-wrong-index": (index_scans.PER_KEPT_IN_ORDER,),
    "top-n-without-index": (top_n.AT_LEAST, top_n.WANTED_SHARE),
    "join-without-index": (joins.LOOKUP_SHARE,),
    "heap-fetches": (index_only.SHARE, index_only.AT_LEAST),
    "lossy-bitmap": (bitmaps.SHARE,),
    "read-efficiency": (block_reads.PER_FILLED, block_reads.AT_LEAST),
    "repeated-blocks": (
        block_reads.PER_PAGE,
        block_reads.REPEATED_AT_LEAST,
        block_reads.REPEATED_SHARE,
    ),
    "cache-miss": (caches.READ_SHARE, caches.TIME_SHARE),
    "partition-pruning": (partitions.AT_LEAST, partitions.USED_SHARE),
    "large-offset": (offsets.AT_LEAST, offsets.PER_RETURNED),
    "temp-io": (temp_io.MANY_BLOCKS,),
    "memoize": (memoize.LOW_HITS, QUARTER),
    "row-estimate": (misestimates.FACTOR, misestimates.HUGE_FACTOR),
    "correlated-columns": (misestimates.FACTOR,),
    "generic-plan": (misestimates.FACTOR,),
    "stale-stats": (
        stale_statistics.FACTOR,
        stale_statistics.AT_LEAST,
        stale_statistics.CHANGED_SHARE,
    ),
    "nl-misestimate": (misestimates.FACTOR, nested_loops.UNPLANNED_LOOPS, QUARTER),
    "many-loops": (nested_loops.MANY_LOOPS, QUARTER),
    "materialized-repeat": (nested_loops.MANY_PAIRS,),
    "join-filter": (join_filters.AT_LEAST, join_filters.PER_KEPT),
    "correlated-subplan": (subplans.MANY_CALLS, QUARTER),
    "cte-materialized": (subplans.KEPT_SHARE,),
    "slow-function": (f"{functions.SLOW_ROW_MS:g} ms", functions.SLOW_MS),
    "workers": (parallelism.SKEW,),
    "jit": (QUARTER, overheads.JIT_BELOW_MS),
    "planning": (overheads.PLANNING_SHARE, scans.MATTERS_MS),
    "serialization": (QUARTER, overheads.WIDE_ROW),
    "slow-trigger": (triggers.TRIGGER_SHARE,),
    "missing-fk-index": (f"{triggers.SCAN_MS:g} ms",),
    "wal-full-page-images": (writes.MANY_IMAGES, writes.IMAGE_SHARE),
    "low-hot-share": (writes.HOT_SHARE, writes.MANY_UPDATES),
    "mysql-full-scan": (mysql_scans.REMOVED_SHARE, mysql_scans.LARGE_ROWS),
    "mysql-index-filter": (mysql_scans.READ_PER_KEPT, mysql_scans.REMOVED_ROWS),
    "mysql-join-buffer": (mysql_joins.PAIRS,),
    "mysql-row-estimate": (mysql_joins.FACTOR, mysql_joins.MANY_LOOPS),
    "mysql-dependent-subquery": (mysql_joins.MANY_LOOPS,),
    "mysql-sort-limit": (mysql_sorts.SORTED_ROWS, mysql_sorts.LIMIT_SHARE),
    "missing-index": (LEAST_MS, LEAST_CALLS),
    "foreign-key-without-index": (foreign_keys.LEAST_ROWS,),
    "unused-index": (ENOUGH_DAYS, drops.LEAST_BYTES / 1024),
    "rarely-used-index": (dropping.RARE_SCANS, dropping.WRITES_PER_SCAN),
    "bloated-index": (bloat.LEAST_BYTES / 2**20,),
    "many-indexes": (table_health.MANY_INDEXES,),
    "hot-loss": (table_health.HOT_SHARE, table_health.HOT_UPDATES),
    "stale-statistics": (table_health.STALE_SHARE, table_health.STALE_ROWS),
    "sequential-reads": (table_health.LARGE_ROWS,),
}
PLAN = """
Limit  (cost=0..9 rows=1 width=8) (actual time=90.1..90.2 rows=1 loops=1)
  ->  Seq Scan on invoices  (cost=0..9 rows=1 width=8) (actual time=90.0..90.1 rows=1 loops=1)
        Filter: (customer_id = 7)
        Rows Removed by Filter: 499999
Execution Time: 90.3 ms
"""


@pytest.fixture(scope="module")
def names():
    with server.start() as lab:
        try:
            yield {
                "perfkit": perfkit,
                "text": PLAN,
                "sql": "SELECT id FROM invoices WHERE customer_id = :customer_id",
                "engine": practice.make(lab),
                "before": perfkit.read_plan(PLAN),
                "after": perfkit.read_plan(PLAN),
                "rec": perfkit.sample("shop_launch"),
            }
        finally:
            practice.drop(lab)


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.splitlines()[0][:40])
def test_an_example_runs(code, names, capsys):
    exec(compile(code, "docs/plans.md", "exec"), dict(names))
    capsys.readouterr()


def test_every_column_of_the_nodes_is_explained_and_no_other():
    assert _first_names("column", holding="node_id") == set(SCHEMA.names)


def test_every_column_of_the_audit_is_explained_and_no_other():
    assert _first_names("column", holding="action") == set(report.table([], {}).column_names)


def test_every_rule_of_plans_is_named_and_no_other():
    told = _first_names("rule", holding="slow-seq-scan")
    assert told == {rule.name for rule in rules.rules()}


def test_every_rule_of_the_audit_is_named_and_no_other():
    made = {
        name if name.endswith("-index") or "-" in name else f"{name}-index"
        for path in AUDIT.rglob("*.py")
        for name in re.findall(r'kind="([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert _first_names("rule", holding="keep-index") == made


@pytest.mark.parametrize("rule", LIMITS)
def test_the_limits_of_a_rule_are_those_of_the_code(rule):
    row = _row(rule)
    for limit in LIMITS[rule]:
        assert _printed(limit) in row, (limit, row)


def test_every_option_of_explain_is_explained_and_no_other():
    assert _first_names("option") == {one.name for one in explain_magic.COMMAND.options}


@pytest.mark.parametrize(
    "sentence",
    [
        f"below\n{rules.NOTHING_TO_FIX_MS:.0f} ms",
        f"{scans.MATTERS_SHARE:.0%}".replace("%", " % of the execution"),
        f"below {noise.BAND_SHARE:.0%} or {noise.BAND_MS:.0f} ms are none".replace("%", " %"),
        f"within {noise.COST_TIE:.0%} are ties".replace("%", " %"),
        f"falls by {1 - verdict.ENOUGH:.0%}".replace("%", " %"),
        f"differences under {1 - verdict.TIE:.0%} are a *tie*".replace("%", " %"),
        f"from {proving.BUILT_ROWS:,} rows or {proving.BUILT_BYTES >> 30} GB on",
        f"({sample.SAMPLE_ROWS:,} rows at most)",
        f"at most {keys.MAX_COLUMNS}.",
        f"at\nmost {variants.PARTIAL_SHARE:.0%} of the rows".replace("%", " %"),
        f"BRIN ({special.BRIN_PAGES * 8192 >> 30} GB",
    ],
)
def test_other_limits_are_those_of_the_code(sentence):
    words = " ".join(sentence.split())
    assert words in " ".join(DOCUMENT.split())


def _printed(limit):
    """A limit as the document writes it: shares in per cent, counts; texts as they are."""
    if isinstance(limit, str):
        return limit
    return f"{limit:.0%}".replace("%", " %") if limit < 1 else f"{limit:,.0f}"


def _row(rule):
    """The table row that is about this rule."""
    for line in DOCUMENT.partition("## Findings")[2].splitlines():
        if line.startswith("| `") and f"`{rule}`" in line.split("|")[1]:
            return line
    return None


def _first_names(first, holding=None):
    """Names in the first column of the table with this heading (and this name among them)."""
    for found in re.finditer(rf"^\| {first} .*\n\|[-|]+\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE):
        cells = [line.split("|")[1] for line in found[1].splitlines()]
        names = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
        if holding is None or holding in names:
            return names
    return set()
