import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.analyses.baselines.rows import extent, rows
from perfkit.analyses.failures import NO_STATUS, OTHER_STATUS


def read(**columns):
    return rows(tables.from_columns("requests", columns))


def test_a_status_from_500_on_none_at_all_and_an_error_are_failures():
    found = read(
        status=[200, 404, 499, 500, 599, 0, None, None, 200],
        error=[None, None, None, None, None, None, None, "UT", "H12"],
    )
    assert found.failed.tolist() == [False, False, False, True, True, True, False, True, True]
    assert found.judged.tolist() == [True, True, True, True, True, True, False, True, True]


def test_a_status_that_http_does_not_know_is_other_and_below_zero_unknown():
    found = read(status=[999, 1000, 2**40, -1, -700, None])
    assert found.status.tolist() == [999, OTHER_STATUS, OTHER_STATUS, *[NO_STATUS] * 3]


def test_endless_durations_are_unknown():
    found = read(duration_ms=[1.0, np.inf, None, -np.inf])
    assert found.timed.tolist() == [True, False, False, False]


def test_weights_that_cannot_be_are_one():
    assert read(weight=[None, 1.0]).weight is None
    assert read(weight=[None, None]).weight is None
    assert read(weight=[2.0, None, 0.0, -3.0, np.inf]).weight.tolist() == [2, 1, 1, 1, 1]


def test_the_extent_is_from_the_first_start_to_the_last_end():
    second = 1_000_000_000
    times = pa.array([10 * second, 12 * second, None], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    found = read(started_at=times, duration_ms=[5000.0, None, 1e9])
    assert extent(found) == (10 * second, 15 * second)
    assert extent(read(duration_ms=[1.0])) is None


def test_chosen_rows_keep_all_that_is_known_of_them():
    found = read(duration_ms=[1.0, 2.0], status=[500, 200], weight=[3.0, 4.0], path=["/a", "/b"])
    some = found.where(np.array([False, True]))
    assert (some.ms.tolist(), some.weight.tolist(), some.failed.tolist()) == ([2], [4], [False])
    assert some.table["path"].to_pylist() == ["/b"]
    assert some.knows("path")
    assert not some.knows("peer")
