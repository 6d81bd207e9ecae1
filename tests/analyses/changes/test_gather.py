import numpy as np
import pyarrow as pa
import pytest

from perfkit.analyses.changes.gather import gathered
from perfkit.errors import UsageError
from perfkit.recording import Recording

MONDAY = 1_767_571_200 * 10**9


def requests(count, **columns):
    at = pa.array(MONDAY + np.arange(count)[::-1] * 10**9, pa.timestamp("ns", "UTC"))
    return pa.table({"started_at": at, "duration_ms": np.arange(count) + 1.0, **columns})


def test_rows_come_by_key_and_in_order_of_time():
    seen = gathered(
        Recording.from_frames(requests=requests(400, route=["/b", "/a"] * 200)), "route"
    )
    assert [key for key, _, _ in seen.series()] == ["/a", "/b"]
    for _, series, _ in seen.series():
        assert (np.diff(series.times) > 0).all()
        assert series.logs[0] > series.logs[-1]


def test_weights_stay_with_their_rows_and_unknown_is_one():
    weights = [5.0, None] * 100
    rec = Recording.from_frames(requests=requests(200, route=["/a"] * 200, weight=weights))
    ((_, _, found),) = gathered(rec, "route").series()
    assert sorted(set(found.tolist())) == [1.0, 5.0]
    assert found[-1] == 5.0


def test_rows_without_a_route_are_nobody_s_series():
    seen = gathered(Recording.from_frames(requests=requests(200)), "route")
    assert list(seen.series()) == []
    assert seen.keys == 0


def test_negative_durations_are_no_durations():
    table = requests(300, route=["/a"] * 300)
    negative = table.set_column(1, "duration_ms", pa.array([-1.0] * 100 + [5.0] * 200))
    assert gathered(Recording.from_frames(requests=negative), "route").undated == 100


def test_parse_and_bind_are_no_executions():
    at = requests(300)["started_at"]
    phases = ["parse", "bind", "execute"] * 100
    columns = {"started_at": at, "duration_ms": [1.0] * 300, "statement": ["select 1"] * 300}
    rec = Recording.from_frames(queries=pa.table(columns | {"phase": phases}))
    seen = gathered(rec, "fingerprint")
    assert len(seen.times) == 100
    assert list(seen.names.values()) == ["select ?"]


def test_the_wall_clock_is_that_of_the_zone():
    rec = Recording.from_frames(tz="Asia/Tokyo", requests=requests(5, route=["/a"] * 5))
    assert gathered(rec, "route").offset == 9 * 3600 * 10**9


def test_another_key_is_refused():
    with pytest.raises(UsageError, match="no key"):
        gathered(Recording(), "peer")
