"""What operations hold per endpoint: counted by hand, over requests that differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.critical_paths.endpoints import Endpoints
from perfkit.analyses.critical_paths.paths import Paths
from perfkit.analyses.traces.entries import entries

MS = 1_000_000


def endpoints(made, *requests):
    """Return endpoints of requests (route, wait ms, weight), each of the wait and 10 ms more."""
    rows = []
    for number, (route, wait, weight) in enumerate(requests):
        trace = {"trace_id": f"t{number}", "service": "shop"}
        start = number * 10_000 * MS
        served = trace | {"kind": "server", "route": route, "weight": weight, "name": route}
        rows.append((f"r{number}", None, start, (wait + 10) * MS, served))
        if wait:
            asked = trace | {"name": "ask", "category": "db"}
            rows.append((f"c{number}", f"r{number}", start + 5 * MS, wait * MS, asked))
    forest = made.forest(*rows)
    return Endpoints(Paths(forest, entries(forest)))


def held(found, route, operation):
    (one,) = (h for h in found.held if (h.route, h.known.name) == (route, operation))
    return one


def test_means_count_requests_without_the_operation(made):
    found = endpoints(made, ("/a", 30, None), ("/a", 0, None), ("/a", 0, None))
    one = held(found, "/a", "ask")
    assert one.path_ms == pytest.approx(10)
    assert one.share == pytest.approx(30 / 60)
    assert (one.requests, one.own) == (1, False)
    assert held(found, "/a", "/a").own


def test_means_are_of_the_requests_that_samples_stand_for(made):
    found = endpoints(made, ("/a", 40, 3.0), ("/a", 20, 1.0))
    one = held(found, "/a", "ask")
    assert one.path_ms == pytest.approx((3 * 40 + 20) / 4)
    assert one.share == pytest.approx((3 * 40 + 20) / (3 * 50 + 30))


def test_the_route_that_takes_most_time_in_all_is_first(made):
    found = endpoints(made, ("/z", 50, None), ("/a", 10, None), ("/a", 10, None), ("/m", 0, 90.0))
    assert found.by_time == ["/m", "/z", "/a"]
    assert found.durations()["route"].to_pylist() == ["/m", "/z", "/a"]
    assert found.durations()["requests"].to_pylist() == [1, 1, 2]
    assert list(dict.fromkeys(one.route for one in found.held)) == ["/m", "/z", "/a"]


def test_the_table_says_how_many_requests_the_route_has(made):
    rows = endpoints(made, ("/a", 30, None), ("/a", 0, None)).table().to_pylist()
    asked = {row["operation"]: (row["requests"], row["requests_of_route"]) for row in rows}
    assert asked == {"ask": (1, 2), "/a": (2, 2)}


def test_percentiles_of_few_requests_are_called_what_they_are(made):
    few = endpoints(made, *[("/a", n, None) for n in range(20)])
    assert "of 20 requests" in few.slowest("/a")
    assert "1 of 1 routes" in few.caveats()[0]
    enough = endpoints(made, *[("/a", n % 7, None) for n in range(400)])
    assert enough.slowest("/a") == "at p99"
    assert enough.caveats() == []


def test_requests_that_took_no_time_have_no_share(made):
    forest = made.forest(("a", None, 0, 0, {"kind": "server", "route": "/a"}))
    found = Endpoints(Paths(forest, entries(forest)))
    assert found.held == []
    assert found.table().num_rows == 0


@given(
    requests=st.lists(
        st.tuples(
            st.sampled_from(["/a", "/b"]), st.integers(0, 50), st.sampled_from([None, 0.5, 4.0])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_held_adds_up_to_the_mean_duration_of_each_route(made, requests):
    found = endpoints(made, *requests)
    for route in {one[0] for one in requests}:
        mine = [(wait + 10, weight or 1.0) for name, wait, weight in requests if name == route]
        mean = np.average([one[0] for one in mine], weights=[one[1] for one in mine])
        here = [one for one in found.held if one.route == route]
        assert sum(one.path_ms for one in here) == pytest.approx(mean)
        for share in ("share", "at_p50_share", "at_p99_share"):
            assert sum(getattr(one, share) for one in here) == pytest.approx(1)
