from datetime import UTC, datetime, timedelta

import pyarrow as pa

from perfkit.analyses.critical_path import critical_path

STEP = "\u203a"  # one per level below the request
START = datetime(2026, 1, 1, tzinfo=UTC)


def spans(*rows):
    """Return spans from (id, parent, start ms, duration ms, service)."""
    ids, parents, starts, durations, services = zip(*rows, strict=True)
    return pa.table(
        {
            "trace_id": ["t"] * len(rows),
            "span_id": list(ids),
            "parent_id": pa.array(parents, pa.string()),
            "name": [one.rstrip("0123456789") for one in ids],
            "service": list(services),
            "started_at": [START + timedelta(milliseconds=start) for start in starts],
            "duration_ms": [float(ms) for ms in durations],
        }
    )


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_calls_of_one_operation_share_a_lane_and_the_path_lies_on_top():
    rows = [("R", None, 0, 100, "shop"), *((f"q{n}", "R", 10 * n, 8, "shop") for n in range(9))]
    figure = critical_path(spans(*rows, ("aside", "R", 5, 20, "shop"))).figure
    assert figure.layout.yaxis.categoryarray == ("1. R", f"2. {STEP} q x9", f"3. {STEP} aside")
    drawn = traces(figure)
    assert list(drawn) == ["spans", "critical path"]
    assert len(drawn["spans"].x) == 11
    assert f"3. {STEP} aside" not in drawn["critical path"].y
    assert sum(drawn["critical path"].x) == 100


def test_the_slack_of_a_span_beside_the_path_is_told():
    rows = [("R", None, 0, 100, "s"), ("A", "R", 10, 80, "s"), ("B", "R", 10, 50, "s")]
    drawn = traces(critical_path(spans(*rows)).figure)["spans"]
    told = dict(zip(drawn.y, drawn.customdata, strict=True))
    assert told[f"3. {STEP} B"] == "slack 30 ms"
    assert told[f"2. {STEP} A"] == "80 ms of it on the critical path"


def test_services_are_named_where_there_are_several():
    rows = [("R", None, 0, 100, "shop"), ("A", "R", 10, 80, "stock")]
    labels = critical_path(spans(*rows)).figure.layout.yaxis.categoryarray
    assert labels == ("1. R [shop]", f"2. {STEP} A [stock]")


def test_of_many_operations_those_with_the_most_time_on_the_path_stay():
    names = [f"op{'x' * n}" for n in range(60)]
    rows = [("R", None, 0, 10_000, "s")]
    rows += [(name, "R", 100 * n, n + 1, "s") for n, name in enumerate(names)]
    figure = critical_path(spans(*rows)).figure
    labels = figure.layout.yaxis.categoryarray
    assert len(labels) == 24
    assert labels[0] == "1. R"
    assert figure.layout.title.text.endswith("(showing 24 of 61 spans)")
    assert len(labels[1]) >= len(names[37])
