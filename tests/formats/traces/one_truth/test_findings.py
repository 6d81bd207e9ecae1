"""Every format leads to the same findings: the planted faults, and none beside them."""

from collections import Counter
from statistics import median

import pytest

from perfkit.analyses.breakdown import breakdown
from perfkit.analyses.critical_path import critical_path
from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.analyses.parallelism import parallelism
from perfkit.analyses.tail import tail

#: New Relic's starts are whole milliseconds: spans seem to overlap, or to leave their parents.
_COARSE = {"new relic": 0.03}


def _repeats(truth, op, begins):
    """Return how often, in the middle, a trace makes a call."""
    said = [s for s in truth if s.said["op"] == op and begins in str(s.said.values())]
    return median(Counter(span.trace for span in said).values())


def test_the_loops_are_found_and_nothing_else(truth, loaded, form):
    result = n_plus_one(loaded(form))
    assert {finding.rule for finding in result.findings} == {"n-plus-one"}
    found = {row["route"]: row["repeats"] for row in result.arrow.to_pylist()}
    assert found == {
        "/desk/orders": pytest.approx(_repeats(truth, "sql", "order_lines"), abs=0.5),
        "/compare": pytest.approx(_repeats(truth, "http", "/prices/"), abs=0.5),
        "/shelf/{shelf}": pytest.approx(_repeats(truth, "grpc", "GetArticle"), abs=0.5),
    }


def test_calls_that_could_overlap_are_found(truth, loaded, form):
    (finding,) = parallelism(loaded(form)).findings
    news = [span.duration for span in truth if span.said.get("url", "").endswith("/desk/news")]
    assert finding.rule == "sequential-calls"
    assert finding.keys["route"] == "/home"
    assert finding.saves_ms == pytest.approx(median(news) / 1_000, rel=0.05)


def test_the_slow_host_behind_the_entry_is_named(loaded, form):
    (finding,) = tail(loaded(form)).findings
    host = "10.1.0.32" if form.startswith("zipkin") else "stock-b"
    assert finding.rule == "tail-attribute"
    assert f"= {host}" in finding.title
    assert finding.keys["route"] == "/search"


def test_time_is_divided_alike(loaded, form):
    ours, theirs = _shares(loaded("otlp lines")), _shares(loaded(form))
    for place in ours.keys() | theirs.keys():
        near = _COARSE.get(form, 0.0005)
        assert theirs.get(place, 0) == pytest.approx(ours.get(place, 0), abs=near)


def _shares(rec):
    rows = breakdown(rec).arrow.to_pylist()
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    return {(row["category"], row["service"]): row["share"] for row in rows}


def test_critical_paths_go_through_the_same_services(loaded, form):
    ours, theirs = _held(loaded("otlp lines")), _held(loaded(form))
    for place in ours.keys() | theirs.keys():
        if form in _COARSE and place[0] not in {"/home", "/search"}:
            continue  # of calls of a few milliseconds nobody can tell which came first
        near = _COARSE.get(form, 0.0005)
        assert theirs.get(place, 0) == pytest.approx(ours.get(place, 0), abs=near)


def _held(rec):
    found = Counter()
    for row in critical_path(rec).arrow.to_pylist():
        found[row["route"], row["category"], row["service"]] += row["share"]
    return found
