"""The matrix holds what each request calls once, and what parts one call from another."""

from __future__ import annotations

import pytest

from perfkit.analyses.parallel.matrix import matrix
from perfkit.analyses.parallel.sites import sites

MS = 1_000_000
A, B, C = "http://a/a", "http://b/b", "http://c/c"


@pytest.fixture(scope="session")
def calls(steps):
    def make(write, count=20, **options):
        found = steps(write, count, **options)
        return matrix(found, sites(found.forest, found)[0])

    return make


def column(found, name):
    (place,) = [n for n, one in enumerate(found.operations) if name in one.name]
    return place


def three(request, n):
    for url in (A, B, C):
        request.http(url, 20.0)


def test_every_call_has_a_column_with_its_times(calls):
    found = calls(three)
    assert found.present.all()
    assert (found.length == 20 * MS).all()
    b = column(found, "b/b")
    assert (found.start[:, b] == 21_400_000).all()
    assert (found.gap[:, b] == 400_000).all()
    assert (found.segment == found.segment[:, :1]).all()


def test_a_request_without_a_call_has_nothing_there(calls):
    found = calls(lambda request, n: [request.http(u, 20.0) for u in (A, B, C)[: 2 + n % 2]])
    c = column(found, "c/c")
    assert found.present[:, c].tolist() == [False, True] * 10
    assert (found.row[~found.present] == -1).all()


def test_what_cannot_be_moved_parts_the_calls_around_it(calls):
    def write(request, n):
        request.http(A, 20.0)
        request.work(5.0)
        request.http(B, 20.0)

    found = calls(write)
    assert (found.segment[:, 0] != found.segment[:, 1]).all()


def test_what_overlaps_what_cannot_be_moved_cannot_be_either(calls):
    def write(request, n):
        request.work(30.0, at=10.0)
        request.http(A, 20.0, at=1.0)
        request.http(B, 20.0, at=35.0)  # overlaps the work as well
        request.http(C, 20.0, at=60.0)

    assert calls(write).present.sum() == 20


def test_calls_that_repeat_are_no_columns(calls):
    def write(request, n):
        three(request, n)
        request.http(C, 20.0)

    assert {one.name for one in calls(write).operations} == {"GET a/a", "GET b/b"}


@pytest.mark.parametrize(
    ("columns", "usable"),
    [
        ({}, True),
        ({"status": 304}, True),
        ({"status": 302}, False),
        ({"status": 404}, False),
        ({"error": "timeout"}, False),
        ({"status": 5, "category": "rpc"}, False),
        ({"status": 0, "category": "rpc"}, True),
    ],
)
def test_a_failed_call_makes_its_request_unusable(calls, columns, usable):
    def write(request, n):
        request.http(A, 20.0, **columns)
        request.http(B, 20.0)

    assert calls(write).usable.tolist() == [usable] * 20


def test_a_corrected_clock_makes_its_request_unusable(calls):
    def write(request, n):
        request.span(20.0, kind="server", service="b", name="b", at=5000.0 if n == 3 else 1.0)
        request.http(A, 20.0, at=30.0)
        request.http(B, 20.0, at=60.0)
        request.rows[0]["duration_ms"] = 100.0

    assert calls(write).usable.sum() == 19


@pytest.mark.parametrize(
    ("statements", "one_session"),
    [
        (("SELECT a FROM b", "SELECT c FROM d"), False),
        (("SELECT a FROM b", "SELECT c FROM d", "INSERT INTO e VALUES (1)"), True),
        (("BEGIN", "SELECT a FROM b", "SELECT c FROM d"), True),
    ],
)
def test_statements_of_a_transaction_share_a_session(calls, statements, one_session):
    found = calls(lambda request, n: [request.sql(text, 20.0) for text in statements])
    assert found.one_session == one_session


def test_a_span_that_is_a_transaction_makes_one_session_below_it(steps):
    def write(request, n):
        outer = request.work(50.0, "OrderService.inTransaction", at=1.0)
        inner = request.work(48.0, "load", at=2.0, parent=outer)
        for place, table in enumerate(("b", "c")):
            request.sql(f"SELECT a FROM {table}", 20.0, at=3.0 + 21 * place, parent=inner)

    found = steps(write, 5)
    (site,) = [site for site in sites(found.forest, found) if site.parent == "load"]
    assert matrix(found, site).one_session
