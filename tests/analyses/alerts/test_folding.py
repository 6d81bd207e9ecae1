from __future__ import annotations

import numpy as np

from perfkit.analyses.alerts.folding import folded
from perfkit.analyses.alerts.verdicts import Alert
from perfkit.results import Finding, Fix


def alert(rule, window=None, when=(), **keys):
    finding = Finding(
        rule=rule, severity="warning", title=rule, fix=Fix(text=""), evidence=[{"n": 1}], keys=keys
    )
    return Alert(finding=finding, window=window, when=lambda: np.array(when, np.int64))


def rules(alerts, extent=(0, 1000)):
    return [(f.rule, f.evidence[0].get("also")) for f in folded(alerts, extent)]


def test_the_incident_that_explains_more_tells_the_other():
    alerts = [alert("internal-slowdown", (100, 200), route="/a"), alert("slow-together", (90, 210))]
    assert rules(alerts) == [("slow-together", "internal-slowdown on /a")]


def test_incidents_at_other_times_are_told_apart():
    alerts = [alert("slow-together", (100, 200)), alert("error-window", (500, 600))]
    assert rules(alerts) == [("slow-together", None), ("error-window", None)]


def test_an_incident_with_most_of_the_failures_explains_the_error_rate():
    incident = alert("unavailable-burst", (100, 200))
    inside = alert("error-rate", when=[120, 150, 180, 700], route="/a")
    outside = alert("error-rate", when=[20, 350, 180, 700], route="/b")
    assert rules([inside, outside, incident]) == [
        ("unavailable-burst", "error-rate on /a"),
        ("error-rate", None),
    ]


def test_an_incident_of_most_of_the_recording_explains_nothing_about_the_whole():
    incident = alert("slow-together", (100, 900))
    assert rules([alert("slow-route", when=[500], route="/a"), incident]) == [
        ("slow-together", None),
        ("slow-route", None),
    ]


def test_a_change_of_contract_is_its_own_story():
    alerts = [alert("contract-change", (100, 1000)), alert("slow-together", (100, 200))]
    assert [rule for rule, _ in rules(alerts)] == ["slow-together", "contract-change"]


def test_a_long_outage_explains_a_route_whose_failures_it_holds_and_no_constant_rate():
    outage = alert("unavailable-burst", (300, 1000))
    inside = alert("error-rate", when=range(300, 1000, 10), route="/a")
    constant = alert("error-rate", when=range(0, 1000, 10), route="/b")
    assert rules([inside, constant, outage]) == [
        ("unavailable-burst", "error-rate on /a"),
        ("error-rate", None),
    ]
