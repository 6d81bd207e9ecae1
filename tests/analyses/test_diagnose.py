"""Chains from symptom to cause, on a recording whose faults are known to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

import perfkit
from perfkit import tables
from perfkit.errors import UsageError
from perfkit.recording import Recording

START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
LAUNCH = START + timedelta(minutes=2)
ITEMS = "SELECT id, price FROM order_items WHERE order_id = $1"
ORDERS = "SELECT id FROM orders ORDER BY id DESC LIMIT 40"
EACH = 100  # requests per route and phase


def request(number, route, at, ms):
    return {
        "started_at": at,
        "duration_ms": ms,
        "method": "GET",
        "route": route,
        "status": 200,
        "trace_id": f"{number:032x}",
    }


def span(trace, number, parent, at, ms, **more):
    return {
        "trace_id": f"{trace:032x}",
        "span_id": f"{trace:08x}{number:08x}",
        "parent_id": parent,
        "service": "shop",
        "started_at": at,
        "duration_ms": ms,
        **more,
    }


def trace_of_orders(number, at, repeats, each_ms):
    """One request to /orders: a source query, then the same statement ``repeats`` times."""
    total = 10.0 + repeats * each_ms
    root = span(
        number,
        0,
        None,
        at,
        total,
        kind="server",
        name="GET /orders",
        route="/orders",
        category="other",
        self_ms=8.0,
    )
    parent = root["span_id"]
    rows = [
        root,
        span(
            number,
            1,
            parent,
            at + timedelta(milliseconds=1),
            2.0,
            kind="client",
            name="SELECT shop",
            category="db",
            statement=ORDERS,
            self_ms=2.0,
        ),
    ]
    rows += [
        span(
            number,
            2 + n,
            parent,
            at + timedelta(milliseconds=4 + n * each_ms),
            each_ms,
            kind="client",
            name="SELECT shop",
            category="db",
            statement=ITEMS,
            self_ms=each_ms,
        )
        for n in range(repeats)
    ]
    return request(number, "/orders", at, total), rows


def recording(*, repeats=40, each_ms=10.0):
    """/users is healthy all the time; /orders repeats a statement since the launch."""
    requests, spans = [], []
    for phase, begin in enumerate((START, LAUNCH)):
        for n in range(EACH):
            at = begin + timedelta(seconds=n)
            requests.append(request(100_000 * phase + n, "/users/{id}", at, 4.0 + n % 3))
            row, below = trace_of_orders(
                100_000 * phase + 50_000 + n, at, repeats if phase else 1, each_ms
            )
            requests.append(row)
            spans += below
    return built(requests=requests, spans=spans)


def built(**rows):
    contents = {}
    for name, listed in rows.items():
        columns = {key: [row.get(key) for row in listed] for row in listed for key in row}
        contents[name] = tables.from_columns(name, columns)
    return Recording.from_frames(**contents)


@pytest.fixture(scope="module")
def rec():
    return recording()


@pytest.fixture(scope="module")
def diagnosis(rec):
    return perfkit.diagnose(rec, incident=("14:02", "14:05"))


def test_the_planted_cause_comes_first_with_route_statement_count_saving_and_snippet(diagnosis):
    first = diagnosis.findings[0]
    assert first.rule == "n-plus-one"
    assert first.keys["route"] == "/orders"
    assert first.keys["fingerprint_id"]
    assert "40" in first.title
    assert first.fix.snippet
    # 39 of 40 round trips of 10 ms go away, in each of the requests of the incident
    assert first.saves_ms == pytest.approx(39 * 10.0, rel=0.1)
    assert first.saves_total_ms == pytest.approx(EACH * 39 * 10.0, rel=0.1)


def test_the_incident_is_held_against_the_rest(diagnosis):
    assert diagnosis.table.loc[0, "new"]
    assert "(was 20 ms)" in diagnosis.findings[0].title


def test_no_route_gives_away_more_than_its_requests_took(rec, diagnosis):
    routes = diagnosis.series["routes"].to_pandas()
    taken = (
        rec.between("14:02", "14:05").requests.groupby("route", observed=True)["duration_ms"].sum()
    )
    for route, ms in routes.groupby("route")["ms"].sum().items():
        assert ms == pytest.approx(taken[route])
    assert (routes["ms"] >= -1e-6).all()


def test_the_closing_paragraph_says_what_why_how_much_and_where_to_stop(diagnosis):
    said = diagnosis.closing
    assert "/orders" in said
    assert "Start with (1):" in said
    assert "stop there" in said
    assert "\n" not in said


def test_a_deploy_mark_is_the_incident_when_none_is_named(rec):
    marked = perfkit.diagnose(rec.mark("14:02", "deploy 841"))
    assert "deploy 841" in marked.headline
    assert marked.findings[0].rule == "n-plus-one"


def test_without_incident_and_mark_the_whole_recording_is_asked(rec):
    result = perfkit.diagnose(rec)
    assert result.findings[0].rule == "n-plus-one"
    assert result.table["new"].isna().all()


def test_innocent_traffic_yields_no_finding():
    result = perfkit.diagnose(recording(repeats=2, each_ms=1.0), incident=("14:02", "14:05"))
    assert result.findings == ()
    assert "stop here" in result.closing
    assert result.checked


def test_a_slow_route_without_a_cause_is_named_and_not_explained_away():
    rows = [request(n, "/slow", START + timedelta(seconds=n), 2_000.0) for n in range(100)]
    result = perfkit.diagnose(built(requests=rows))
    (only,) = result.findings
    assert only.rule == "unexplained"
    assert only.saves_ms is None
    assert only.keys["route"] == "/slow"


def test_a_statement_in_two_files_is_counted_once(rec):
    spans = rec.arrow("spans")
    database = [
        {
            "started_at": row["started_at"],
            "duration_ms": 4.9,
            "duration_kind": "server",
            "phase": "execute",
            "statement": row["statement"],
        }
        for row in spans.to_pylist()
        if row["statement"]
    ]
    both = rec + built(queries=database)
    alone = perfkit.diagnose(rec, incident=("14:02", "14:05"))
    joined = perfkit.diagnose(both, incident=("14:02", "14:05"))
    assert joined.totals["saves_ms"] == pytest.approx(alone.totals["saves_ms"], rel=0.05)
    steps = {row["step"] for row in joined.findings[0].evidence}
    assert {"symptom", "database log", "trace"} <= steps


def test_the_budget_decides_when_to_stop(rec):
    result = perfkit.diagnose(rec, incident=("14:02", "14:05"), budget="p95<10s")
    assert "none of this is urgent" in result.closing


@pytest.mark.parametrize("budget", ["fast", "p99<200ms", "p95<", "p95<soon"])
def test_a_budget_that_is_none_is_one_sentence(rec, budget):
    with pytest.raises(UsageError):
        perfkit.diagnose(rec, budget=budget)


def test_an_empty_recording_is_answered():
    result = perfkit.diagnose(Recording())
    assert result.findings == ()
    assert result.arrow.num_rows == 0


def test_hostile_route_and_statement_stay_text():
    evil = "</script><script>alert(1)</script>\x1b[2J"
    rows = [request(n, evil, START + timedelta(seconds=n), 2_000.0) for n in range(100)]
    result = perfkit.diagnose(built(requests=rows))
    assert "\x1b" not in result.to_text()
    assert "<script>" not in result.to_html()
    assert isinstance(result.arrow, pa.Table)
