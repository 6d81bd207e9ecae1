"""The evidence in words: counts of requests that really are so, and stages that keep the order."""

from dataclasses import replace

import pytest

from perfkit.analyses.parallel.candidates import candidate
from perfkit.analyses.parallel.evidence import Level
from perfkit.analyses.parallel.sites import sites
from perfkit.analyses.parallel.wording import LABELS, evidence, stages

A, B, C = (f"http://{name}/{name}" for name in "abc")


@pytest.fixture(scope="session")
def group(steps):
    def make(write, count=30, **options):
        found = steps(write, count, **options)
        return candidate(found, sites(found.forest, found)[0])

    return make


def likely(request, n):
    for url in (A, B, C):
        request.http(url, 40.0)


def test_every_level_has_a_label():
    assert set(LABELS) == set(Level) - {Level.DEPENDENT}
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize("every", [2, 3, 5])
def test_the_number_of_requests_is_that_of_the_rarer_order(group, every):
    def write(request, n):
        for url in (A, B) if n % every == 0 else (B, A):
            request.http(url, 60.0)

    assert f"either came first in {30 // every} requests or more" in evidence(group(write))


def test_what_was_under_way_at_once_is_counted(group):
    def write(request, n):
        request.http(A, 40.0, at=1.0, method="POST")
        request.http(B, 40.0, at=1.2 if n < 12 else 41.5, method="POST")

    found = evidence(group(write))
    assert "under way at the same time in 12 other requests" in found
    assert "nothing but constants" not in found


def test_what_is_likely_names_the_requests_without_a_counter_example(group):
    found = group(likely, 25)
    assert "in all 25 requests" in evidence(found)


def test_what_is_only_possible_says_what_is_missing(group):
    few = replace(group(likely, 25), level=Level.POSSIBLE)
    assert evidence(few) == "only 25 requests show them"

    def hidden(request, n):
        request.http(A, 40.0)
        request.sql("SELECT a FROM b WHERE c = $1", 40.0)

    found = group(hidden)
    assert found.level == Level.POSSIBLE
    assert evidence(found).lower().startswith("select a from b where c = ?: ")


def test_independent_calls_are_one_stage_with_one_entry_each(group):
    assert stages(group(likely)) == [[["GET a/a"], ["GET b/b"], ["GET c/c"]]]


def test_of_all_calls_each_is_in_one_entry_in_the_order_of_time(group):
    def write(request, n):
        request.http(A, 30.0)
        request.http(f"{B}/{7919 * n + 13}", 40.0)  # needs what A answered
        request.http(C, 50.0)

    ((first, second),) = stages(group(write))
    assert (first, second) == (["GET a/a", "GET b/b/{id}"], ["GET c/c"])
