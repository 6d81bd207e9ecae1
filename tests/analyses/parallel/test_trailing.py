"""The last call of a request: nothing but the framework comes behind it."""

from __future__ import annotations

import pytest

from perfkit.analyses.parallel.trailing import trailing


def lasts(found):
    names = [found.operations[code].name for code in found.operation]
    return [name for name, last in zip(names, found.last.tolist(), strict=True) if last]


def wanted(operation):
    return operation.name.startswith("POST")


def send(request, **columns):
    request.http("http://mail/send", 40.0, method="POST", **columns)


@pytest.mark.parametrize(
    ("behind", "last"),
    [
        (lambda request: None, True),
        (lambda request: request.sql("SELECT a FROM b", 5.0), False),
        (lambda request: request.sql("SELECT 1", 0.5), True),
        (lambda request: request.work(0.8, "serialize"), True),
        (lambda request: request.work(9.0, "render"), False),
        (lambda request: request.http("http://a/a", 60.0, at=1.0), False),
    ],
)
def test_a_call_is_last_if_nothing_is_made_of_its_answer(forest, behind, last):
    def write(request, n):
        request.http("http://a/first", 5.0)
        send(request)
        behind(request)

    found = trailing(forest(write, 1), wanted)
    assert lasts(found) == (["POST mail/send"] if last else [])


def test_it_may_hang_below_a_handler(forest):
    def write(request, n):
        handler = request.work(50.0, "handler", at=1.0)
        send(request, at=10.5, parent=handler)

    assert lasts(trailing(forest(write, 2), wanted)) == ["POST mail/send"] * 2


def test_only_routes_are_kept_some_of_whose_requests_end_with_what_is_wanted(forest):
    def write(request, n):
        request.rows[0]["route"] = f"/r{n % 2}"
        request.http("http://a/a", 5.0)
        if n % 2:
            send(request)

    found = trailing(forest(write, 4), wanted)
    assert {found.routes[route] for route in found.route} == {"/r1"}
    assert len(found.row) == 4


def test_jobs_answer_nobody(forest):
    assert (
        len(trailing(forest(lambda r, n: send(r), 2, kind="consumer", route=None), wanted).row) == 0
    )
