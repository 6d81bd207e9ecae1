from __future__ import annotations

import numpy as np
import pytest

HOURS = 3 * 3600


def failing(code, share, begin=3600, end=3600 + 900, *, otherwise=0.001):
    def status(t, route, uniform):
        chance = np.where((t >= begin) & (t < end), share, otherwise)
        return np.where(uniform < chance, code, 200)

    return status


def statuses(alerts, table, **rest):
    return {row["rule"]: row for row in alerts(table, **rest).rows.to_pylist()}


def test_a_quarter_of_an_hour_of_failures_is_one_finding_with_its_window(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, status=failing(500, 0.06))
    [finding] = alerts(table).findings
    assert finding.rule == "error-window"
    assert finding.keys["window"].startswith("2026-09-21T01:0")
    assert finding.evidence[0]["error_rate"] == pytest.approx(0.06, abs=0.02)
    assert finding.evidence[0]["codes"].startswith("500: ")


def test_a_burst_of_503_is_exhaustion_and_names_the_code(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, status=failing(503, 0.1))
    [finding] = alerts(table).findings
    assert finding.rule == "unavailable-burst"
    assert finding.title.startswith("A burst of 503 from 2026-09-21 01:0")
    assert "nobody was free to answer" in finding.fix.text


@pytest.mark.parametrize(("code", "why"), [(502, "broke the connection"), (504, "in time")])
def test_502_and_504_are_told_apart(simulated, alerts, code, why):
    table = simulated.requests(1, seconds=HOURS, status=failing(code, 0.1))
    [finding] = alerts(table).findings
    assert f"A burst of {code}" in finding.title
    assert why in finding.fix.text


def test_failures_spread_over_hours_below_one_per_cent_are_quiet(simulated, rules):
    table = simulated.requests(2, seconds=HOURS, status=failing(503, 0.008, otherwise=0.008))
    assert not {"error-window", "unavailable-burst"} & set(rules(table))


def test_few_requests_that_fail_say_nothing(simulated, alerts):
    table = simulated.requests(
        3, seconds=HOURS, rate=lambda t: np.full(len(t), 0.02), status=failing(500, 0.2)
    )
    row = statuses(alerts, table)["error-window"]
    assert row["status"] == "quiet"


def test_constant_failures_are_told_by_route_and_named_once(simulated, alerts):
    table = simulated.requests(
        4, seconds=HOURS, status=failing(500, 0.08, otherwise=0.08), routes=1
    )
    found = alerts(table)
    assert {f.rule for f in found.findings} <= {"error-rate", "error-window"}
    assert "error-rate" in {f.rule for f in found.findings}


def test_a_short_recording_cannot_be_judged(simulated, alerts):
    table = simulated.requests(5, seconds=60, status=failing(500, 0.5, 0, 60))
    row = statuses(alerts, table)["error-window"]
    assert row["status"] == "not judged"
    assert "less than a window" in row["why"]


def test_without_status_nothing_is_judged(simulated, alerts):
    table = simulated.requests(6, seconds=HOURS).drop_columns(["status"])
    row = statuses(alerts, table)["unavailable-burst"]
    assert row["why"] == "neither status nor errors are known"
    assert statuses(alerts, table)["error-rate"]["status"] == "not judged"


FAILURES = {"error-window", "unavailable-burst"}


@pytest.mark.parametrize("code", [500, 503])
@pytest.mark.parametrize("share", [0.02, 0.08, 1.0])
def test_a_constant_rate_is_no_incident_whatever_its_height(simulated, rules, code, share):
    for seed in range(3):
        constant = simulated.requests(
            seed,
            seconds=2600,
            rate=lambda t: np.full(len(t), 1.5),
            status=failing(code, share, 0, 2600),
        )
        assert not FAILURES & set(rules(constant))


def test_an_incident_in_a_service_that_always_fails_a_little_is_found(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, status=failing(500, 0.25, otherwise=0.03))
    [incident] = [f for f in alerts(table).findings if f.rule in FAILURES]
    assert incident.keys["window"].startswith("2026-09-21T01:0")
    assert incident.evidence[0]["error_rate"] == pytest.approx(0.25, abs=0.03)


def test_a_burst_counts_only_the_statuses_that_its_title_names(simulated, alerts):
    def status(t, route, uniform):
        inside = (t >= 3600) & (t < 4500)
        mixed = np.select([uniform < 0.05, uniform < 0.08, uniform < 0.1], [503, 502, 500], 200)
        return np.where(inside, mixed, 200)

    table = simulated.requests(1, seconds=HOURS, status=status)
    [finding] = alerts(table).findings
    codes = np.array(table["status"])
    named = int(np.isin(codes, (502, 503)).sum())
    assert finding.title.startswith("A burst of 503 and 502 from ")
    assert f"({named:,} of " in finding.title
    assert finding.evidence[0]["failures"] == named
    assert "500: " in finding.evidence[0]["codes"]


def test_an_outage_of_most_of_the_recording_is_told_once(simulated, alerts):
    table = simulated.requests(
        1, seconds=HOURS, status=failing(502, 1.0, 3600, HOURS, otherwise=0.0), routes=1
    )
    [finding] = alerts(table).findings
    assert finding.rule == "unavailable-burst"
    assert finding.evidence[0]["also"] == "error-rate on /r0"
