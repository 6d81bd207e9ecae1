"""Places: spans of one name below one route, where enough could be saved."""

from __future__ import annotations

import pytest

from perfkit.analyses.parallel import sites as module
from perfkit.analyses.parallel.sites import sites


def places(found):
    return [(s.route, s.parent, len(s.containers)) for s in sites(found.forest, found)]


def two(request, n, ms=20.0):
    request.http("http://a/a", ms)
    request.http("http://b/b", ms)


def test_requests_of_a_route_are_one_place_whatever_ids_their_names_hold(steps):
    assert places(steps(two, 5)) == [("/page", "GET /page", 5)]

    def write(request, n):
        request.rows[0] |= {"route": None, "name": f"GET /page/{n}"}
        two(request, n)

    assert places(steps(write, 5)) == [("GET /page/{id}", "GET /page/{id}", 5)]


def test_a_place_needs_three_requests_two_calls_and_time_to_save(steps):
    assert places(steps(two, 2)) == []
    assert places(steps(lambda request, n: two(request, n, 9.0))) == []
    assert places(steps(lambda request, n: request.http("http://a/a", 90.0))) == []

    def write(request, n):
        two(request, n)
        request.work(900.0)

    assert places(steps(write)) == []


def test_of_very_many_requests_some_are_looked_at_with_all_their_spans(steps, monkeypatch):
    def write(request, n):
        for _ in range(3):
            part = request.work(82.0, "part")
            at = request.now - 82.2
            request.http("http://a/a", 40.0, at=at, parent=part)
            request.http("http://b/b", 40.0, at=at + 40.5, parent=part)

    found = steps(write, 40)
    monkeypatch.setattr(module, "_MOST", 30)
    monkeypatch.setattr(module, "_FEWEST", 10)
    (part,) = [site for site in sites(found.forest, found) if site.parent == "part"]
    assert part.every == 4
    assert len(part.containers) == 30
    starts = found.forest.start[part.containers]
    assert (starts[1:] > starts[:-1]).all()


def test_a_place_knows_its_steps(steps):
    found = steps(two, 4)
    (site,) = sites(found.forest, found)
    for container, first, last in zip(site.containers, site.first, site.last, strict=True):
        assert (found.container[first:last] == container).all()
        assert last - first == 2


@pytest.mark.parametrize("count", [0, 1])
def test_without_calls_there_is_no_place(steps, count):
    assert places(steps(lambda request, n: None, count or 1)) == []
