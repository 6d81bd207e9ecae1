"""Requests that count their own statements."""

import json

import pyarrow as pa
import pytest

from perfkit.analyses.n_plus_one import n_plus_one
from perfkit.analyses.repeats.counted_requests import counts
from perfkit.recording import Recording


def requests(values, route="/orders", seconds=0.2):
    told = [
        None
        if value is None
        else json.dumps({"databaseCallCount": value, "databaseDuration": seconds}).encode()
        for value in values
    ]
    return Recording.from_frames(
        requests=pa.table(
            {
                "started_at": pa.array(range(len(values)), pa.timestamp("s", "UTC")),
                "duration_ms": [300.0] * len(values),
                "route": [route] * len(values),
                "trace_id": [f"t{n}" for n in range(len(values))],
                "attributes": pa.array(told, pa.binary()),
            }
        )
    )


def test_a_route_of_many_statements_is_told_with_their_number_and_time():
    (found,) = n_plus_one(requests([40, 41, 45])).findings
    assert found.rule == "query-count"
    assert "/orders sends 41 statements per request" in found.title
    assert "200 ms" in found.title
    assert "counted once" not in found.title
    assert found.keys == {"route": "/orders", "trace_id": "t2"}


def test_counts_of_csv_are_texts():
    (one,) = counts(requests(["40", "44"]).arrow("requests"))
    assert one.each == (40, 44)


@pytest.mark.parametrize(
    "values", [[3, 4, 5], [40, 1, 1], [None, None], ["many", -1, "nan"], [10] * 9]
)
def test_few_statements_are_no_finding(values):
    assert not n_plus_one(requests(values)).findings
