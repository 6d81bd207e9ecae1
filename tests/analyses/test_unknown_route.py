"""Who asks for a route that nobody serves is told which there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.unknown_route import unknown_route
from perfkit.errors import UsageError


def test_near_names_are_suggested():
    error = unknown_route("tail", "/order", ["/cart", "/orders", None, "/orders"])
    assert error.message == "tail: no request is served on route '/order'"
    assert error.hint == "did you mean /orders?"


def test_without_any_near_name_some_are_listed():
    names = [f"/{letter}" * 9 for letter in "qrst"]
    listed = unknown_route("tail", "/x", names).hint
    assert listed == f"routes are, for example: {', '.join(names[:3])}"
    assert "no requests" in unknown_route("tail", "/x", [None]).hint


@given(st.text(), st.lists(st.text(), max_size=5))
def test_hostile_names_stay_short_and_harmless(route, names):
    error = unknown_route("tail", route * 1000, [name * 1000 for name in names])
    assert isinstance(error, UsageError)
    assert len(str(error)) < 500
    assert "\x1b" not in error.hint
