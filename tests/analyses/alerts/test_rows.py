from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa

from perfkit.analyses.alerts import rows


def test_columns_become_numbers_and_what_is_missing_is_unknown():
    read = rows.read(
        pa.table(
            {
                "started_at": pa.array([5, None], pa.timestamp("ns", "UTC")),
                "duration_ms": [1.5, None],
                "status": [503, None],
                "error": pa.array([None, "timeout"], pa.string()),
            }
        )
    )
    assert read.start.tolist() == [5, rows.UNTIMED]
    assert read.timed.tolist() == [True, False]
    assert read.failed.tolist() == [True, True]
    assert read.known.tolist() == [True, True]
    assert np.isnan(read.duration_ms[1])
    assert read.route.labels == [None]


def test_durations_sorted_before_are_not_sorted_again():
    table = pa.table({"route": ["/b", "/a", "/a"], "duration_ms": [1.0, 3.0, None]})
    read = rows.read(table)
    assert [part.tolist() for part in read.durations.parts()] == [[3.0], [1.0], []]
    again = dataclasses.replace(read, in_order=read.durations)
    assert again.durations is read.durations


def test_a_stray_time_is_not_part_of_the_recording():
    starts = [*range(1_000, 2_000), 500_000]
    times = pa.array([None, *(s * 10**9 for s in starts)], pa.timestamp("ns", "UTC"))
    read = rows.read(pa.table({"started_at": times}))
    assert read.extent == (1_000 * 10**9, 1_999 * 10**9)


def test_durations_that_cannot_be_are_unknown():
    read = rows.read(pa.table({"duration_ms": [-1.0, np.inf, 0.0]}))
    assert np.isnan(read.duration_ms).tolist() == [True, True, False]
    assert not read.known.any()
