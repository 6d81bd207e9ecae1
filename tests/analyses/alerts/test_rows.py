from __future__ import annotations

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


def test_durations_that_cannot_be_are_unknown():
    read = rows.read(pa.table({"duration_ms": [-1.0, np.inf, 0.0]}))
    assert np.isnan(read.duration_ms).tolist() == [True, True, False]
    assert not read.known.any()
