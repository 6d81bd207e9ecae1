import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import statistics
from perfkit.analyses.digest import digest

VALUES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1e6)), min_size=1, max_size=150)


def rows(pairs, weights=None):
    columns = {
        "statement": [f"select {name} from t" for name, _ in pairs],
        "duration_ms": [value for _, value in pairs],
    }
    if weights is not None:
        columns["weight"] = pa.array(weights, pa.float64())
    return {row["fingerprint"][7]: row for row in digest(pa.table(columns)).arrow.to_pylist()}


@given(VALUES)
def test_percentiles_and_intervals_are_those_of_each_group_alone(pairs):
    found = rows(pairs)
    for name in {name for name, _ in pairs}:
        expected = statistics.summary([value for other, value in pairs if other == name])
        for p in ("p50", "p95", "p99"):
            for end in ("", "_low", "_high"):
                value = pytest.approx(expected[p + end], nan_ok=True)
                assert found[name][f"{p}{end}_ms"] == value


@given(VALUES)
def test_equal_weights_change_the_counts_but_not_the_percentiles(pairs):
    plain, tenfold = rows(pairs), rows(pairs, [10.0] * len(pairs))
    for name, row in plain.items():
        assert tenfold[name]["calls"] == 10 * row["calls"]
        assert tenfold[name]["total_ms"] == pytest.approx(10 * row["total_ms"])
        assert tenfold[name]["mean_ms"] == pytest.approx(row["mean_ms"])
        assert tenfold[name]["samples"] == row["samples"]
        values = np.sort([value for other, value in pairs if other == name])
        inverted = np.quantile(values, 0.95, method="inverted_cdf")
        assert tenfold[name]["p95_ms"] == inverted
        low = tenfold[name]["p95_low_ms"]
        assert np.isnan(low) == np.isnan(row["p95_low_ms"])


@given(st.lists(st.tuples(st.floats(0, 1e3), st.integers(1, 9)), min_size=1, max_size=60))
def test_a_weighted_percentile_is_that_of_repeated_rows(pairs):
    found = rows([("a", value) for value, _ in pairs], [float(w) for _, w in pairs])["a"]
    repeated = np.repeat([value for value, _ in pairs], [w for _, w in pairs])
    assert found["calls"] == len(repeated)
    assert found["total_ms"] == pytest.approx(repeated.sum())
    assert found["stddev_ms"] == pytest.approx(repeated.std(), abs=1e-6)
    if any(weight != 1 for _, weight in pairs):
        for p in (50, 95, 99):
            expected = np.quantile(repeated, p / 100, method="inverted_cdf")
            assert found[f"p{p}_ms"] == expected
