from __future__ import annotations

import numpy as np
import pytest

HOURS = 4 * 3600


def refusing(before, after, begin, end=HOURS, code=422):
    def status(t, route, uniform):
        chance = np.where((t >= begin) & (t < end), after, before)
        return np.where((route == 1) & (uniform < chance), code, 200)

    return status


@pytest.mark.parametrize("code", [400, 422])
def test_refusals_that_begin_and_stay_are_a_change_of_contract(simulated, alerts, code):
    table = simulated.requests(1, seconds=HOURS, status=refusing(0.005, 0.08, 7200, code=code))
    [finding] = alerts(table).findings
    assert finding.rule == "contract-change"
    assert finding.keys["route"] == "/r1"
    assert "since about 2026-09-21 02:0" in finding.title
    assert finding.evidence[0]["share_after"] == pytest.approx(0.08, abs=0.02)


def test_a_deploy_at_that_time_is_named(simulated, alerts):
    table = simulated.requests(1, seconds=HOURS, status=refusing(0.0, 0.08, 7200))
    deploys = simulated.events((7190, "deploy", None, "api 2"))
    [finding] = alerts(table, events=deploys).findings
    assert finding.evidence[0]["deployed"] == "api 2"
    assert finding.confidence == "high"


def test_a_constant_share_of_refusals_is_how_people_type(simulated, rules):
    assert rules(simulated.requests(2, seconds=HOURS, status=refusing(0.06, 0.06, 0))) == []


def test_a_scanner_that_comes_and_goes_changes_no_contract(simulated, rules):
    scan = simulated.requests(3, seconds=HOURS, status=refusing(0.005, 0.5, 6000, 6600, code=400))
    assert rules(scan) == []


def test_not_found_and_unauthorised_say_other_things(simulated, rules):
    for code in (401, 404, 429):
        table = simulated.requests(1, seconds=HOURS, status=refusing(0, 0.08, 7200, code=code))
        assert rules(table) == []
