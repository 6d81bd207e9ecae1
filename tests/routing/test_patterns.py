"""Routes in the syntax of every router are read as the same sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.routing.patterns import Part, bare_route, is_pattern, parts

KINDS = {
    "/orders/{id}": "literal any",
    "/orders/{id:int}/lines": "literal int literal",
    "/files/{path:path}": "literal rest",
    "/files/{*path}": "literal rest",
    "/files/{**path}": "literal rest",
    "/files/{path...}": "literal rest",
    "/orders/<int:id>": "literal int",
    "/orders/<id:int>": "literal int",
    "/orders/<uuid:id>/": "literal uuid",
    "/files/<path:rest>": "literal rest",
    "/shops/<any(a,b):shop>": "literal any",
    "/orders/:id": "literal any",
    r"/orders/:id(\d+)": "literal int",
    "/orders/:id(.:format)": "literal any",
    "/files/:rest*": "literal rest",
    "/files/:rest(.*)": "literal rest",
    "/files/*": "literal rest",
    "/files/*rest": "literal rest",
    "/files/**": "literal rest",
    "/orders/{id:guid}": "literal uuid",
    "/codes/{code:[0-9]{3}}": "literal any",
    "orders/<int:pk>/": "literal int",
    r"^orders/(?P<pk>[0-9]+)/$": "literal int",
    r"^users/(?P<name>[^/.]+)/?$": "literal any",
    r"shop/^lists/(?P<slug>[\w-]+)/(\d+)/$": "literal literal any int",
    r"^api/data\.json$": "literal literal",
    "/v1/items/{id}:cancel": "literal literal mixed",
    "/v1/items:batchGet": "literal literal",
    "/archive/{year}-{month}": "literal mixed",
    "/@{user}/posts": "mixed literal",
    "GET /orders/{id}.json": "literal mixed",
    "GET,POST /orders": "literal",
    "/": "",
    "": "",
    "/a\nb{x}": "literal",
}


@pytest.mark.parametrize(("route", "kinds"), KINDS.items())
def test_a_route_is_read_section_by_section(route, kinds):
    assert " ".join(part.kind for part in parts(route)) == kinds


def test_an_optional_parameter_is_marked():
    assert parts("/orders/:id?") == (Part("literal", "orders"), Part("any", optional=True))
    assert parts("/orders/{id?}") == parts("/orders/:id?")


@pytest.mark.parametrize(
    ("route", "bare"),
    [("GET /a", "/a"), ("a/<b>/", "/a/<b>/"), (" /a ", "/a"), ("", "/"), ("GET", "/GET"),
     ("^a$", "^a$"), ("GET|HEAD /a", "/a")],
)  # fmt: skip
def test_a_route_is_written_without_its_method(route, bare):
    assert bare_route(route) == bare


@pytest.mark.parametrize(
    ("route", "expected"),
    [("/orders", True), ("GET /orders", True), ("orders/<int:pk>/", True), ("^a/$", True),
     ("OrdersController#show", False), ("shop.views.detail", False), ("", False), ("GET", False)],
)  # fmt: skip
def test_a_name_of_a_handler_is_no_pattern(route, expected):
    assert is_pattern(route) is expected


@given(st.text(max_size=60) | st.text("/{}<>:()?*^$\\[]aPd.0", max_size=60))
def test_any_text_can_be_read(route):
    assert all(part.kind for part in parts(route))
