"""Executed statements as columns, against loops over the rows."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digests import executions as module
from perfkit.analyses.digests.columns import UNKNOWN_TIME
from perfkit.analyses.digests.executions import executions

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "statement": st.sampled_from(["select a", "select b", "select c", None]),
            "duration_ms": st.one_of(st.none(), st.floats(0, 1e4), st.just(math.inf)),
            "phase": st.sampled_from([None, "simple", "execute", "parse", "bind"]),
            "weight": st.sampled_from([None, 1.0, 10.0]),
            "rows_returned": st.one_of(st.none(), st.integers(0, 9)),
        }
    ),
    min_size=1,
    max_size=25,
)


def _known(value):
    return value is not None and math.isfinite(value)


def _by_hand(rows):
    found = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["statement"]][row["phase"] in {"parse", "bind"}].append(row)
    return found


def _weight(row):
    return row["weight"] or 1.0


def _group(rows, statement):
    return rows.keys["fingerprint"].to_pylist().index(statement)


@settings(max_examples=60, deadline=None)
@given(made=ROWS)
def test_executions_are_counted_apart_from_preparations(table_of, made):
    rows = executions(table_of(made), ("fingerprint_id",))
    calls, returned = rows.sum(), rows.sum(rows.numbers("rows_returned"))
    for statement, parts in _by_hand(made).items():
        at, run, prepared = _group(rows, statement), parts[False], parts[True]
        assert calls[at] == sum(map(_weight, run))
        assert returned[at] == sum(_weight(row) * (row["rows_returned"] or 0) for row in run)
        assert rows.prepared["parses"][at] == sum(row["phase"] == "parse" for row in prepared)
        assert rows.prepared["binds"][at] == sum(row["phase"] == "bind" for row in prepared)
        spent = sum(row["duration_ms"] for row in prepared if row["duration_ms"] is not None)
        assert rows.prepared["parse_bind_ms"][at] == pytest.approx(spent)
    assert len(rows.code) == sum(len(parts[False]) for parts in _by_hand(made).values())


@settings(max_examples=60, deadline=None)
@given(made=ROWS)
def test_known_durations_are_sorted_group_by_group(table_of, made):
    rows = executions(table_of(made), ("fingerprint_id",))
    order, ms = rows.timed
    assert rows.ms[order].tolist() == ms.tolist() or rows.weight is None
    assert np.all(np.diff(rows.code[order]) >= 0)
    ends = np.cumsum(rows.samples)
    for statement, parts in _by_hand(made).items():
        at = _group(rows, statement)
        wanted = sorted(row["duration_ms"] for row in parts[False] if _known(row["duration_ms"]))
        assert ms[ends[at] - rows.samples[at] : ends[at]].tolist() == wanted


@settings(max_examples=40, deadline=None)
@given(made=ROWS, size=st.integers(1, 7))
def test_sums_do_not_depend_on_the_size_of_pieces(table_of, made, size):
    rows = executions(table_of(made), ("fingerprint_id",))
    calls, total = rows.sum(), rows.sum(rows.ms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE", size)
        assert rows.sum().tolist() == calls.tolist()
        assert rows.sum(rows.ms) == pytest.approx(total)
        pieces = list(rows.pieces())
        assert [len(piece.code) for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
        assert sum(piece.total_ms.sum() for piece in pieces) == pytest.approx(total.sum())
        assert sum(piece.calls.sum() for piece in pieces) == pytest.approx(calls.sum())


def test_a_piece_of_chosen_rows_keeps_their_weights(table_of):
    made = [{"statement": "select a", "duration_ms": n, "weight": 2.0} for n in (1.0, 5.0)]
    piece = executions(table_of(made), ("fingerprint_id",)).whole.where(np.array([False, True]))
    assert (piece.ms.tolist(), piece.calls.tolist(), piece.total_ms.tolist()) == ([5], [2], [10])


def test_what_is_unknown_stays_unknown(table_of):
    rows = executions(table_of([{"statement": "select a"}]), ("fingerprint_id",))
    assert np.isnan(rows.ms).all()
    assert rows.ns.tolist() == [UNKNOWN_TIME]
    assert rows.weight is None
    assert rows.knows("statement")
    assert not rows.knows("duration_ms")
    assert rows.whole.total_ms.tolist() == [0.0]


def test_labels_leave_out_what_was_only_prepared(table_of):
    made = [
        {"statement": "select a", "user": "ann", "phase": "parse"},
        {"statement": "select a", "user": "bob", "phase": "execute"},
    ]
    labels = executions(table_of(made), ("fingerprint_id",)).labels("user")
    assert [labels.labels[code] for code in labels.codes] == ["bob"]
