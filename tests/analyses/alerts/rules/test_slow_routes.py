from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit.errors import UsageError


def table(*durations, route="/a", method="GET", **columns):
    rows = np.concatenate(durations)
    return pa.table(
        {
            "route": [route] * len(rows),
            "duration_ms": rows,
            "method": [method] * len(rows),
            **columns,
        }
    )


def spread(count, median=100.0, sigma=0.3, seed=0):
    return np.random.default_rng(seed).lognormal(np.log(median), sigma, count)


def test_a_p95_above_a_second_is_slow(alerts):
    [finding] = alerts(table(spread(300, 1500.0))).findings
    assert (finding.rule, finding.keys) == ("slow-route", {"route": "/a"})
    assert finding.confidence == "high"


def test_the_percentiles_shown_are_those_of_numpy(alerts):
    values = spread(500, 900.0, 0.5)
    row = alerts(table(values)).findings[0].evidence[0]
    assert row["p95_ms"] == np.quantile(values, 0.95)
    assert row["p99_ms"] == np.quantile(values, 0.99)


def test_too_few_requests_are_not_judged(alerts):
    found = alerts(table(spread(60, 1500.0)))
    assert found.findings == ()
    [row] = [r for r in found.rows.to_pylist() if r["rule"] == "slow-route"]
    assert (row["status"], row["why"]) == (
        "not judged",
        "no route has 72 requests with a duration",
    )


def test_a_long_tail_needs_a_p99_that_is_surely_three_medians(alerts):
    tail = table(spread(1960), spread(40, 900.0))
    [finding] = alerts(tail).findings
    assert finding.rule == "long-tail"
    assert alerts(table(spread(1995), spread(5, 900.0))).findings == ()
    assert alerts(table(spread(1960, 5.0), spread(40, 60.0))).findings == (), "still immediate"


def test_a_critical_route_is_judged_by_its_p99(alerts):
    slow = table(spread(900, 400.0, 0.2), spread(30, 900.0, 0.02))
    assert [f.rule for f in alerts(slow).findings] == ["critical-p99"]


def test_only_critical_routes_are_judged_by_their_p99(alerts):
    rare = table(spread(900, 400.0, 0.2), spread(30, 900.0, 0.02), route="/report")
    common = table(spread(40_000, 20.0, 0.1), route="/home")
    both = pa.concat_tables([rare, common])
    assert alerts(both).findings == ()
    assert [f.rule for f in alerts(both, critical=["/report"]).findings] == ["critical-p99"]
    slow = (spread(900, 400.0, 0.2), spread(30, 900.0, 0.02))
    named = pa.concat_tables([table(*slow, route="/api/login", method="POST"), common])
    assert [f.rule for f in alerts(named).findings] == ["critical-p99"]


def test_an_unknown_critical_route_is_answered_with_the_nearest(alerts):
    with pytest.raises(UsageError, match=r"no request is on route '/hom'(?s:.*)/home"):
        alerts(table(spread(10), route="/home"), critical=["/hom"])


def test_a_hostile_route_is_shown_harmlessly(alerts):
    route = "/<script>\x1b[31m" + "x" * 10_000
    [finding] = alerts(table(spread(300, 1500.0), route=route)).findings
    assert "\x1b" not in finding.title
    assert len(finding.title) < 200
    assert finding.keys["route"] == route


def test_requests_without_a_route_or_columns_are_no_findings(alerts):
    assert alerts(pa.table({"duration_ms": spread(300, 1500.0)})).findings == ()
    found = alerts(pa.table({"route": pa.array([], pa.string())}))
    assert found.findings == ()
    assert set(found.rows["status"].to_pylist()) <= {"quiet", "not judged"}
