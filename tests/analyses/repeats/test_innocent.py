"""Repeats with a good reason, close to the line between them and an N+1."""

from __future__ import annotations

import pytest

from perfkit.analyses.repeats.find import repeats
from perfkit.analyses.repeats.from_spans import Tree, calls_of
from perfkit.analyses.repeats.innocent import most_common


@pytest.fixture(scope="session")
def found(table, traces_built):
    """Return how many repeats are left of one request."""

    def of(write, **options):
        rows = traces_built.several(lambda trace, n: write(trace), 1, **options)
        return len(repeats(calls_of(Tree(table("spans", rows)))))

    return of


def polls(call, pause):
    def write(trace):
        for item in range(12):
            call(trace, item)
            trace.wait(pause)

    return write


def test_the_same_statement_after_pauses_is_polling_and_without_them_none(found):
    def same(trace, item):
        trace.sql("SELECT state FROM jobs WHERE id = $1", 5.0)

    assert found(polls(same, 150.0)) == 0
    assert found(polls(same, 20.0)) == 1


def test_different_things_asked_for_after_pauses_are_no_polling(found):
    assert found(polls(lambda t, i: t.http(f"http://a/items/{i}"), 150.0)) == 1


def test_pauses_in_which_something_else_runs_are_none(found):
    def busy(trace, item):
        trace.rpc("a.A/Get", 5.0)
        trace.span("compute", 200.0)

    assert found(polls(busy, 0.0)) == 1


@pytest.mark.parametrize(("hosts", "left"), [(12, 0), (6, 0), (5, 1), (1, 1)])
def test_a_statement_to_each_of_many_peers_is_a_scatter(found, hosts, left):
    def write(trace):
        for n in range(12):
            trace.sql("SELECT a FROM b WHERE c = $1", peer=f"shard-{n % hosts}:5432")

    assert found(write) == left


@pytest.mark.parametrize(("at_once", "left"), [(12, 0), (4, 1), (1, 1)])
def test_calls_sent_all_at_once_are_no_loop_but_waves_of_them_are(found, at_once, left):
    def write(trace):
        begin = trace.now
        for n in range(12):
            trace.http(f"http://a/items/{n}", 30.0, at=begin + 31.0 * (n // at_once))

    assert found(write) == left


def test_statements_at_once_take_a_connection_each(found):
    def write(trace):
        begin = trace.now
        for _ in range(12):
            trace.sql("SELECT a FROM b WHERE c = $1", 30.0, at=begin)

    assert found(write) == 1


@pytest.mark.parametrize(
    ("method", "left"), [("GET", 0), ("POST", 1)]
)  # of what is posted, the item may be in the body
def test_one_url_asked_for_again_is_no_loop_unless_something_is_sent_with_it(found, method, left):
    def write(trace):
        for _ in range(9):
            trace.http("http://prices/quote", method=method)

    assert found(write) == left


@pytest.mark.parametrize(
    ("route", "left"),
    [("/healthz", 0), ("/api/v1/health/ready", 0), ("/actuator/health", 0), ("/orders/status", 1)],
)
def test_a_health_check_asks_whatever_it_has_to(found, route, left):
    def write(trace):
        for _ in range(9):
            trace.sql("SELECT a FROM b WHERE c = $1")

    assert found(write, route=route) == left


def test_of_names_seen_equally_often_the_first_in_the_alphabet_counts():
    assert most_common(["b", "a", None]) == "a"
    assert most_common(["b", "a", "b"]) == "b"
    assert most_common([None]) is None


def test_a_pool_of_threads_that_asks_for_all_at_once_waits_about_as_long_as_for_one(found):
    def write(trace):
        begin = trace.now
        for n in range(8):  # the later ones start later and last longer: the peer is busy
            trace.http(f"http://a/rate/{n}", 16.0 + 4.0 * n, at=begin + 1.5 * n)

    assert found(write) == 0


@pytest.mark.parametrize(("work", "left"), [(0.0, 1), (2000.0, 0)])
def test_waves_of_calls_matter_by_what_one_call_would_save_of_the_request(found, work, left):
    def write(trace):
        begin = trace.now
        for n in range(12):
            trace.http(f"http://a/items/{n}", 12.0, at=begin + 13.0 * (n // 4))
        trace.span("compute", work)

    assert found(write) == left


def test_one_slow_call_makes_no_fan_out_of_a_loop(found):
    def write(trace):
        trace.http("http://a/items/0", 400.0)
        for n in range(1, 12):
            trace.http(f"http://a/items/{n}", 10.0)

    assert found(write) == 1
