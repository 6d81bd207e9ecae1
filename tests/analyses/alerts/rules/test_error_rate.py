from __future__ import annotations

import numpy as np
import pyarrow as pa


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


def test_failures_above_one_per_cent_are_found_and_their_certainty_said(alerts):
    def failing(count):
        status = np.where(np.arange(500) < count, 500, 200)
        return table(spread(500), status=status)

    [sure] = alerts(failing(30)).findings
    assert (sure.rule, sure.severity, sure.confidence) == ("error-rate", "critical", "high")
    [unsure] = alerts(failing(6)).findings
    assert (unsure.severity, unsure.confidence) == ("warning", "medium")
    assert alerts(failing(4)).findings == ()


def test_an_error_text_is_a_failure_even_without_a_status(alerts):
    errors = ["timeout"] * 20 + [None] * 480
    assert [f.rule for f in alerts(table(spread(500), error=errors)).findings] == ["error-rate"]


def test_refusals_are_no_failures(alerts):
    assert alerts(table(spread(500), status=[404] * 500)).findings == ()
