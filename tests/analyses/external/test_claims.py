import numpy as np

from perfkit.analyses.external.claims import Claim, counted_once
from perfkit.results import Finding, Fix


def claim(rule, rows, saves=10.0):
    finding = Finding(
        rule=rule,
        severity="info",
        title=rule,
        fix=Fix(text="Do it."),
        saves_ms=saves,
        saves_basis="per call",
        saves_times=10.0,
    )
    return Claim(finding, np.array(rows, np.int64))


def test_what_two_findings_claim_is_counted_for_the_first():
    first, second = counted_once([claim("a", range(5)), claim("b", range(10))], 20)
    assert first.saves_times == 10
    assert second.saves_times == 5
    assert "50.0 % of these calls are counted under 'a' already" in second.fix.text


def test_nothing_is_left_of_a_finding_on_the_same_calls():
    _, second = counted_once([claim("a", range(5)), claim("b", range(5))], 20)
    assert second.saves_ms is None


def test_a_finding_that_saves_nothing_takes_nothing():
    _, second = counted_once([claim("a", range(5), None), claim("b", range(5))], 20)
    assert second.saves_total_ms == 100


def test_other_calls_are_other_savings():
    first, second = counted_once([claim("a", [1, 2]), claim("b", [3])], 20)
    assert first.saves_times == second.saves_times == 10
