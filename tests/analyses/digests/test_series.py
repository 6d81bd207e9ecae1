"""The tables behind a digest's pictures, and those beneath it, are those of counting by hand."""

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digests.examples import EACH
from perfkit.analyses.digests.partial import partial
from perfkit.analyses.digests.sections import sections
from perfkit.analyses.digests.series import REST, series
from perfkit.fingerprint import fingerprint_id

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.integers(0, 3 * 3_600_000),
            "statement": st.sampled_from(["select a", "select b", "select c"]),
            "user": st.sampled_from(["ann", "bob", None]),
            "duration_ms": st.floats(0.001, 1e5),
        }
    ),
    min_size=1,
    max_size=40,
)


def of(table_of, rows, top=None):
    part = partial(table_of(rows))
    order = np.arange(part.groups)
    return series(part, order if top is None else order[:top]), part


def summed(rows, key):
    found = defaultdict(lambda: [0, 0.0])
    for row in rows:
        found[key(row)][0] += 1
        found[key(row)][1] += row["duration_ms"]
    return {key: [calls, pytest.approx(total)] for key, (calls, total) in found.items()}


def time(ms):
    return datetime.fromtimestamp(1_767_225_600 + ms // 1000, UTC)


@given(rows=ROWS, top=st.integers(1, 3))
def test_calls_per_minute_are_of_the_top_statements_and_the_rest(table_of, rows, top):
    tables, part = of(table_of, rows, top)
    names = part.keys["fingerprint_id"].to_pylist()[:top]

    def key(row):
        name = fingerprint_id(row["statement"])
        return time(row["at"] - row["at"] % 60_000), name if name in names else REST

    found = {
        (row["minute"], row["fingerprint_id"]): [row["calls"], row["total_ms"]]
        for row in tables["per_minute"].to_pylist()
    }
    assert found == summed(rows, key)


@given(rows=ROWS)
def test_users_and_hours_have_their_calls_and_time(table_of, rows):
    tables, _ = of(table_of, rows)
    known = [row for row in rows if row["user"]]
    by_user = tables["by_user"].to_pylist()
    assert {row["user"]: [row["calls"], row["total_ms"]] for row in by_user} == summed(
        known, lambda row: row["user"]
    )
    assert [row["total_ms"] for row in by_user] == sorted(
        (row["total_ms"] for row in by_user), reverse=True
    )
    for row in by_user:
        assert row["mean_ms"] == pytest.approx(row["total_ms"] / row["calls"])
        assert row["share"] == pytest.approx(
            row["total_ms"] / sum(one["duration_ms"] for one in known)
        )


@given(rows=ROWS)
def test_bars_hold_every_duration_between_their_bounds(table_of, rows):
    tables, _ = of(table_of, rows)
    bars = tables["histogram"].to_pylist()
    assert sum(bar["calls"] for bar in bars) == len(rows)
    for bar in bars:
        inside = [
            row["duration_ms"]
            for row in rows
            if fingerprint_id(row["statement"]) == bar["fingerprint_id"]
            and bar["from_ms"] * 0.989 <= row["duration_ms"] <= bar["to_ms"] * 1.011
        ]
        assert len(inside) >= bar["calls"]


@given(rows=ROWS)
def test_beneath_a_digest_stand_what_has_rows_and_the_slowest_first(table_of, rows):
    tables, part = of(table_of, rows)
    shown = sections(part, tables | dict.fromkeys(NO_EVENTS, tables["load"].slice(0, 0)))
    assert ("By user" in shown) == any(row["user"] for row in rows)
    assert not {"Errors", "By client", "By database"} & set(shown)
    slowest = shown["Slowest executions"]
    every = defaultdict(list)
    for row in rows:
        every[row["statement"]].append(row["duration_ms"])
    kept = [ms for found in every.values() for ms in sorted(found)[-EACH:]]
    assert slowest["duration_ms"].to_pylist() == sorted(kept, reverse=True)
    assert "parameters" not in slowest.column_names  # of which nothing is known


NO_EVENTS = ("errors", "lock_waits", "temp_files", "checkpoints", "autovacuum", "sessions")


def test_long_statements_are_shown_by_their_beginning(table_of):
    rows = [{"at": 0, "statement": "select " + "a" * 500, "duration_ms": 1.0}]
    tables, part = of(table_of, rows)
    shown = sections(part, tables | dict.fromkeys(NO_EVENTS, tables["load"].slice(0, 0)))
    assert shown["Slowest executions"]["statement"].to_pylist() == ["select " + "a" * 293]
