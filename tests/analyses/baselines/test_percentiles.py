"""Percentiles are NumPy's, those of a sketch within one per cent."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import statistics
from perfkit.analyses import groups
from perfkit.analyses.baselines.partial import counted
from perfkit.analyses.baselines.percentiles import NAMES, exact, sketched
from perfkit.analyses.baselines.rows import rows

DURATIONS = st.one_of(
    st.none(), st.floats(0, 1e6), st.sampled_from([0.0, 5.0, 5.0, 250.0]), st.just(float("nan"))
)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), DURATIONS, st.integers(1, 5)), max_size=300)


def known(ms):
    return ms is not None and not np.isnan(ms)


def table(data, *, weights):
    return pa.table(
        {
            "route": pa.array([route for route, _, _ in data], pa.string()),
            "duration_ms": pa.array([ms for _, ms, _ in data], pa.float64()),
            "weight": pa.array([float(w) if weights else None for *_, w in data], pa.float64()),
        }
    )


def read(data, *, weights=False):
    from perfkit import tables

    requests = tables.conform(table(data, weights=weights), "requests")
    found = rows(requests)
    return found, groups.encode(requests["route"])


@given(ROWS)
def test_they_are_those_of_numpy_whether_shown_or_not(data):
    found, by = read(data)
    described = exact(by.ordered(found.ms, found.timed))
    for place, label in enumerate(by.labels):
        mine = [ms for route, ms, _ in data if route == label and known(ms)]
        for name, q in NAMES.items():
            if not mine:
                assert np.isnan(described[f"{name}_ms"][place])
                continue
            assert described[f"{name}_ms"][place] == np.quantile(mine, q)
            ends = [described[f"{name}_{end}_ms"][place] for end in ("low", "high")]
            assert ends == pytest.approx(statistics.quantile_interval(mine, q), nan_ok=True)


@given(ROWS)
def test_weighted_ones_are_those_of_numpy(data):
    found, by = read(data, weights=True)
    if found.weight is None:
        return
    described = exact(by.ordered(found.ms, found.timed, found.weight))
    for place, label in enumerate(by.labels):
        mine = [(ms, w) for route, ms, w in data if route == label and known(ms)]
        for name, q in NAMES.items():
            if mine:
                ms, weight = np.array(mine).T
                expected = np.quantile(ms, q, weights=weight, method="inverted_cdf")
                assert described[f"{name}_ms"][place] == expected


def test_equal_weights_have_the_interval_of_as_many_rows():
    data = [("a", float(n), 4) for n in range(100)]
    found, by = read(data, weights=True)
    weighted = exact(by.ordered(found.ms, found.timed, found.weight))
    plain = exact(by.ordered(found.ms, found.timed))
    for end in ("p50_low_ms", "p50_high_ms", "p95_low_ms", "p95_high_ms"):
        assert weighted[end][0] == plain[end][0]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(1e-3, 1e7)), min_size=1, max_size=300))
def test_those_of_a_sketch_are_within_one_per_cent(data):
    found, by = read([(*row, 1) for row in data])
    ordered = by.ordered(found.ms, found.timed)
    part, _ = counted(found, by, sketch=True)
    for name, values in sketched(part.routes).items():
        assert values == pytest.approx(exact(ordered)[name], rel=0.0101, nan_ok=True)
