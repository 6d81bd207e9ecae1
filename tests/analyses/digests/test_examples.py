"""The slowest executions of each group, against sorting by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.digests import examples
from perfkit.analyses.digests.examples import COLUMNS, EACH, merged, none, slowest
from perfkit.analyses.digests.executions import executions

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "statement": st.sampled_from(["select a", "select b"]),
            "duration_ms": st.sampled_from([None, 1.0, 2.0, 3.0, 4.0]),
            "at": st.integers(0, 5),
            "phase": st.sampled_from([None, "bind"]),
        }
    ),
    min_size=1,
    max_size=25,
)


def _numbered(made):
    return [{**row, "line": number, "source": 0} for number, row in enumerate(made, 1)]


def _key(row):
    return (-row["duration_ms"], row["at"], row["line"])


def _by_hand(made):
    found = defaultdict(list)
    for row in made:
        if row["duration_ms"] is not None and row["phase"] != "bind":
            found[row["statement"]].append(row)
    return {
        text: [row["line"] for row in sorted(rows, key=_key)[:EACH]] for text, rows in found.items()
    }


def _lines(table):
    found = defaultdict(list)
    for row in table.to_pylist():
        found[row["statement"]].append(row["line"])
    return dict(found)


@settings(max_examples=80, deadline=None)
@given(made=ROWS.map(_numbered))
def test_the_slowest_come_first_and_of_equals_the_earliest(table_of, made):
    rows = executions(table_of(made), ("fingerprint_id",))
    assert _lines(slowest(rows, range(rows.count))) == _by_hand(made)


@settings(max_examples=60, deadline=None)
@given(made=ROWS.map(_numbered), at=st.integers(0, 25))
def test_examples_of_parts_are_those_of_the_whole(table_of, made, at):
    parts = []
    for chunk in (made[:at], made[at:]):
        if chunk:
            rows = executions(table_of(chunk), ("statement",))
            number = {"select a": 0, "select b": 1}
            names = np.array([number.get(text, 2) for text in rows.keys["statement"].to_pylist()])
            found = slowest(rows, range(rows.count))
            group = names[found["group"].to_numpy()] if found.num_rows else np.zeros(0, np.int64)
            column = none().schema.field("group")
            parts.append(found.set_column(0, column, [group]))
    assert _lines(merged(parts, np.array([0, 1]))) == _by_hand(made)
    assert set(_lines(merged(parts, np.array([1])))) <= {"select b"}


def test_only_the_groups_asked_for_have_examples(table_of):
    made = [{"statement": text, "duration_ms": 1.0} for text in ("select a", "select b")]
    rows = executions(table_of(made), ("fingerprint_id",))
    assert slowest(rows, []).num_rows == 0
    assert slowest(rows, [1])["group"].to_pylist() == [1]


def test_a_statement_of_megabytes_is_cut(table_of):
    long = "select '" + "é" * 50_000 + "'"
    made = [{"statement": long, "parameters": "$1 = " + "x" * 50_000, "duration_ms": 1.0}]
    [row] = slowest(executions(table_of(made), ("fingerprint_id",)), [0]).to_pylist()
    assert row["statement"] == long[: examples._LONGEST]
    assert len(row["parameters"]) == examples._LONGEST


def test_no_examples_have_the_columns_of_some():
    assert none().column_names == ["group", *COLUMNS]
    assert merged([], np.zeros(0, np.int64)).schema == none().schema
