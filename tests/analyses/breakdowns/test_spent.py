"""Wall time shared among what it was spent on: sums against a sweep over every nanosecond."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.analyses.breakdowns.kinds import SUSPECTS
from perfkit.analyses.breakdowns.spent import ALL, Spent, column
from perfkit.analyses.traces.entries import entries

MS = 1_000_000


def spent(made, *rows):
    forest = made.forest(*rows)
    return Spent(forest, entries(forest))


def request(number, wait, route="/a", **told):
    trace = {"trace_id": f"t{number}", "service": "shop"}
    served = trace | {"kind": "server", "route": route, "category": "app", **told}
    return [
        (f"r{number}", None, number * MS * 1000, (wait + 10) * MS, served),
        (f"c{number}", f"r{number}", number * MS * 1000, wait * MS, trace | {"category": "db"}),
    ]


def test_a_call_takes_its_time_from_the_code_around_it(made):
    found = spent(made, *request(0, 30), *request(1, 10))
    rows = {row["category"]: row for row in found.table(by_route=False).to_pylist()}
    assert rows["db"]["self_ms"] == 40
    assert rows["db"]["mean_ms"] == 20
    assert rows["db"]["share"] == pytest.approx(40 / 60)
    assert rows["app"]["self_ms"] == 20
    assert found.coverage == pytest.approx(40 / 60)
    assert found.parallel_share == 0


def test_samples_count_for_those_they_stand_for(made):
    found = spent(made, *request(0, 30, weight=3.0), *request(1, 10))
    rows = {row["category"]: row for row in found.table(by_route=False).to_pylist()}
    assert rows["db"]["self_ms"] == 3 * 30 + 10
    assert rows["db"]["mean_ms"] == pytest.approx(100 / 4)
    assert rows["db"]["requests"] == 2
    assert found.wall_ms == 3 * 40 + 20


def test_of_several_at_once_each_takes_its_part(made):
    trace = {"trace_id": "t", "service": "s"}
    found = spent(
        made,
        ("r", None, 0, 100 * MS, trace | {"kind": "server", "route": "/a", "category": "app"}),
        ("a", "r", 0, 60 * MS, trace | {"category": "db"}),
        ("b", "r", 20 * MS, 60 * MS, trace | {"category": "http"}),
    )
    rows = {row["category"]: row["self_ms"] for row in found.table(by_route=False).to_pylist()}
    assert rows == {"db": 20 + 40 / 2, "http": 20 + 40 / 2, "app": 20}
    assert found.parallel_share == pytest.approx(0.4)
    assert found.coverage == pytest.approx(0.8)


def test_routes_with_the_most_wall_time_come_first(made):
    found = spent(made, *request(0, 5, "/z"), *request(1, 50, "/m"), *request(2, 1, "/a"))
    assert found.by_time == ["/m", "/z", "/a"]
    table = found.table(by_route=True)
    assert list(dict.fromkeys(table["route"].to_pylist())) == ["/m", "/z", "/a"]
    assert "route" not in found.table(by_route=False).column_names


def test_suspects_of_all_requests_and_of_each_route_add_up_to_the_mean(made):
    found = spent(made, *request(0, 5, "/z", weight=4.0), *request(1, 50, "/m"))
    rows = found.suspects().to_pylist()
    assert [row["route"] for row in rows] == [ALL, "/m", "/z"]
    for row in rows:
        assert sum(row[column(name)] for name in SUSPECTS) == pytest.approx(row["mean_ms"])
    assert rows[0]["mean_ms"] == pytest.approx((4 * 15 + 60) / 5)


def test_a_single_route_is_all_requests_and_has_one_row(made):
    found = spent(made, *request(0, 5, "/a"), *request(1, 50, "/a"))
    assert found.suspects()["route"].to_pylist() == ["/a"]


def test_at_most_fifty_routes_are_listed_by_suspect(made):
    rows = [row for n in range(60) for row in request(n, n, f"/r{n}")]
    listed = spent(made, *rows).suspects()["route"].to_pylist()
    assert listed == [ALL, *(f"/r{n}" for n in range(59, 9, -1))]


def test_no_request_and_requests_without_length_have_no_shares(made):
    forest = made.forest(("a", None, 0, 9))
    nothing = Spent(forest, np.zeros(0, np.int64))
    assert math.isnan(nothing.coverage)
    assert nothing.suspects().num_rows == nothing.table(by_route=True).num_rows == 0
    moment = spent(made, ("a", None, 0, 0, {"kind": "server", "route": "/a"}))
    assert set(moment.suspects()["coverage_share"].to_pylist()) == {None}
    assert moment.table(by_route=False).num_rows == 0


def test_the_column_of_a_suspect_is_a_name():
    assert column("own code") == "own_code_ms"
    assert all(column(name).isidentifier() for name in SUSPECTS)


@given(data=st.data())
@settings(max_examples=40)
def test_every_part_of_the_wall_time_is_somewhere_once(made, data):
    found = spent(made, *data.draw(made.trees()))
    total = found.wall_ms
    for by_route in (True, False):
        assert sum(found.table(by_route=by_route)["self_ms"].to_pylist()) == pytest.approx(total)
    if total:
        assert -1e-9 <= found.coverage <= 1 + 1e-9
        assert 0 <= found.parallel_share <= 1 + 1e-9
