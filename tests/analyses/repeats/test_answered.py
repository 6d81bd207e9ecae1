"""URLs of calls as templates by the route of the server that answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.answered import routed
from perfkit.analyses.repeats.from_spans import Tree, calls_of

CODES = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK")
RATE = "http://rates/rate/EUR"


@pytest.mark.parametrize(
    "route",
    [
        *("/rate/{currency}", "/rate/:currency", "/rate/<currency>", "rate/<str:currency>/"),
        *("/rate/{currency:[A-Z]+}", "/rate/{currency?}", r"^rate/(?P<currency>\w+)$"),
        *("http://rates/rate/{currency}", "/rate/<string(length=3):currency>"),
        "/v1/rate/{currency}",
    ],
)
def test_routes_of_any_framework_name_what_varies(route):
    assert routed(RATE, route) == "http://rates/rate/{id}"


@pytest.mark.parametrize(
    "route",
    [
        *(None, "", "/", "/rate/EUR", "/rates/{currency}", "/{currency}"),
        *("/**", "/rate/*", "/rate/{*rest}", "/rate/{path:path}", "/rate/<path:rest>"),
        *("{controller=Home}/{action=Index}/{id?}", "/{controller}/{action}", "/rate/{proxy+}"),
    ],
)
def test_another_path_or_one_that_takes_whatever_comes_tells_nothing(route):
    assert routed(RATE, route) == RATE


def test_a_route_that_begins_with_what_varies_has_to_be_the_whole_path():
    assert routed("http://rates/EUR", "/{currency}") == "http://rates/{id}"


@given(st.text(), st.text())
def test_any_text_is_a_url_and_a_route(url, route):
    assert isinstance(routed(url, route), str)


def targets(table, trace):
    calls = calls_of(Tree(table("spans", trace.rows)))
    return [calls.targets[target].url for target in calls.target]


def answered(trace, code, *, transport=False, named=False):
    """Ask for one rate; the server's half is below the call or below its transport's span."""
    client = trace.http(f"http://rates/rate/{code}", 12.0)
    begin = trace.now - 11.0
    if transport:
        client = trace.http(f"http://rates/rate/{code}", 11.5, at=begin - 0.5, parent=client)
    route = "/rate/{currency}"
    told = {"name": f"GET {route}"} if named else {"name": "GET", "route": route}
    trace.span(told.pop("name"), 8.0, at=begin, parent=client, kind="server", **told)


@pytest.mark.parametrize("options", [{}, {"named": True}, {"transport": True}])
def test_a_call_is_what_the_server_says_that_it_answers(table, traces_built, options):
    trace = traces_built.Trace("t")
    for code in CODES:
        answered(trace, code, **options)
    assert targets(table, trace) == ["GET http://rates/rate/{id}"] * len(CODES)


def test_a_server_that_calls_another_one_tells_of_its_own_call_alone(table, traces_built):
    trace = traces_built.Trace("t")
    trace.http("http://gateway/api/cart", 20.0)
    inside = trace.span("GET", 10.0, at=1.0, parent="t-1", kind="server", route="/api/cart")
    trace.http("http://carts/api/cart", 5.0, at=2.0, parent=inside)
    trace.span("GET", 4.0, at=2.0, parent="t-3", kind="server", route="/api/{name}")
    assert targets(table, trace) == ["GET http://gateway/api/cart", "GET http://carts/api/{id}"]
