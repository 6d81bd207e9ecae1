from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.alerts import ordered

VALUES = st.lists(
    st.tuples(
        st.integers(-1, 4),
        st.one_of(st.just(np.nan), st.floats(0, 1e9, allow_nan=False, allow_infinity=False)),
    ),
    max_size=60,
)


@given(rows=VALUES, q=st.floats(0, 1))
def test_quantiles_of_groups_are_those_of_numpy(rows, q):
    codes = np.array([code for code, _ in rows], np.int64)
    values = np.array([value for _, value in rows], np.float64)
    found = ordered.sort(ordered.keys(codes, values), 5)
    slack = 1e-9 * (1 + np.nanmax(values, initial=0.0))
    for group in range(5):
        mine = values[(codes == group) & ~np.isnan(values)]
        assert found.counts[group] == len(mine)
        expected = np.quantile(mine, q) if len(mine) else np.nan
        assert found.quantile(q)[group] == pytest.approx(expected, rel=1e-6, abs=slack, nan_ok=True)


def test_nothing_has_no_quantile():
    found = ordered.sort(ordered.keys(np.zeros(0, np.int64), np.zeros(0)), 2)
    assert np.isnan(found.quantile(0.5)).all()
