from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.alerts import per_route, rows


def test_percentiles_and_counts_are_those_of_each_route():
    rng = np.random.default_rng(0)
    names = rng.choice(["/a", "/b", "/c"], 900)
    duration = rng.lognormal(3, 1, 900)
    status = rng.choice([200, 500], 900)
    table = pa.table({"route": names.tolist(), "duration_ms": duration, "status": status})
    found = per_route.measure(rows.read(table))
    for place, label in enumerate(found.labels[:-1]):
        mine = names == label
        assert found.requests[place] == mine.sum()
        assert found.failed[place] == (status[mine] == 500).sum()
        assert found.p99_ms[place] == pytest.approx(np.quantile(duration[mine], 0.99), rel=1e-6)


def test_the_busiest_routes_with_a_name_and_durations_come_first():
    table = pa.table(
        {
            "route": ["/a"] * 2 + ["/b"] * 3 + [None] * 9 + ["/c"] * 5,
            "duration_ms": [1.0] * 14 + [None] * 5,
        }
    )
    found = per_route.measure(rows.read(table))
    assert [found.labels[place] for place in found.most(5)] == ["/b", "/a"]
