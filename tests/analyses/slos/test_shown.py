import math

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.slos import shown
from perfkit.analyses.slos.asked import asked
from perfkit.analyses.slos.judged import Judged, judge
from perfkit.analyses.slos.seen import seen


@pytest.fixture(scope="module")
def incident(requests):
    """Four hours of two routes; from the second on /orders is slow for one client of ten."""
    rng, count = np.random.default_rng(6), 14_400
    who = rng.integers(0, 10, count)
    routes = np.where(np.arange(count) % 2, "/orders", "/users/{id}")
    late = (np.arange(count) >= 7200) & (who == 3) & (routes == "/orders")
    ms = np.where(late, 700.0, 50.0)
    clients = pa.array([f"192.0.2.{number}" for number in who])
    return seen(requests(ms, route=routes, client=clients, status=np.where(late, 503, 200)))


def looked(incident, budget="p95<200ms"):
    return judge(incident, asked(budget, None, None))


def test_a_row_has_what_was_measured_with_its_interval(incident):
    orders, users = shown.table(looked(incident, "p95<100ms").routes).to_pylist()
    assert (orders["route"], orders["verdict"], orders["budget"]) == (
        "/orders",
        "broken",
        "p95 < 100 ms",
    ) or orders["verdict"] == "cannot say"
    assert orders["requests"] == users["requests"] == 7200
    assert orders["low_ms"] <= orders["measured_ms"] <= orders["high_ms"]
    assert math.isnan(orders["error_rate"] or math.nan)
    assert (users["over"], users["to_blame"], users["burn_rate"]) == (0, 0, 0.0)


def test_failures_are_a_rate(incident):
    orders = shown.table(looked(incident, "error_rate<1%").routes).to_pylist()[0]
    assert orders["measured_ms"] is None
    assert orders["error_rate_low"] < orders["error_rate"] < orders["error_rate_high"]
    assert orders["over"] == round(orders["error_rate"] * 7200)
    assert orders["burn_rate"] == pytest.approx(orders["error_rate"] / 0.01)


def test_totals_count_the_verdicts_and_hold_all_requests_together(incident):
    found = shown.totals(looked(incident, "error_rate<1%"))
    assert (found["budgets"], found["met"], found["broken"]) == (2, 1, 1)
    (whole,) = found["overall"]
    assert (whole["requests"], whole["budget"]) == (14_400, "error_rate < 1 %")
    assert "first_broken_at" not in whole  # in nanoseconds, which JSON has not


def test_the_worst_times_are_those_of_the_incident(incident):
    rows = shown.minutes(looked(incident, "error_rate<1%").routes).to_pylist()
    assert {row["route"] for row in rows} == {"/orders"}
    assert all(row["at"].hour in {2, 3} for row in rows)
    assert rows[0]["over_share"] == rows[0]["over"] / rows[0]["requests"]


def test_alerts_have_a_time(incident):
    (row, *_) = shown.alerts(looked(incident, "availability>99.9%").routes).to_pylist()
    assert row["burn_rate_over"] == "1 h and 5 min above 14.4"
    assert row["fired_at"] < row["until"]


@pytest.mark.parametrize(("show", "name"), [(False, None), (True, "192.0.2.3")])
def test_who_a_client_is_stays_untold_unless_asked_for(incident, show, name):
    (row,) = shown.clients(looked(incident, "error_rate<1%").routes, show=show).to_pylist()
    assert row["from"] == "1 of 10 clients"
    assert row["name"] == name


def test_where_nothing_is_broken_there_is_nothing_to_show(incident):
    routes = looked(incident, "p95<10s").routes
    assert shown.minutes(routes) is None
    assert shown.alerts(routes) is None
    assert shown.clients(routes, show=True) is None


def test_the_burn_rate_over_time_is_that_of_what_is_broken(incident):
    table = shown.burning(incident, looked(incident, "error_rate<1%"))
    assert table["key"].unique().to_pylist() == ["/orders: error_rate < 1 %"]
    mean = np.average(table["burn_rate"], weights=table["requests"])
    assert mean == pytest.approx(looked(incident, "error_rate<1%").routes[0].burn_rate)


def test_where_all_is_met_the_busiest_are_drawn(incident):
    table = shown.burning(incident, looked(incident, "p95<10s"))
    assert len(table["key"].unique()) == 2
    assert len(table) <= 2 * 240


def test_thresholds_are_those_of_the_windows(incident):
    assert shown.thresholds(looked(incident))["burn_rate"].to_pylist() == [1.0, 14.4]


def test_what_a_load_tool_did_not_state_is_unknown(measures, objective):
    stated = Judged(
        route="/", objective=objective("p95<1s"), found=measures(), verdict="met", stated=True
    )
    (row,) = shown.table([stated]).to_pylist()
    assert (row["requests"], row["over"], row["allowed"], row["to_blame"]) == (None,) * 4
