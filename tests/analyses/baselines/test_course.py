import numpy as np
import pyarrow as pa
import pytest

from perfkit import tables
from perfkit.analyses.baselines.course import over_time
from perfkit.analyses.baselines.rows import rows
from perfkit.analyses.baselines.timeline import Timeline

SECOND = 1_000_000_000


def course(ns, ms):
    columns = {"started_at": pa.array(ns, pa.timestamp("ns", "UTC")), "duration_ms": ms}
    return over_time(Timeline.of(rows(tables.from_columns("requests", columns)), periods=12))


def test_every_period_has_its_rate_and_its_latency():
    rng = np.random.default_rng(5)
    ns = rng.integers(0, 100 * SECOND, 5000)
    ms = rng.lognormal(3, 1, 5000)
    found = course(ns, ms)
    assert found["seconds"].to_pylist() == [10.0] * 10
    for row in found.to_pylist():
        mine = ms[ns // (10 * SECOND) == row["at"].value // (10 * SECOND)]
        assert row["requests"] == row["timed"] == len(mine)
        assert row["rate_per_s"] == pytest.approx(len(mine) / 10)
        for name, q in (("p50_ms", 0.5), ("p95_ms", 0.95)):
            exact = np.quantile(mine, q, method="inverted_cdf")
            assert row[name] == pytest.approx(exact, rel=0.016)


def test_in_flight_is_rate_times_latency():
    ns = np.arange(0, 100 * SECOND, SECOND // 20)  # 20 a second, 100 ms each: 2 at once
    assert course(ns, np.full(len(ns), 100.0))["in_flight"].to_pylist() == pytest.approx(
        [2.0] * 10, rel=0.02
    )


def test_requests_without_a_duration_have_a_rate_only():
    found = course([0, SECOND], [None, None]).to_pylist()
    assert [row["requests"] for row in found] == [1, 1]
    assert all(np.isnan(row["p50_ms"]) and np.isnan(row["in_flight"]) for row in found)


def test_without_times_there_are_no_periods():
    assert course([None], [5.0]).num_rows == 0
