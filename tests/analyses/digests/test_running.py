"""Load and concurrency against a slow count by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.digest import digest
from perfkit.analyses.digests.merging import merge
from perfkit.analyses.digests.partial import partial
from perfkit.recording import Recording

RUNS = st.lists(
    st.tuples(st.integers(0, 400_000), st.integers(1, 200_000)), min_size=1, max_size=25
)


def load(table):
    return digest(Recording(contents={"queries": table})).series["load"].to_pylist()


@given(RUNS)
def test_load_is_busy_time_per_time_and_the_most_is_counted(table_of, runs):
    rows = [{"statement": "select 1", "at": float(a), "duration_ms": float(d)} for a, d in runs]
    for number, row in enumerate(load(table_of(rows))):
        low, high = 60_000 * (number + runs_begin(runs)), 60_000 * (number + 1 + runs_begin(runs))
        busy = sum(max(0, min(a + d, high) - max(a, low)) for a, d in runs)
        assert row["load"] == pytest.approx(busy / 60_000, abs=1e-9)
        moments = {low, *(a for a, _ in runs if low <= a < high)}
        most = max(sum(a <= m < a + d for a, d in runs) for m in moments)
        assert row["running_max"] == most


def runs_begin(runs):
    return min(a for a, _ in runs) // 60_000


def test_parts_give_the_same_load_and_the_most_of_one_part(table_of):
    rng = np.random.default_rng(1)
    rows = [
        {"statement": "select 1", "at": float(a), "duration_ms": float(d)}
        for a, d in zip(rng.integers(0, 10**6, 200), rng.integers(1, 10**5, 200), strict=True)
    ]
    table = table_of(rows)
    whole = partial(table).running.table()
    merged = merge([partial(table.slice(0, 80)), partial(table.slice(80))]).running.table()
    assert merged["minute"].to_pylist() == whole["minute"].to_pylist()
    assert merged["load"].to_numpy() == pytest.approx(whole["load"].to_numpy())
    assert (merged["running_max"].to_numpy() <= whole["running_max"].to_numpy()).all()


def test_rows_centuries_apart_need_no_memory_for_the_time_between(table_of):
    rows = [
        {"statement": "select 1", "at": 0.0, "duration_ms": 5.0},
        {"statement": "select 1", "at": 60_000.0 * 10**8, "duration_ms": 5.0},
    ]
    assert len(load(table_of(rows))) == 2
