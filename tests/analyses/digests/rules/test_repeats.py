"""Runs of one statement, at the thresholds of the rule."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.digests.bursts import Bursts
from perfkit.analyses.digests.rules.repeats import repeated, traced

ITEM = {"fingerprint_id": "item", "fingerprint": "select name from item where id = ?"}
PARENT = {"fingerprint_id": "list", "fingerprint": "select id from orders"}
KEYS = pa.table({"fingerprint": [ITEM["fingerprint"], PARENT["fingerprint"], "select x from y"]})


def _bursts(*runs):
    """Runs of the first statement: (behind which, how many runs, calls, ms)."""
    parent, count, calls, ms = (np.array(column) for column in zip(*runs, strict=True))
    group = np.zeros(len(runs), np.int64)
    return Bursts(
        group=group,
        parent=parent,
        runs=count.astype(float),
        calls=calls.astype(float),
        total_ms=ms.astype(float),
    )


def _found(seen_of, *runs, calls=100, item=None, **more):
    rows = ({**ITEM, "calls": calls, **(item or {})}, PARENT)
    return list(repeated(seen_of(*rows, bursts=_bursts(*runs), keys=KEYS, **more)))


def test_five_runs_behind_one_statement_are_told_with_their_numbers(seen_of):
    [finding] = _found(seen_of, (1, 5, 60, 300.0))
    assert finding.rule == "repeated-statement"
    assert finding.title.startswith(
        "select name from item where id = ? runs 12 times in a row in one session, 5 times,"
        " behind select id from orders:"
    )
    assert finding.evidence == [
        {
            "runs": 5,
            "calls_in_runs": 60,
            "calls": 100,
            "total_ms": 300.0,
            "statement before": "select id from orders",
        }
    ]
    assert finding.keys == {"fingerprint_id": "item"}


@pytest.mark.parametrize(
    "runs",
    [
        [(1, 4, 60, 60.0)],  # too few runs
        [(1, 5, 49, 49.0)],  # most calls are in no run
        [(1, 5, 60, 301.0)],  # 5 ms each is not cheap any more
        [(-1, 5, 60, 60.0)],  # behind nothing
        [(1, 2, 25, 25.0), (2, 2, 25, 25.0), (-1, 2, 25, 25.0)],  # behind one as well as another
    ],
)
def test_what_misses_a_threshold_is_left_alone(seen_of, runs):
    assert _found(seen_of, *runs) == []


def test_half_of_the_runs_behind_one_statement_are_enough(seen_of):
    [finding] = _found(seen_of, (2, 2, 20, 9.0), (1, 3, 30, 9.0), (-1, 1, 10, 9.0))
    assert "behind select id from orders" in finding.title
    assert finding.evidence[0]["runs"] == 6


@pytest.mark.parametrize(
    "text", ["select ?", "insert into t values (?)", "commit", "update t set a = ?"]
)
def test_pings_writes_and_commits_are_innocent(seen_of, text):
    assert _found(seen_of, (1, 5, 60, 60.0), item={"fingerprint": text}) == []


def test_pages_are_innocent_by_their_examples(seen_of):
    slowest = [
        {"fingerprint_id": "item", "statement": f"select name from item limit 10 offset {n}0"}
        for n in range(3)
    ]
    text = {"fingerprint": "select name from item limit ? offset ?"}
    assert _found(seen_of, (1, 5, 60, 60.0), item=text, slowest=slowest) == []


def test_traces_tell_it_better(seen_of):
    assert _found(seen_of, (1, 5, 60, 60.0), traced=True) == []


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({"request_id": [None, "r"]}, True),
        ({"trace_id": ["t", None]}, True),
        ({"session_id": ["7", "8"]}, False),
    ],
)
def test_one_row_with_a_request_or_a_trace_is_traced(columns, wanted):
    assert traced(tables.from_columns("queries", columns)) is wanted
    assert traced(tables.empty("queries")) is False
