import pytest

from perfkit.analyses.slos.asked import asked
from perfkit.errors import UsageError

ROUTES = ["/orders", "/users/{id}", None]


def said(found, route):
    return [str(one) for one in found.of(route)]


def test_without_a_budget_the_default_is_for_all():
    found = asked(None, None, None)
    assert {tuple(said(found, route)) for route in ROUTES} == {("p95 < 300 ms",)}


def test_routes_keep_their_own_and_the_others_the_star():
    found = asked(None, None, {"/orders": "p95<100ms, max<1s", "*": "p95<300ms"})
    assert said(found, "/orders") == ["p95 < 100 ms", "max < 1.00 s"]
    assert said(found, "/users/{id}") == said(found, None) == ["p95 < 300 ms"]


def test_the_first_argument_is_for_the_others_too():
    assert said(asked("p99<1s", None, {"/orders": "p95<1s"}), "/users/{id}") == ["p99 < 1.00 s"]


def test_without_a_star_other_routes_keep_nothing():
    assert said(asked(None, None, {"/orders": "p95<1s"}), "/users/{id}") == []


def test_one_route_alone_is_asked():
    found = asked("p95<1s", "/orders", None)
    assert [bool(found.of(route)) for route in ROUTES] == [True, False, False]


def test_every_objective_comes_with_the_routes_that_keep_it():
    found = asked("p95<1s and max<3s", None, {"/orders": "p95<1s"}).pairs(ROUTES)
    assert {str(one): places for one, places in found.items()} == {
        "p95 < 1.00 s": [0, 1, 2],
        "max < 3.00 s": [1, 2],
    }


def test_two_budgets_for_the_same_routes_are_refused():
    with pytest.raises(UsageError, match="both"):
        asked("p95<1s", None, {"*": "p95<2s"})


@pytest.mark.parametrize(("route", "named"), [("/order", None), (None, {"/order": "p95<1s"})])
def test_a_route_that_does_not_occur_is_refused_with_the_one_that_was_meant(route, named):
    with pytest.raises(UsageError, match="/order") as caught:
        asked("p95<1s", route, named).check(ROUTES)
    assert "/orders" in caught.value.hint


def test_where_nothing_is_alike_the_hint_says_where_routes_are_named():
    with pytest.raises(UsageError) as caught:
        asked("p95<1s", "xyz", None).check([None])
    assert "perfkit.baseline" in caught.value.hint
