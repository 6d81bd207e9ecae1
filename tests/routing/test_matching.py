"""Paths are matched as routers match them: Starlette's own answers are the measure."""

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Route, Router

from perfkit.routing.matching import Routes


def matched(routes, *paths):
    return Routes(routes).of(pa.array(paths, pa.string())).to_pylist()


def test_literals_count_before_parameters_and_these_before_the_rest():
    routes = [
        "/{path:path}",
        "/orders/{id}",
        "/orders/{id:int}",
        "/orders/new",
        "/orders/{id}.json",
    ]
    paths = ["/orders/new", "/orders/17", "/orders/17.json", "/orders/blue", "/a/b", "/"]
    assert matched(routes, *paths) == [
        "/orders/new", "/orders/{id:int}", "/orders/{id}.json", "/orders/{id}",
        "/{path:path}", "/{path:path}",
    ]  # fmt: skip


def test_a_literal_that_leads_nowhere_is_left_again():
    assert matched(["/orders/new/form", "/orders/{id}"], "/orders/new") == ["/orders/{id}"]
    assert matched(["/a/b/c", "/{x}/b/d"], "/a/b/d", "/a/b/e") == ["/{x}/b/d", None]


def test_what_fits_no_route_and_what_is_no_path_is_unknown():
    assert matched(["/orders/{id}"], "/orders", "/orders/1/2", "*", "", None, "a:443") == [None] * 6
    assert matched([], "/orders") == [None]


def test_queries_slashes_and_hosts_do_not_matter():
    paths = ["/orders/17/?a=/b", "http://shop//orders/17", "/orders;v=1/17"]
    assert matched(["GET orders/<int:id>/"], *paths) == ["GET orders/<int:id>/"] * 3


def test_an_optional_section_may_be_missing():
    assert matched(["/orders/:id?"], "/orders", "/orders/17", "/orders/17/x") == [
        "/orders/:id?", "/orders/:id?", None,
    ]  # fmt: skip


def test_templates_of_evidence_have_no_other_parameters_than_names():
    routes = Routes.of_templates(["/users/{name}/{id}", "/img/{name}.png", "/docs/{path}"])
    paths = ["/users/ada/{id}", "/users/ada/x", "/img/a.png", "/img/a.gif", "/docs/a/b", "/docs"]
    assert routes.of(pa.array(paths)).to_pylist() == [
        "/users/{name}/{id}", None, "/img/{name}.png", None, "/docs/{path}", "/docs/{path}",
    ]  # fmt: skip


SECTIONS = ["orders", "new", "{a}", "{b:int}", "{c:uuid}", "{d:float}"]
VALUES = ["orders", "new", "17", "1.5", "550e8400-e29b-41d4-a716-446655440000", "x"]
ROUTES = st.lists(
    st.lists(st.sampled_from(SECTIONS), min_size=1, max_size=3).map(lambda s: "/" + "/".join(s)),
    min_size=1,
    max_size=6,
    unique=True,
)


def starlette(routes, path):
    """Return which routes fit, each asked alone."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return {r for r in routes if Route(_distinct(r), print).matches(scope)[0] != Match.NONE}


def _distinct(route):
    """Starlette wants each parameter's name once in a route."""
    return "/".join(section.replace("{", f"{{p{n}") for n, section in enumerate(route.split("/")))


@given(ROUTES, st.lists(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3), min_size=1))
def test_a_path_has_a_route_exactly_where_starlette_finds_one(routes, paths):
    texts = ["/" + "/".join(path) for path in paths]
    for text, found in zip(texts, matched(routes, *texts), strict=True):
        fitting = starlette(routes, text)
        assert (found in fitting) if fitting else (found is None)


@given(ROUTES, st.randoms())
def test_the_order_of_the_routes_does_not_matter(routes, chance):
    paths = [f"/{a}/{b}" for a in VALUES for b in VALUES]
    shuffled = random.Random(chance.random()).sample(routes, len(routes))
    assert matched(routes, *paths) == matched(shuffled, *paths)


@pytest.mark.parametrize("path", ["/" + "x" * 100_000, "/a" * 50_000, "/<script>", "/\x00\x1b[31m"])
def test_hostile_paths_are_matched_like_others(path):
    assert matched(["/{path:path}"], path) == ["/{path:path}"]
    assert matched(["/orders"], path) == [None]


def test_routers_agree_on_a_real_table_of_routes():
    routes = ["/", "/orders", "/orders/new", "/orders/{id:int}", "/files/{p:path}", "/{page}"]
    router = Router([Route(route, print) for route in sorted(routes, key=lambda r: r.count("{"))])
    for path in ["/", "/orders", "/orders/new", "/orders/5", "/files/a/b", "/about", "/a/b"]:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
        first = next((r.path for r in router.routes if r.matches(scope)[0] != Match.NONE), None)
        assert matched(routes, path) == [first]
