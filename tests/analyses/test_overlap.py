from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.analyses.overlap import Served, on_the_loop

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_request_that_ends_when_the_interval_begins_does_not_overlap():
    columns = {"started_at": [AT, AT], "duration_ms": [91.0, 92.0]}
    served = Served(tables.from_columns("requests", columns))
    ends = pa.chunked_array([pa.array([AT], tables.ARROW["time"])]).cast(pa.int64())
    ended_at = pa.chunked_array([pa.array([ends[0].as_py() + 129_000_000], tables.ARROW["time"])])
    assert served.overlapping(ended_at, np.array([38.0])).to_pylist() == [1]


def test_requests_without_a_start_or_duration_are_left_out():
    columns = {"started_at": [AT, None], "duration_ms": [None, 5.0]}
    assert len(Served(tables.from_columns("requests", columns))) == 0


def test_the_loop_belongs_to_the_requests_of_the_log_that_reports_it():
    requests = tables.from_columns("requests", {"source": [0, 1, 1]})
    blocks = tables.from_columns("events", {"source": [1]})
    assert on_the_loop(requests, blocks)["source"].to_pylist() == [1, 1]
    elsewhere = tables.from_columns("events", {"source": [7]})
    assert on_the_loop(requests, elsewhere).num_rows == 3
