"""Steps are named by their columns, by what is below them, and by their attributes."""

from __future__ import annotations

import numpy as np

from perfkit.analyses.parallel.naming import FIXED, NOTHING, called, completed, inner_calls, named
from perfkit.analyses.parallel.operations import Operation


def test_every_step_has_a_place_or_a_mark(steps):
    def write(request, n):
        request.http(f"http://a/b/{n}", 10.0, peer=f"10.0.0.{n}")
        request.work(5.0)
        request.sql("SELECT 1", 1.0)
        request.sql("select a from b", 10.0)

    found = steps(write, 2)
    operations, code, transaction = named(found, np.arange(len(found)))
    assert [one.name for one in operations] == ["GET a/b/{id}", "select a from b"]
    assert code.tolist() == [0, FIXED, NOTHING, 1] * 2
    assert not transaction


def test_a_transaction_is_seen_though_it_is_no_step(steps):
    found = steps(lambda request, n: request.sql("COMMIT", 10.0), 1)
    operations, code, transaction = named(found, np.arange(1))
    assert (operations, code.tolist(), transaction) == ([], [NOTHING], True)


def test_the_method_of_a_request_may_stand_in_its_attributes(steps):
    def write(request, n):
        told = {"meta": {"http.method": "get"}} if n else {"http.request.method": "GET"}
        request.http("http://a/b", 10.0, name="http.request", told=told)

    found = steps(write, 2)
    bare = Operation("a/b", "http", reads=None, guards=False)
    assert completed(found, bare, found.row)[:3] == ("GET a/b", "http", True)


def test_of_two_methods_none_is_taken(steps):
    def write(request, n):
        request.http("http://a/b", 10.0, told={"http.method": ("GET", "POST")[n]})

    found = steps(write, 2)
    bare = Operation("a/b", "http", reads=None, guards=False)
    assert completed(found, bare, found.row) == bare


def test_a_wrapper_reads_if_all_its_calls_do_and_guards_if_one_does(steps):
    for methods, path, reads, guards in (
        (("GET", "GET"), "b", True, False),
        (("GET", "POST"), "b", None, False),
        (("GET", "GET"), "oauth", True, True),
    ):

        def write(request, n, methods=methods, path=path):
            at = request.now
            outer = request.work(21.0, "load")
            inner = request.work(20.5, "inner", at=at + 0.1, parent=outer)
            for place, method in enumerate(methods):
                url = f"http://a/{path}"
                request.http(url, 10.0, method=method, at=at + 0.2 + 10.1 * place, parent=inner)

        found = steps(write, 1)
        outer = found.row[found.wraps][:1]
        wrapper = Operation("load", "internal", reads=None, guards=False)
        assert completed(found, wrapper, outer)[2:4] == (reads, guards)
        assert len(called(found, inner_calls(found, int(outer[0])))) == 2
