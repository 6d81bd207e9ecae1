from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from perfkit.analyses.critical_path import critical_path

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def result():
    """Return the paths of 50 requests that call ten things, one of them at length."""
    rows = []
    for n in range(50):
        rows.append((n, f"{n}", None, 0, 200.0, "server", "app", "GET /a", None))
        for k in range(10):
            url, took = f"http://stock/{'k' * (k + 1)}", 60.0 if k == 3 else 5.0
            at = 60 * (k > 3) + 6 * k
            rows.append((n, f"{n}.{k}", f"{n}", at, took, "client", "http", "GET", url))
    names = [
        "trace_id",
        "span_id",
        "parent_id",
        "started_at",
        "duration_ms",
        "kind",
        "category",
        "name",
        "url",
    ]
    columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
    columns["trace_id"] = [f"t{n}" for n in columns["trace_id"]]
    columns["started_at"] = [START + timedelta(milliseconds=ms) for ms in columns["started_at"]]
    columns["service"] = ["shop"] * len(rows)
    columns["route"] = ["/a" if kind == "server" else None for kind in columns["kind"]]
    return critical_path(pa.table(columns))


def test_a_route_has_a_bar_for_p50_and_one_for_p99_as_long_as_its_path(result):
    figure = result.figure
    assert figure.layout.yaxis.categoryarray == ("/a  p50", "/a  p99")
    for bar in figure.layout.yaxis.categoryarray:
        ms = [x for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True) if y == bar]
        assert sum(ms) == pytest.approx(200)


def test_pieces_follow_each_other_the_largest_first_and_the_small_ones_together(result):
    pieces = [
        (base, x, name, trace.name)
        for trace in result.figure.data
        for base, x, y, name in zip(trace.base, trace.x, trace.y, trace.customdata, strict=True)
        if y == "/a  p99"
    ]
    at = 0.0
    for base, ms, *_ in sorted(pieces):
        assert base == pytest.approx(at)
        at += ms
    assert [name for *_, name, _ in sorted(pieces)][-1] == "the rest"
    assert len(pieces) == 7
    assert {name for *_, name in pieces} == {"app", "http", "other"}


def test_inside_a_long_piece_stands_what_it_is(result):
    (http,) = [trace for trace in result.figure.data if trace.name == "http"]
    assert "GET /kkkk" in http.text
    assert "" in http.text


def test_a_what_if_shows_both_times(result):
    after = result.what_if("GET http://stock/kkkk", factor=0.5)
    recorded, simulated = after.figure.data
    assert (recorded.name, simulated.name) == ("as recorded", "simulated")
    assert (list(recorded.x), list(simulated.x)) == ([200.0], [170.0])
    assert recorded.y == simulated.y == ("/a (50)",)
