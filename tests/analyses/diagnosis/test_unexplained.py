"""Slow routes without a cause are named, with the place to look next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.diagnosis.chain import Chain
from perfkit.analyses.diagnosis.symptoms import symptoms
from perfkit.analyses.diagnosis.unexplained import findings
from perfkit.budget import Budget
from perfkit.results import Finding, Fix

START = datetime(2026, 3, 1, tzinfo=UTC)
BUDGET = Budget(300.0)


def at(seconds):
    return START + timedelta(seconds=seconds)


def request(n, ms, route="/slow"):
    return {"started_at": at(n), "duration_ms": ms, "route": route, "trace_id": f"{n:032x}"}


def span(n, name, category, self_ms):
    return {
        "trace_id": f"{n:032x}",
        "span_id": f"{name}{n}",
        "name": name,
        "category": category,
        "started_at": at(n + 0.01),
        "duration_ms": self_ms,
        "self_ms": self_ms,
    }


def chain(**per_route):
    found = Finding(rule="r", severity="info", title="t", fix=Fix(text="f"))
    return Chain(found, {f"/{name}": ms for name, ms in per_route.items()}, None, None, found)


def notes(rec, *chains):
    return findings(rec, chains, symptoms(rec, None), BUDGET)


@pytest.fixture(scope="module")
def slow(built):
    rows = [request(n, 1000.0) for n in range(10)] + [request(n, 10.0, "/ok") for n in range(9)]
    return built(requests=rows)


def test_a_slow_route_without_a_cause_is_one_note_and_a_fast_one_none(slow):
    (note,) = notes(slow)
    assert note.keys == {"route": "/slow"}
    assert (note.rule, note.severity, note.confidence) == ("unexplained", "info", "low")
    assert note.saves_total_ms == 0
    assert "no trace shows" in note.title
    assert "trace" in note.fix.text


@pytest.mark.parametrize(
    ("granted", "named"), [(0.0, 1), (4999.0, 1), (5000.0, 0), (7100.0, 0), (10_000.0, 0)]
)
def test_a_route_whose_time_is_half_explained_or_brought_below_the_budget_is_none(
    slow, granted, named
):
    assert len(notes(slow, chain(slow=granted))) == named


def test_two_causes_explain_a_route_together(slow):
    assert notes(slow, chain(slow=2500.0), chain(slow=2500.0)) == []


def test_the_span_with_most_self_time_is_the_place_to_look(built):
    rec = built(
        requests=[request(n, 1000.0) for n in range(3)],
        spans=[
            row
            for n in range(3)
            for row in (span(n, "render", "template", 600.0), span(n, "SELECT", "db", 200.0))
        ],
    )
    (note,) = notes(rec)
    assert note.title.endswith("no rule explains it: 75.0 % of it is template time (render)")
    assert "render" in note.fix.text


def test_spans_of_other_routes_do_not_count(built):
    rec = built(
        requests=[request(1, 1000.0), request(2, 1.0, "/ok")],
        spans=[span(1, "mine", "http", 100.0), span(2, "other", "db", 9000.0)],
    )
    (note,) = notes(rec)
    assert "100.0 % of it is http time (mine)" in note.title


def test_a_span_without_name_and_category_is_still_described(built):
    row = span(1, "x", "db", 100.0) | {"name": None, "category": None}
    (note,) = notes(built(requests=[request(1, 1000.0)], spans=[row]))
    assert "other time (unnamed)" in note.title


def test_nothing_slow_needs_no_note(built):
    assert notes(built(requests=[request(1, 10.0)])) == []
    assert notes(built()) == []


def test_requests_without_a_route_are_shown_by_what_runs(built):
    rec = built(requests=[request(n, 1000.0, route=None) for n in range(30)])
    (note,) = notes(rec)
    assert len(eval(note.fix.snippet, {"rec": rec})) == 20


def test_a_route_is_profiled_by_its_name(slow):
    (note,) = notes(slow)
    assert note.fix.snippet == "%profile_endpoint --app app GET /slow"
