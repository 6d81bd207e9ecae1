import pyarrow as pa

from perfkit.analyses.baseline import baseline


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
