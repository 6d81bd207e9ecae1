from __future__ import annotations

from perfkit.analyses.alerts.verdicts import Alert, Verdict, table
from perfkit.results import Finding, Fix


def test_a_rule_that_fired_says_so_even_if_something_was_missing():
    finding = Finding(rule="a", severity="info", title="", fix=Fix(text=""))
    fired = Verdict(rule="a", checked="x", threshold=1, alerts=[Alert(finding=finding)], why="y")
    assert fired.status == "fired"
    assert Verdict(rule="a", checked="x", threshold=1, why="y").status == "not judged"
    assert Verdict(rule="a", checked="x", threshold=1).status == "quiet"


def test_unknown_values_are_null():
    [row] = table([Verdict(rule="a", checked="x", threshold=1)]).to_pylist()
    assert row == {
        "rule": "a",
        "checked": "x",
        "value": None,
        "threshold": 1.0,
        "status": "quiet",
        "why": None,
    }
