import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.baseline import baseline
from perfkit.views.figure_text import as_text


def service(routes, count=4000, text=""):
    rng = np.random.default_rng(2)
    number = rng.integers(0, routes, count)
    return pa.table(
        {
            "route": [f"/r{n}{text}" for n in number],
            "duration_ms": rng.lognormal(3 + number / routes, 0.4, count),
        }
    )


def traces(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_percentiles_of_too_few_requests_are_hollow():
    routes = ["/few"] * 10 + ["/many"] * 400
    table = pa.table({"route": routes, "duration_ms": [5.0 + i % 9 for i in range(410)]})
    figure = baseline(table).figure
    p95 = next(trace for trace in figure.data if trace.name == "p95")
    hollow = dict(zip(p95.y, p95.marker.symbol, strict=True))
    assert {name.split()[0]: symbol for name, symbol in hollow.items()} == {
        "/many": "diamond",
        "/few": "diamond-open",
    }


def test_the_axis_is_logarithmic_and_names_its_unit():
    figure = baseline(pa.table({"route": ["/a"], "duration_ms": [5.0]})).figure
    assert figure.layout.xaxis.type == "log"
    assert "ms" in figure.layout.xaxis.title.text


def test_the_bars_at_a_marker_end_where_its_interval_does():
    result = baseline(service(3))
    rows = result.arrow.to_pylist()
    for name in ("p50", "p95", "p99"):
        trace = traces(result.figure)[name]
        ends = [(row[f"{name}_low_ms"], row[f"{name}_high_ms"]) for row in rows]
        drawn = zip(trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True)
        assert [(x - below, x + above) for x, below, above in drawn] == [
            pytest.approx(pair) for pair in ends
        ]


def test_a_percentile_without_an_interval_has_no_bar():
    figure = baseline(pa.table({"route": ["/a"] * 9, "duration_ms": [5.0] * 9})).figure
    assert list(traces(figure)["p99"].error_x.array) == [0]


@pytest.mark.parametrize("routes", [1, 20, 500])
def test_any_number_of_routes_is_a_picture_of_twenty_at_most(routes):
    figure = baseline(service(routes)).figure
    shown = len(set(traces(figure)["p50"].y))
    assert shown == min(routes, 20)
    assert ("(the 20 routes with the most time of" in figure.layout.title.text) == (routes > 20)


def test_a_budget_is_a_line_that_the_twin_names_too():
    result = baseline(service(5), budget="p95<50ms")
    (line,) = (t for name, t in traces(result.figure).items() if name.startswith("budget"))
    assert set(line.x) == {50.0}
    assert set(line.y) == set(traces(result.figure)["p50"].y)
    assert "budget: p95 < 50 ms" in as_text(result.figure)
    assert set(traces(baseline(service(5)).figure)) == {"p50", "p95", "p99"}


def test_names_that_turn_the_direction_of_writing_do_not():
    figure = baseline(service(3, text="\u202e\x1b[31m<b>")).figure
    for name in traces(figure)["p50"].y:
        assert "\u202e" not in name
        assert "\x1b" not in name
        assert "<b>" not in name
    assert "\u202e" not in figure.layout.title.text
