"""The digest of a part, against counting by hand, and as something to send to another process."""

from __future__ import annotations

import math
import pickle
import statistics
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit import tables
from perfkit.analyses.digests.merging import merge
from perfkit.analyses.digests.partial import partial
from perfkit.errors import UsageError

START = 1_767_225_600 * 10**9
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "statement": st.sampled_from(["select a", "select b", None]),
            "duration_ms": st.one_of(st.none(), st.floats(0.001, 1e5)),
            "at": st.one_of(st.none(), st.integers(0, 10**7)),
            "rows_returned": st.one_of(st.none(), st.integers(0, 100)),
            "error": st.sampled_from([None, "failed"]),
            "duration_kind": st.sampled_from([None, "server", "client"]),
        }
    ),
    min_size=1,
    max_size=30,
)


def _of(part, statement):
    return part.keys["fingerprint"].to_pylist().index(statement)


def _grouped(made):
    found = defaultdict(list)
    for row in made:
        found[row["statement"]].append(row)
    return found.items()


@settings(max_examples=60, deadline=None)
@given(made=ROWS)
def test_counts_sums_and_extremes_are_those_of_counting_by_hand(table_of, made):
    part = partial(table_of(made))
    for statement, rows in _grouped(made):
        at = _of(part, statement)
        sums = {name: values[at] for name, values in part.sums.items()}
        known = [row["duration_ms"] for row in rows if row["duration_ms"] is not None]
        returned = [row["rows_returned"] for row in rows if row["rows_returned"] is not None]
        dated = [START + row["at"] * 10**6 for row in rows if row["at"] is not None]
        assert (sums["calls"], sums["samples"], sums["timed"]) == (
            len(rows),
            len(known),
            len(known),
        )
        assert sums["errors"] == sum(row["error"] is not None for row in rows)
        assert (sums["rows_returned"], sums["rows_returned_known"]) == (
            sum(returned),
            len(returned),
        )
        assert sums["total_ms"] == pytest.approx(sum(known))
        spread = statistics.pvariance(known) * len(known) if known else 0.0
        assert sums["deviation"] == pytest.approx(spread, rel=1e-6, abs=1e-6)
        if known:
            assert (part.lows["min_ms"][at], part.highs["max_ms"][at]) == (min(known), max(known))
        else:
            assert np.isnan(part.lows["min_ms"][at])
        if dated:
            assert part.lows["first_seen"][at] == min(dated)
            assert part.highs["last_seen"][at] == max(dated)
        assert part.sketch.count[part.sketch.group == at].sum() == len(known)
    timed = sum(row["at"] is not None and row["duration_ms"] is not None for row in made)
    assert part.heat.count.sum() == timed
    kinds = [row["duration_kind"] or "" for row in made]
    assert dict(part.kinds) == {kind: kinds.count(kind) for kind in set(kinds)}


def test_a_row_that_stands_for_many_counts_as_many(table_of):
    one = {"statement": "select a", "duration_ms": 4.0, "weight": 10.0, "rows_returned": 3}
    part = partial(table_of([one, one | {"duration_ms": 9.0, "weight": 1.0}]))
    sums = {name: values[_of(part, "select a")] for name, values in part.sums.items()}
    assert (sums["calls"], sums["samples"], sums["timed"]) == (11, 2, 11)
    assert (sums["squares"], sums["total_ms"]) == (101, 49)
    assert (sums["rows_returned"], sums["rows_returned_known"]) == (33, 11)
    mean = 49 / 11
    assert sums["deviation"] == pytest.approx(10 * (4 - mean) ** 2 + (9 - mean) ** 2)


def test_a_duration_without_end_is_unknown(table_of):
    part = partial(table_of([{"statement": "select a", "duration_ms": math.inf}]))
    assert part.sums["calls"].sum() == 1
    assert part.sums["samples"].sum() == part.sums["total_ms"].sum() == 0


@settings(max_examples=25, deadline=None)
@given(made=ROWS, at=st.integers(0, 30))
def test_it_is_the_same_after_a_journey_and_adds_up(table_of, made, at):
    parts = [partial(table_of(rows)) for rows in (made[:at], made[at:]) if rows]
    sent = [pickle.loads(pickle.dumps(part)) for part in parts]
    whole, added = partial(table_of(made)), merge(sent)
    assert added.keys.sort_by("fingerprint_id") == whole.keys.sort_by("fingerprint_id")
    for name in ("calls", "samples", "errors", "total_ms", "rows_returned"):
        assert added.sums[name].sum() == pytest.approx(whole.sums[name].sum())


def test_nothing_is_a_digest_too():
    part = partial(tables.empty("queries"))
    assert part.sums["calls"].sum() == 0
    assert part.examples.num_rows == part.happened.rows.num_rows == 0
    assert part.kinds == {}


def test_a_column_that_is_none_is_a_mistake_of_the_user():
    with pytest.raises(UsageError, match="'usr'"):
        partial(tables.empty("queries"), by="usr")
