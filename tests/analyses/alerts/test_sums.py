from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import rows
from perfkit.analyses.alerts.grid import SECOND, Grid
from perfkit.analyses.alerts.sums import Sums

ROW = st.tuples(
    st.one_of(st.none(), st.integers(0, 70)),
    st.one_of(st.none(), st.floats(0, 60, allow_subnormal=False)),
    st.sampled_from([200, 500, None]),
)
RNG = np.random.default_rng(0)
MANY = RNG.integers(0, 70, 500), RNG.random(500) * 20
GRID = Grid(10 * SECOND, 10 * SECOND, 4)


def summed(table, piece=1 << 16):
    read = rows.read(table)
    sums = Sums(GRID)
    for start in range(0, len(read), piece):
        sums.add(read, slice(start, start + piece))
    return sums


def requests(given_rows):
    """Rows of (start in s, duration in s, status)."""
    starts = [None if start is None else start * SECOND for start, _, _ in given_rows]
    return pa.table(
        {
            "started_at": pa.array(starts, pa.timestamp("ns", "UTC")),
            "duration_ms": pa.array(
                [None if s is None else s * 1e3 for _, s, _ in given_rows], pa.float64()
            ),
            "status": pa.array([status for _, _, status in given_rows], pa.int64()),
        }
    )


@given(given_rows=st.lists(ROW, max_size=30))
def test_sums_are_those_of_each_request_on_its_own(given_rows):
    sums = summed(requests(given_rows), piece=7)
    known = [(a, a + (s or 0.0), status) for a, s, status in given_rows if a is not None]
    bins = [(10.0 * n, 10.0 * n + 10) for n in range(1, 5)]
    for place, (low, high) in enumerate(bins):
        begun = [status for a, _, status in known if low <= a < high]
        assert sums.count[1 + place] == len(begun)
        assert sums.failed[1 + place] == begun.count(500)
        assert sums.unknown[1 + place] == begun.count(None)
        shared = sum(max(0.0, min(b, high) - max(a, low)) for a, b, _ in known)
        assert sums.in_flight[place] == pytest.approx(shared / 10, abs=1e-6)


def test_a_request_ends_in_the_bin_in_which_it_was_answered():
    sums = summed(requests([(12, 3.0, 200), (12, 9.0, 200), (12, None, 200), (45, 60.0, 200)]))
    assert sums.completed.tolist() == [0, 2, 1, 0, 0, 1]


def test_an_endless_looking_duration_is_under_way_to_the_end():
    sums = summed(requests([(20, 1e300, 200)]))
    assert sums.in_flight.tolist() == [0, 1, 1, 1]


def test_many_requests_in_pieces_are_those_in_one():
    many = [(int(a), float(s), 200) for a, s in zip(*MANY, strict=True)]
    table = requests(many)
    whole, cut = summed(table), summed(table, piece=13)
    assert whole.count.tolist() == cut.count.tolist()
    assert whole.completed.tolist() == cut.completed.tolist()
    assert whole.in_flight == pytest.approx(cut.in_flight)
    assert whole.count.sum() == len(table)
