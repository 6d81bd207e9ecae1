"""Groups of calls: which belong to it, what it saves, whether that is worth telling."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.analyses.parallel.candidates import candidate
from perfkit.analyses.parallel.evidence import Level
from perfkit.analyses.parallel.example import example
from perfkit.analyses.parallel.findings import finding, listed
from perfkit.analyses.parallel.sites import sites
from perfkit.analyses.parallel.wording import evidence, stages

A, B, C, D = (f"http://{name}/{name}" for name in "abcd")


@pytest.fixture(scope="session")
def group(steps):
    def make(write, count=30, **options):
        found = steps(write, count, **options)
        return candidate(found, sites(found.forest, found)[0])

    return make


def chain(request, n):
    """B needs what A answered; C needs nothing."""
    request.http(A, 30.0)
    request.http(f"{B}/{7919 * n + 13}", 40.0)
    request.http(C, 50.0)


def test_calls_are_in_order_of_time_and_their_saving_is_a_median(group):
    def write(request, n):
        for url in (C, A, B):
            request.http(url, 20.0 + n)

    found = group(write)
    assert [one.name for one in found.operations] == ["GET c/c", "GET a/a", "GET b/b"]
    assert found.saves_ms == pytest.approx(2 * 34.5)
    low, high = found.interval_ms
    assert low < found.saves_ms < high
    assert (found.requests, found.times, found.times_each) == (30, 30.0, 1)


def test_calls_that_need_each_other_stay_in_one_entry(group):
    found = group(chain)
    assert stages(found) == [[["GET a/a", "GET b/b/{id}"], ["GET c/c"]]]
    assert example(found).to_pylist()[3:] == [
        {"what": "GET a/a", "when": "could be", "start_ms": 0.0, "duration_ms": 30.0},
        {"what": "GET b/b/{id}", "when": "could be", "start_ms": 30.0, "duration_ms": 40.0},
        {"what": "GET c/c", "when": "could be", "start_ms": 0.0, "duration_ms": 50.0},
    ]


def test_calls_that_can_only_go_in_pairs_make_stages(group):
    def write(request, n):
        late = n % 2 == 0
        request.http(A, 40.0, at=1.0, method="POST")
        request.http(B, 40.0, at=41.5 if late else 1.2, method="POST")
        request.http(C, 40.0, at=82.0, method="POST")
        request.http(D, 40.0, at=122.5 if late else 82.2, method="POST")

    found = group(write)
    assert stages(found) == [[["POST a/a"], ["POST b/b"]], [["POST c/c"], ["POST d/d"]]]
    assert found.saves_ms == pytest.approx(80.0)


def test_a_call_of_a_moment_is_not_worth_being_named(group):
    def write(request, n):
        request.http(A, 30.0)
        request.http(B, 0.5)
        request.http(C, 30.0)

    assert [one.name for one in group(write).operations] == ["GET a/a", "GET c/c"]


def test_the_less_certain_saving_counts_when_it_is_much_larger(group):
    def write(request, n, third=90.0):
        request.http(A, 40.0, at=1.0)
        request.http(B, 40.0, at=41.5 if n % 2 else 1.2)
        request.http(C, third)

    found = group(write)
    assert found.level == Level.LIKELY
    assert "under way at the same time in 15 other requests" in evidence(found)
    assert group(lambda request, n: write(request, n, 12.0)).level == Level.OVERLAPPING


def test_requests_in_which_something_failed_do_not_count(group):
    def write(request, n):
        request.http(A, 30.0, status=500 if n % 3 == 0 else 200)
        request.http(B, 30.0)

    assert group(write).requests == 20


def test_one_call_is_no_group(group):
    def write(request, n):
        request.http(A, 30.0)
        for _ in range(2):
            request.http(B, 30.0)

    assert group(write) is None


def test_a_finding_says_what_and_why(group):
    found = finding(group(chain))
    assert found.severity == "warning"
    assert found.confidence == "medium"
    assert [row["call"] for row in found.evidence] == ["GET a/a", "GET b/b/{id}", "GET c/c"]
    assert [row["could_begin_at_ms"] for row in found.evidence] == [0.0, 30.0, 0.0]
    assert "in all 30 requests" in found.fix.text
    statements = lambda request, n: [request.sql(f"SELECT a FROM {t}", 30.0) for t in "bc"]  # noqa: E731
    assert "connection of its own" in finding(group(statements)).fix.text


def test_many_calls_are_listed_in_short(group):
    def write(request, n):
        for name in "abcdef":
            request.http(f"http://{name}/{name}", 20.0)

    assert listed(group(write)) == "GET a/a, GET b/b, GET c/c and 3 more"


def test_without_a_group_the_example_is_empty():
    assert example(None).num_rows == 0


def test_the_typical_request_is_near_the_medians(group):
    def write(request, n):
        request.http(A, 30.0 + n)
        request.now += 4.0 if n != 15 else 2.0
        request.http(B, 30.0 + n)

    found = group(write)
    saved = found.schedule.saved[found.typical] / 1e6
    assert abs(saved - np.median(found.gains_ms)) <= 1.0
