from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.alerts import binned, per_route, rows


def bins_of(table):
    read = rows.read(table)
    return binned.bin_requests(read, per_route.measure(read))


def test_counts_failures_and_levels_are_those_of_the_rows(simulated):
    table = simulated.requests(
        1,
        seconds=1200,
        rate=lambda t: np.full(len(t), 10.0),
        status=lambda t, route, uniform: np.where(uniform < 0.2, 500, 200),
    )
    found = bins_of(table)
    frame = table.select(["started_at", "duration_ms", "route", "status"]).to_pandas()
    place = (frame.started_at.astype("int64") - found.grid.start) // found.grid.width
    frame = frame.assign(place=place, route=frame.route.astype(str))
    frame = frame[(frame.place >= 0) & (frame.place < found.grid.size)]
    assert found.count.tolist() == frame.groupby("place").size().tolist()
    assert found.failed.tolist() == (frame.status >= 500).groupby(frame.place).sum().tolist()
    name = rows.read(table).route.labels[found.routes[0]]
    mine = frame[frame.route == name]
    usual = table.filter(pa.compute.equal(table["route"].cast(pa.string()), name))
    level = np.log(mine.groupby("place").duration_ms.median() / np.median(usual["duration_ms"]))
    assert found.route_level[0] == pytest.approx(level.to_numpy(), abs=1e-5)


def test_requests_under_way_obey_littles_law(simulated):
    table = simulated.requests(
        2, seconds=1200, rate=lambda t: np.full(len(t), 20.0), routes=1, latency=lambda t, r: 40.0
    )
    found = bins_of(table)
    mean_s = table["duration_ms"].to_numpy().mean() / 1e3
    assert found.in_flight[3:].mean() == pytest.approx(20 * mean_s, rel=0.05)
    assert found.completed.sum() == pytest.approx(found.count.sum(), rel=0.01)


def test_a_request_counts_for_the_time_it_is_under_way(simulated):
    starts = np.repeat(np.arange(0, 100.0), 40)
    duration = np.zeros(len(starts))
    duration[0] = 50_000.0
    table = pa.table(
        {
            "started_at": pa.array(simulated.at(starts), pa.timestamp("ns", "UTC")),
            "duration_ms": duration,
        }
    )
    found = bins_of(table)
    under_way = np.round(found.in_flight * found.grid.seconds).sum()
    assert under_way == pytest.approx(50, abs=found.grid.seconds)


def test_a_bin_without_requests_has_no_rate_and_no_level(simulated):
    table = simulated.requests(
        3, seconds=1200, rate=lambda t: np.where((t > 400) & (t < 500), 0, 10.0)
    )
    found = bins_of(table)
    empty = found.count == 0
    assert empty.any()
    assert np.isnan(found.rate[empty]).all()
    assert np.isnan(found.level[empty]).all()


def test_without_times_there_are_no_bins():
    assert bins_of(pa.table({"duration_ms": [1.0, 2.0]})) is None
