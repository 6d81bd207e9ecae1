"""A prefix that leads to too many templates becomes one route."""

import pyarrow as pa

from perfkit.routing.collapse import MOST, collapsed


def test_few_templates_stay():
    templates = [f"/docs/{n % 40}/{n}" for n in range(MOST)]
    assert collapsed(pa.array(templates)).to_pylist() == templates


def test_the_longest_prefix_with_too_many_is_one_route_and_the_rest_stays():
    docs = [f"/site/docs/p{n % 60}/q{n}" for n in range(MOST + 1)]
    rest = ["/site/login", "/site/docs", "/", "/orders/{id}"]
    found = collapsed(pa.array(docs + rest)).to_pylist()
    assert set(found[: len(docs)]) == {"/site/docs/{path}"}
    assert found[len(docs) :] == rest


def test_the_root_is_never_one_route():
    templates = [f"/p{n % 60}/q{n}" for n in range(3 * MOST)]
    assert collapsed(pa.array(templates)).to_pylist() == templates
