"""Which analyses are asked, and which of their findings count as causes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perfkit.analyses.diagnosis.causes import causes, run
from perfkit.results import Finding, Fix, Result

START = datetime(2026, 3, 1, tzinfo=UTC)


def found(title, saves_ms=10.0, **keys):
    return Finding(
        rule="r", severity="info", title=title, fix=Fix(text="."), saves_ms=saves_ms, keys=keys
    )


def result(table, *findings):
    return Result(
        analysis="digest", question="?", headline="!", arrow=table, noun="rows", findings=findings
    )


def titles(*results):
    return [finding.title for finding in causes(results)]


@pytest.fixture(scope="module")
def empty(built):
    return built().arrow("queries")


def test_a_statement_explained_once_is_not_explained_again_by_a_later_analysis(empty):
    first = result(empty, found("n+1", fingerprint_id="f1"))
    later = result(empty, found("digest", fingerprint_id="f1"), found("new", fingerprint_id="f2"))
    assert titles(first, later) == ["n+1", "new"]


def test_one_analysis_may_find_two_causes_at_one_statement(empty):
    same = result(empty, found("/a", 9.0, fingerprint_id="f1"), found("/b", fingerprint_id="f1"))
    assert set(titles(same)) == {"/a", "/b"}


def test_a_finding_that_saves_nothing_is_no_cause_but_its_statement_counts_as_explained(empty):
    first = result(empty, found("known", None, fingerprint_id="f1"), found("zero", 0.0))
    assert titles(first, result(empty, found("again", fingerprint_id="f1"))) == []


def test_causes_without_a_statement_do_not_hide_each_other(empty):
    assert titles(result(empty, found("pool")), result(empty, found("loop"))) == ["pool", "loop"]


def test_an_empty_recording_is_asked_nothing(built):
    assert run(built()) == ([], [])


@pytest.mark.parametrize(
    ("table", "row", "wanted"),
    [
        (
            "spans",
            {"started_at": START, "trace_id": "t", "span_id": "s"},
            ["n_plus_one", "parallelism", "external_calls"],
        ),
        ("queries", {"started_at": START, "statement": "select 1"}, ["n_plus_one", "digest"]),
        ("plans", {"at": START, "plan": "{}"}, ["plan_history", "sequential_scans"]),
        ("checkouts", {"requested_at": START, "pool": "p"}, ["pool"]),
        ("pool_samples", {"at": START, "pool": "p"}, ["pool"]),
        ("events", {"at": START, "kind": "checkpoint"}, ["event_loop"]),
        ("requests", {"started_at": START, "duration_ms": 1.0}, []),
    ],
)
def test_an_analysis_runs_where_one_of_its_tables_has_rows(built, table, row, wanted):
    results, looked = run(built(**{table: [row, row | {}]}))
    assert [one.analysis for one in results] == wanted
    assert len(looked) == len(wanted)


def test_the_slowest_statement_of_a_log_is_a_finding_without_a_saving_and_so_no_cause(built):
    rows = [
        {"started_at": START + timedelta(seconds=n), "statement": "select 1", "duration_ms": 900.0}
        for n in range(200)
    ]
    results, _ = run(built(queries=rows))
    assert any(one.findings for one in results)
    assert causes(results) == []
