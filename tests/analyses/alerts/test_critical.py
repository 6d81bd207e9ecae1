from __future__ import annotations

import pyarrow as pa
import pytest

from perfkit.analyses.alerts import rows, thresholds
from perfkit.analyses.alerts.critical import critical_routes
from perfkit.analyses.alerts.look import Look
from perfkit.recording import Recording


def critical(*requests, named=None):
    """The critical ones among ``(route, method, count)``."""
    routes = [r for route, _, count in requests for r in [route] * count]
    methods = [m for _, method, count in requests for m in [method] * count]
    read = rows.read(pa.table({"route": routes, "method": methods}))
    look = Look(Recording(), read, thresholds.limits(None), named)
    chosen = critical_routes(look)
    return {label for label, is_one in zip(look.routes.labels, chosen, strict=True) if is_one}


@pytest.mark.parametrize("route", ["/checkout", "/api/v1/payments", "/users/login", "/orders/{id}"])
def test_routes_to_pay_and_to_get_in_are_critical_when_they_change_something(route):
    assert critical((route, "POST", 1), ("/home", "GET", 99)) == {route, "/home"}
    assert critical((route, "GET", 1), ("/home", "GET", 99)) == {"/home"}


@pytest.mark.parametrize("route", ["/reorder-list", "/authors", "/payload", "/blogin"])
def test_words_that_only_look_alike_are_not(route):
    assert critical((route, "POST", 1), ("/home", "GET", 99)) == {"/home"}


def test_those_named_are_the_critical_ones():
    assert critical(("/a", "GET", 50), ("/b", "GET", 50), named=["/b"]) == {"/b"}
