"""Questions to the schedule: who is meant, what the answer counts, what is refused."""

import numpy as np
import pytest

from perfkit.analyses.critical_paths.paths import Paths
from perfkit.analyses.critical_paths.what_if import called, matching, simulated
from perfkit.analyses.traces.entries import entries
from perfkit.errors import UsageError

MS = 1_000_000


def paths(made, *waits, route="/a"):
    """Requests of 10 ms and a wait for stock, whose own row serves the call."""
    rows = []
    for number, wait in enumerate(waits):
        trace = {"trace_id": f"t{number}"}
        start = number * 10_000 * MS
        served = trace | {"kind": "server", "route": f"{route}", "service": "shop", "name": "serve"}
        rows.append((f"r{number}", None, start, (wait + 10) * MS, served))
        rows.append(
            (f"c{number}", f"r{number}", start, wait * MS,
             trace | {"kind": "client", "service": "shop", "name": "ask"})
        )  # fmt: skip
        rows.append(
            (
                f"s{number}",
                f"c{number}",
                start,
                wait * MS,
                trace | {"service": "stock", "name": "look"},
            )
        )
    forest = made.forest(*rows)
    return Paths(forest, entries(forest))


def test_a_name_and_a_service_narrow_each_other(made):
    found = paths(made, 20, 30)
    assert matching(found, "ask", None).tolist() == [1, 4]
    assert matching(found, None, "stock").tolist() == [2, 5]
    assert matching(found, None, "shop").tolist() == [1, 4]  # never the requests themselves
    with pytest.raises(UsageError, match="'ask' of service 'stock'"):
        matching(found, "ask", "stock")
    with pytest.raises(UsageError, match="'serve'"):
        matching(found, "serve", None)


def test_without_spans_below_requests_the_hint_says_so(made):
    forest = made.forest(("a", None, 0, 10, {"kind": "server", "route": "/a"}))
    with pytest.raises(UsageError) as caught:
        matching(Paths(forest, entries(forest)), "x", None)
    assert "no request has children" in str(caught.value)


@pytest.mark.parametrize("factor", [-0.001, float("inf"), float("-inf"), float("nan")])
def test_a_factor_that_is_no_share_is_refused(made, factor):
    with pytest.raises(UsageError, match="factor"):
        simulated(paths(made, 20), np.array([1]), factor, "ask")


def test_means_and_savings_are_those_of_a_hand_calculation(made):
    found = paths(made, 20, 30, 0)
    result = simulated(found, np.array([1, 4]), 0.5, "ask")
    (row,) = result.arrow.to_pylist()
    assert row["mean_ms"] == pytest.approx((30 + 40 + 10) / 3)
    assert row["saves_ms"] == pytest.approx((10 + 15) / 3)
    assert row["saves_share"] == pytest.approx(25 / 80)
    assert (row["requests"], row["affected"]) == (3, 2)
    assert result.totals["saves_total_ms"] == pytest.approx(25)
    assert result.totals["affected"] == 2
    assert "ask took 0.5 times as long" in result.headline
    assert "on average" in result.headline


def test_the_average_is_of_the_routes_that_are_hit(made):
    rows = [
        ("r0", None, 0, 30 * MS, {"trace_id": "t", "kind": "server", "route": "/a"}),
        ("c0", "r0", 0, 20 * MS, {"trace_id": "t", "name": "ask"}),
        ("r1", None, 0, 900 * MS, {"trace_id": "u", "kind": "server", "route": "/b"}),
        ("c1", "r1", 0, 20 * MS, {"trace_id": "u", "name": "other"}),
    ]
    forest = made.forest(*rows)
    found = Paths(forest, entries(forest))
    result = simulated(found, np.array([1]), 0.0, "ask")
    assert "/a would take 10 ms instead of 30 ms" in result.headline
    rows = {row["route"]: row for row in result.arrow.to_pylist()}
    assert (rows["/b"]["saves_ms"], rows["/b"]["affected"]) == (0, 0)
    assert list(rows) == ["/a", "/b"]


def test_requests_that_took_no_time_save_no_share(made):
    forest = made.forest(
        ("r", None, 0, 40, {"kind": "server", "route": "/a", "trace_id": "u"}),
        ("c", "r", 0, 30, {"name": "ask", "trace_id": "u"}),
        ("a", None, 0, 0, {"kind": "server", "route": "/moment"}),
    )
    found = Paths(forest, entries(forest))
    table = simulated(found, matching(found, "ask", None), 0.0, "ask").arrow
    shares = dict(zip(table["route"].to_pylist(), table["saves_share"].to_pylist(), strict=True))
    assert shares == {"/a": 0.75, "/moment": None}


def test_what_is_meant_is_named_as_it_was_asked(made):
    found = paths(made, 20)
    assert called(found, np.array([2]), None, "stock") == "service stock"
    assert called(found, np.array([1]), "ask", None) == "ask"
    assert len(called(found, np.array([1]), "x" * 500, None)) <= 60
