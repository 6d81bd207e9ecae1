"""Lambda's reports, as they come out of CloudWatch."""

import io
import json

import numpy as np
import pyarrow as pa

from perfkit.formats.requests.apps.lambda_reports import MEMORY, cold_starts, memory
from perfkit.ingest.load import load

REPORT = (
    "REPORT RequestId: 8f507cfc-1111-4697-b07a-ac58fc914c95\tDuration: 102.25 ms\t"
    "Billed Duration: 103 ms\tMemory Size: 128 MB\tMax Memory Used: 35 MB\t"
)
COLD = f"{REPORT}Init Duration: 250.11 ms\t"


def test_only_an_invocation_with_init_duration_was_a_cold_start():
    (event,) = cold_starts(pa.array([REPORT, COLD]), np.array([0, 4])).to_pylist()
    assert (event["kind"], event["duration_ms"], event["line"]) == ("cold_start", 250.11, 5)


def test_the_most_memory_used_is_a_reading_in_bytes():
    rows = memory(pa.array([REPORT, "REPORT RequestId: x"]), np.array([0, 1])).to_pylist()
    (row,) = rows
    assert (row["name"], row["value"], row["unit"]) == (MEMORY, 35 * 1024 * 1024.0, "bytes")


def test_reports_in_an_export_of_cloudwatch_have_its_times():
    start = "START RequestId: 8f507cfc-1111-4697-b07a-ac58fc914c95 Version: $LATEST\n"
    events = [
        {"logStreamName": "s", "timestamp": 1795255200000 + n, "message": text, "eventId": str(n)}
        for n, text in enumerate([start, f"{COLD}\n", start, f"{REPORT}\n"])
    ]
    rec = load(io.BytesIO(json.dumps({"events": events}).encode()))
    found = rec.arrow("events").to_pylist()
    assert [event["kind"] for event in found] == ["invocation", "cold_start", "invocation"]
    assert found[0]["duration_ms"] == 102.25
    assert found[0]["at"].timestamp() == 1795255200.001
    assert rec.arrow("metrics")["at"].null_count == 0
