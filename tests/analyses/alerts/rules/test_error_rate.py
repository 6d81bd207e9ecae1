from __future__ import annotations

import numpy as np
import pyarrow as pa

from perfkit.recording import Recording


def table(*durations, route="/a", method="GET", **columns):
    rows = np.concatenate(durations)
    return pa.table(
        {
            "route": [route] * len(rows),
            "duration_ms": rows,
            "method": [method] * len(rows),
            **columns,
        }
    )


def spread(count, median=100.0, sigma=0.3, seed=0):
    return np.random.default_rng(seed).lognormal(np.log(median), sigma, count)


def test_failures_above_one_per_cent_are_found_and_their_certainty_said(alerts):
    def failing(count):
        status = np.where(np.arange(500) < count, 500, 200)
        return table(spread(500), status=status)

    [sure] = alerts(failing(30)).findings
    assert (sure.rule, sure.severity, sure.confidence) == ("error-rate", "critical", "high")
    [unsure] = alerts(failing(6)).findings
    assert (unsure.severity, unsure.confidence) == ("warning", "medium")
    assert alerts(failing(4)).findings == ()


def test_an_error_text_is_a_failure_even_without_a_status(alerts):
    errors = ["timeout"] * 20 + [None] * 480
    assert [f.rule for f in alerts(table(spread(500), error=errors)).findings] == ["error-rate"]


def test_refusals_are_no_failures(alerts):
    assert alerts(table(spread(500), status=[404] * 500)).findings == ()


def by_method(**methods):
    """Requests on /orders: ``POST=(failed, all)``."""
    rows = [
        (method, 500 if n < failed else 200)
        for method, (failed, count) in methods.items()
        for n in range(count)
    ]
    method, status = zip(*rows, strict=True)
    return table(spread(len(rows)), route="/orders", status=list(status)).set_column(
        2, "method", pa.array(method)
    )


def told(alerts, **methods):
    return sorted(f.title for f in alerts(by_method(**methods)).findings)


def test_a_method_that_fails_among_many_healthy_ones_is_named(alerts):
    rec = Recording.from_frames(requests=by_method(GET=(0, 20_000), POST=(20, 800)))
    [finding] = alerts(rec.arrow("requests")).findings
    assert finding.title == "POST /orders fails in 2.5 % of its requests (20 of 800)"
    assert finding.keys == {"route": "/orders"}
    assert finding.evidence[0]["method"] == "POST"
    assert finding.evidence[0]["requests"] == 800
    chosen = eval(finding.fix.snippet, {"rec": rec})
    assert len(chosen) == 20
    assert set(chosen.method) == {"POST"}


def test_methods_that_do_not_differ_clearly_are_one_finding_for_the_route(alerts):
    assert told(alerts, GET=(30, 1000), POST=(25, 800)) == [
        "/orders fails in 3.1 % of its requests (55 of 1,800)"
    ]
    assert told(alerts, GET=(0, 60), POST=(6, 400)) == [
        "/orders fails in 1.3 % of its requests (6 of 460)"
    ]


def test_methods_that_differ_are_told_in_place_of_the_route(alerts):
    assert told(alerts, GET=(60, 5000), POST=(300, 800)) == [
        "GET /orders fails in 1.2 % of its requests (60 of 5,000)",
        "POST /orders fails in 37.5 % of its requests (300 of 800)",
    ]
    assert told(alerts, GET=(0, 9000), POST=(25, 800), PUT=(24, 800)) == [
        "POST /orders fails in 3.1 % of its requests (25 of 800)",
        "PUT /orders fails in 3.0 % of its requests (24 of 800)",
    ]


def test_the_same_rare_failures_on_both_methods_are_none(alerts):
    assert told(alerts, GET=(40, 10_000), POST=(4, 300)) == []
    assert told(alerts, GET=(60, 10_000), POST=(5, 480)) == []


def test_an_incident_that_holds_the_failures_of_a_method_explains_them(simulated, alerts):
    def status(t, route, uniform):
        return np.where((t >= 3600) & (t < 4500) & (uniform < 0.2), 503, 200)

    requests = simulated.requests(1, status=status, routes=2)
    methods = np.where(requests["status"].to_numpy() == 503, "POST", "GET")
    place = requests.column_names.index("method")
    [finding] = alerts(requests.set_column(place, "method", pa.array(methods.tolist()))).findings
    assert finding.rule == "unavailable-burst"
    assert "error-rate on /r0" in finding.evidence[0]["also"]


def row_of(alerts, requests):
    rows = alerts(requests).rows.to_pylist()
    return next(row for row in rows if row["rule"] == "error-rate")


def test_too_few_failures_are_not_judged_and_no_value_is_shown(alerts):
    few = table(spread(4), status=[500] * 4)
    row = row_of(alerts, few)
    assert (row["status"], row["value"]) == ("not judged", None)
    assert row["why"] == "fewer than 5 failures or requests on every route: too few to judge"
    both = pa.concat_tables([few, table(spread(400), route="/b", status=[500] + [200] * 399)])
    row = row_of(alerts, both)
    assert (row["status"], row["value"]) == ("quiet", 1 / 400)


def test_requests_without_a_route_are_selected_by_what_runs(alerts):
    nameless = table(spread(500), route="(unknown)", status=[500] * 30 + [200] * 470)
    [finding] = alerts(nameless).findings
    rec = Recording.from_frames(requests=nameless.drop_columns(["route"]))
    assert len(eval(finding.fix.snippet, {"rec": rec})) == 30
