"""Runs of one statement behind each other, found by walking through every session."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digests import bursts
from perfkit.analyses.digests.bursts import GAP_NS, LEAST, MOST, Bursts
from perfkit.analyses.digests.executions import executions

GAP_MS = GAP_NS / 1e6
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "step": st.sampled_from([0, 1, GAP_MS, GAP_MS + 1]),
            "statement": st.sampled_from(["select a", "select b"]),
            "session_id": st.sampled_from(["1", "2", None]),
            "duration_ms": st.sampled_from([None, 0.5, 2.0]),
        }
    ),
    min_size=1,
    max_size=30,
)


def found(table_of, rows):
    taken = executions(table_of(rows), ("fingerprint",))
    names = [*taken.keys["fingerprint"].to_pylist(), None]
    runs = Bursts.of(taken)
    cells = zip(runs.group, runs.parent, runs.runs, runs.calls, runs.total_ms, strict=True)
    return {(names[g], names[p]): [n, calls, total] for g, p, n, calls, total in cells}


def expected(rows, least):
    wanted = defaultdict(lambda: [0, 0, 0.0])
    for session in ("1", "2"):
        runs = []
        for row in (row for row in rows if row["session_id"] == session):
            last = runs[-1][-1] if runs else None
            same = last is not None and last["statement"] == row["statement"]
            if same and row["at"] - last["at"] <= GAP_MS:
                runs[-1].append(row)
            else:
                runs.append([row])
        for before, run in zip([None, *runs], runs, strict=False):
            name, led = run[0]["statement"], before and before[-1]["statement"]
            if len(run) >= least:
                cell = wanted[name, led if led != name else None]
                cell[0] += 1
                cell[1] += len(run)
                cell[2] += sum(row["duration_ms"] or 0.0 for row in run)
    return wanted


@given(steps=ROWS, least=st.integers(2, 4))
def test_runs_are_those_of_a_walk_through_each_session(table_of, steps, least):
    at = np.cumsum([row["step"] for row in steps]).tolist()
    rows = [
        {"at": time} | {name: value for name, value in row.items() if name != "step"}
        for time, row in zip(at, steps, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bursts, "LEAST", least)
        assert found(table_of, rows) == expected(rows, least)


@pytest.mark.parametrize(("count", "runs"), [(LEAST - 1, 0), (LEAST, 1), (MOST, 1), (MOST + 1, 0)])
def test_a_run_is_neither_short_nor_the_loop_of_a_batch_job(table_of, count, runs):
    rows = [{"at": n, "statement": "select a", "session_id": "1"} for n in range(count)]
    assert len(found(table_of, rows)) == runs


def test_parts_add_up_under_the_numbers_of_the_whole():
    def part(group, parent):
        one = np.ones(1)
        return Bursts(
            group=np.array([group]),
            parent=np.array([parent]),
            runs=one,
            calls=one * 10,
            total_ms=one,
        )

    remaps = [np.array([0, 1]), np.array([1, 0])]
    merged = Bursts.merged([part(0, 1), part(1, 0)], remaps)
    assert (merged.group.tolist(), merged.parent.tolist()) == ([0], [1])
    assert (merged.runs.tolist(), merged.calls.tolist()) == ([2], [20])
    alone = Bursts.merged([part(0, -1)], [np.array([1, 0])])
    assert (alone.group.tolist(), alone.parent.tolist()) == ([1], [-1])
