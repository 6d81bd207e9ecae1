"""Symptom, cause and fix in one chain, with what each file says."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit import units
from perfkit.analyses.diagnosis.attribution import NO_ROUTE
from perfkit.analyses.diagnosis.chain import build
from perfkit.analyses.diagnosis.symptoms import Symptom
from perfkit.fingerprint import fingerprint_id
from perfkit.results import Finding, Fix

START = datetime(2026, 3, 1, 14, 2, 3, 456789, tzinfo=UTC)
SQL = "select a from t where b = ?"


def cause(evidence=(), **keys):
    return Finding(
        rule="n-plus-one",
        severity="critical",
        title="t is asked 40 times",
        fix=Fix(text="ask once"),
        saves_ms=1.0,
        evidence=evidence,
        keys=keys,
    )


def symptom(route, requests=10, **more):
    values = {"failed": 0, "total_ms": 900.0, "waited_ms": 900.0, "p50_ms": 80.0, "p95_ms": 120.0}
    return Symptom(route=route, requests=requests, **{**values, **more})


def chain(rec, found, per_route, *seen):
    return build(rec, found, per_route, {one.route: one for one in seen}, new=None)


def steps(link):
    return {row["step"]: row["says"] for row in link.finding.evidence}


def test_a_chain_saves_what_its_routes_gave_spread_over_their_requests(built):
    link = chain(
        built(),
        cause(route="/a"),
        {"/a": 300.0, "/b": 100.0},
        symptom("/a", 30),
        symptom("/b", 10),
        symptom("/c", 99),
    )
    assert link.saves_ms == 400.0
    assert (link.finding.saves_ms, link.finding.saves_times) == (10.0, 40.0)
    assert link.finding.saves_basis == "per request of the routes concerned"


@given(st.dictionaries(st.sampled_from(["/a", "/b", "", "/gone"]), st.floats(0, 1e6)))
def test_the_finding_saves_in_all_what_was_granted(built, per_route):
    link = chain(built(), cause(), per_route, symptom("/a", 7), symptom("/b", 3))
    assert link.finding.saves_total_ms == pytest.approx(sum(per_route.values()))


def test_without_a_known_route_the_saving_is_of_the_recording(built):
    link = chain(built(), cause(pool="shop"), {NO_ROUTE: 70.0}, symptom("/a"))
    assert (link.finding.saves_ms, link.finding.saves_times) == (70.0, 1.0)
    assert link.finding.saves_basis == "in the recording"
    assert link.finding.title == "t is asked 40 times"
    assert link.symptom is None
    assert "route" not in link.finding.keys


def test_the_route_that_a_cause_names_is_its_symptom_even_if_another_loses_more(built):
    link = chain(built(), cause(route="/a"), {"/a": 1.0, "/b": 9.0}, symptom("/a"), symptom("/b"))
    assert link.symptom.route == "/a"


def test_code_that_blocks_the_loop_is_shown_at_the_route_it_hurts_most(built):
    found = cause(route="/report", frame="render")
    link = chain(built(), found, {"/report": 1.0, "/b": 9.0}, symptom("/report"), symptom("/b"))
    assert link.symptom.route == "/b"
    assert link.finding.keys["route"] == "/report"


def test_the_title_says_symptom_and_cause_and_how_many_routes_more(built):
    link = chain(
        built(),
        cause(route="/a"),
        {"/a": 5.0, "/b": 2.0, NO_ROUTE: 9.0},
        symptom("/a", p95_rest_ms=20.0),
    )
    assert link.finding.title == "/a: p95 120 ms (was 20 ms), and 1 more: t is asked 40 times"


def test_a_cause_known_from_one_route_alone_has_no_more(built):
    link = chain(built(), cause(route="/a"), {"/a": 5.0}, symptom("/a"))
    assert link.finding.title == "/a: p95 120 ms: t is asked 40 times"
    assert math.isnan(link.symptom.p95_rest_ms)


def test_every_file_that_knows_the_statement_says_so_once(built):
    key = fingerprint_id(SQL)
    rec = built(
        queries=[
            {"started_at": START, "statement": SQL, "fingerprint_id": key, "duration_ms": ms}
            for ms in (1.0, 3.0)
        ],
        spans=[{"trace_id": "t", "span_id": "s", "fingerprint_id": key, "duration_ms": 5.0}],
        plans=[{"at": START, "fingerprint_id": key, "duration_ms": 9.0, "plan": "{}"}],
    )
    link = chain(rec, cause(route="/a", fingerprint_id=key), {"/a": 5.0}, symptom("/a"))
    said = steps(link)
    assert {"symptom", "time taken", "database log", "trace", "plan"} <= set(said)
    assert said["database log"].startswith("2")
    alone = chain(rec, cause(route="/a"), {"/a": 5.0}, symptom("/a"))
    assert not {"database log", "trace", "plan"} & set(steps(alone))


def test_a_statement_that_a_file_does_not_know_is_not_mentioned_for_it(built):
    rec = built(queries=[{"started_at": START, "statement": SQL, "fingerprint_id": "other"}])
    assert "database log" not in steps(chain(rec, cause(fingerprint_id="f1"), {}, symptom("/a")))


def test_the_time_taken_names_the_six_largest_routes_largest_first(built):
    per_route = {f"/{n}": float(n) for n in range(1, 9)} | {NO_ROUTE: 100.0}
    said = steps(chain(built(), cause(), per_route))["time taken"]
    assert said.split(", ")[0] == "(no route) 100 ms"
    assert [part.split()[0] for part in said.split(", ")[1:]] == ["/8", "/7", "/6", "/5", "/4"]


def test_evidence_of_the_cause_is_said_in_words_with_units_and_three_rows_at_most(built):
    row = {"time_ms": 1234.0, "repeats": 1200, "at": START, "share": 2.0, "what": "x"}
    link = chain(built(), cause(evidence=[row] * 5), {})
    said = [one["says"] for one in link.finding.evidence if one["step"] == "cause"]
    assert len(said) == 3
    assert (
        said[0]
        == f"time {units.format_ms(1234.0)}, repeats 1,200, at 14:02:03.456, share 2, what x"
    )
