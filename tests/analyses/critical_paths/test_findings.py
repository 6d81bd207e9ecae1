"""Which operations of slow requests are findings: at the thresholds, and what each finding says."""

import pytest

from perfkit.analyses.critical_paths.endpoints import Endpoints
from perfkit.analyses.critical_paths.findings import CHECKED, findings
from perfkit.analyses.critical_paths.paths import Paths
from perfkit.analyses.traces.entries import entries

MS = 1_000_000


def found(made, count, slow, *, usual=10.0, longer=500.0, rest=20.0, category="db", weight=None):
    """Findings of ``count`` requests that wait ``usual`` ms, ``slow`` of them ``longer``."""
    rows = []
    for number in range(count):
        wait = longer if number < slow else usual
        trace = {"trace_id": f"t{number}"}
        start = number * 10_000 * MS
        served = trace | {"kind": "server", "route": "/a", "weight": weight}
        rows.append((f"r{number}", None, start, round((wait + rest) * MS), served))
        asked = trace | {"name": "ask", "category": category}
        rows.append((f"c{number}", f"r{number}", start, round(wait * MS), asked))
    forest = made.forest(*rows)
    return findings(Endpoints(Paths(forest, entries(forest))))


@pytest.mark.parametrize(
    ("longer", "expected"), [(109.0, 0), (111.0, 1)], ids=["less than felt", "felt"]
)
def test_only_what_is_felt_is_a_finding(made, longer, expected):
    assert len(found(made, 400, 12, longer=longer)) == expected


@pytest.mark.parametrize(("usual", "expected"), [(490.0, 0), (510.0, 1)])
def test_what_is_always_slow_is_a_finding_from_half_a_second(made, usual, expected):
    assert len(found(made, 400, 0, usual=usual)) == expected


@pytest.mark.parametrize(("rest", "expected"), [(520.0, 0), (480.0, 1)])
def test_it_must_hold_half_of_the_path(made, rest, expected):
    assert len(found(made, 400, 12, rest=rest)) == expected


def test_a_span_that_does_not_grow_is_not_why_slow_requests_are_slow(made):
    """The code after it is what slow requests take longer."""
    rows = []
    for number in range(400):
        own = 350 if number < 12 else 20
        trace = {"trace_id": f"t{number}"}
        start = number * 10_000 * MS
        served = trace | {"kind": "server", "route": "/a"}
        rows.append((f"r{number}", None, start, (400 + own) * MS, served))
        rows.append((f"c{number}", f"r{number}", start, 400 * MS, trace | {"name": "ask"}))
    forest = made.forest(*rows)
    assert findings(Endpoints(Paths(forest, entries(forest)))) == []


def test_the_saving_is_per_slow_request_and_counts_those_it_stands_for(made):
    (one,) = found(made, 400, 12, weight=5.0)
    assert one.saves_ms == pytest.approx(490)
    assert one.saves_times == pytest.approx(8 * 5)
    assert one.saves_basis.startswith("per request near p99")
    assert [row["saves_ms"] for row in one.evidence] == pytest.approx([500, 490])
    assert all(row["p99_ms"] - row["saves_ms"] == row["after_ms"] for row in one.evidence)


@pytest.mark.parametrize(("longer", "severity"), [(900.0, "warning"), (1100.0, "critical")])
def test_a_second_per_request_is_critical(made, longer, severity):
    assert found(made, 400, 12, longer=longer)[0].severity == severity


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("db", "Make the statement faster"),
        ("pool", "wait for a connection"),
        ("http", "Keep the answer in a cache"),
        (None, "move it off the path"),
    ],
)
def test_the_fix_is_that_of_what_is_called(made, category, said):
    assert said in found(made, 400, 12, category=category)[0].fix.text


@pytest.mark.parametrize(("count", "confidence"), [(400, "high"), (200, "medium")])
def test_few_requests_are_less_certain(made, count, confidence):
    assert found(made, count, 0, usual=600.0)[0].confidence == confidence


def test_what_was_checked_names_the_thresholds():
    assert "50%" in CHECKED[0]
    assert "100 ms" in CHECKED[0]
    assert "500 ms" in CHECKED[0]
