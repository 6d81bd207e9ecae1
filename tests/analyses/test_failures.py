from __future__ import annotations

import numpy as np
import pyarrow as pa

from perfkit.analyses import failures
from perfkit.analyses.alerts import rows as judged
from perfkit.analyses.baselines import rows as counted
from perfkit.recording import as_recording


def test_a_status_of_500_and_above_or_none_at_all_is_a_failure():
    status = np.array([0, 101, 200, 404, 499, 500, 599, failures.OTHER_STATUS, failures.NO_STATUS])
    failed = failures.is_failure(status)
    assert status[failed].tolist() == [0, 500, 599, failures.OTHER_STATUS]
    assert not failures.is_failure(np.array([np.nan])).any()


def test_the_query_to_paste_finds_what_failed():
    status = [0, 200, 404, 499, 500, 599, None]
    frame = as_recording(pa.table({"status": status}), "requests").requests
    assert frame.query(failures.QUERY).status.tolist() == [0, 500, 599]


def test_what_is_no_status_of_http_is_kept_apart_from_the_unknown():
    column = pa.chunked_array([[200, None, -3], [2**40, 1000], pa.array([], pa.int64())])
    found = failures.statuses(column)
    other, unknown = failures.OTHER_STATUS, failures.NO_STATUS
    assert found.tolist() == [200, unknown, unknown, other, other]
    assert failures.statuses(pa.chunked_array([pa.nulls(2, pa.int64())])).tolist() == [unknown] * 2


def test_an_error_is_a_failure_whatever_the_status():
    status = np.array([200, failures.NO_STATUS, failures.NO_STATUS, 503], np.int16)
    error = pa.chunked_array([["boom", "boom", None, None]])
    failed, known = failures.failed_and_known(status, error)
    assert failed.tolist() == [True, True, False, True]
    assert known.tolist() == [True, True, False, True]


def test_the_baseline_and_its_rules_count_the_same_requests_as_failed():
    table = pa.table(
        {
            "duration_ms": [1.0] * 7,
            "status": pa.array([0, 200, 404, 499, 500, None, None], pa.int64()),
            "error": pa.array([None, None, None, None, None, None, "reset"], pa.string()),
        }
    )
    requests = as_recording(table, "requests").arrow("requests")
    mine, theirs = counted.rows(requests), judged.read(requests)
    assert mine.failed.tolist() == theirs.failed.tolist()
    assert mine.failed.tolist() == [True, False, False, False, True, False, True]
    assert mine.judged.tolist() == theirs.known.tolist()
