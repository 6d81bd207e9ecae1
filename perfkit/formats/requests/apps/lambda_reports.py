"""What AWS Lambda reports of an invocation: its duration, cold start and memory.

``REPORT RequestId: <id>  Duration: 102.25 ms  Billed Duration: 103 ms  Memory Size: 128 MB
Max Memory Used: 35 MB  Init Duration: 250.11 ms`` (TABs between), which names no time of its own.
"Init Duration" is there where the invocation met a cold start, and is not part of the duration
(AWS Lambda Developer Guide, "Lambda runtime environment lifecycle"). Lambda's MB are 1024 kB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.orm.log_lines import groups
from perfkit.formats.orm.statement_rows import durations

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["MEMORY", "MIB", "cold_starts", "memory"]

MIB = 1 << 20
#: The name of the metric.
MEMORY = "lambda.max_memory_used"
_INIT = r"\sInit Duration: (?P<ms>[0-9]+(?:\.[0-9]+)?) ms"
_USED = r"\sMax Memory Used: (?P<mb>[0-9]{1,9}) MB"


def cold_starts(text: pa.Array, rows: Ints) -> pa.Table:
    """Return an event for each report of a cold start, with how long it took."""
    ms = durations(groups(text, _INIT)["ms"])
    there = ms.is_valid()
    return tables.from_columns(
        "events",
        {
            "kind": pa.repeat(pa.scalar("cold_start"), pc.sum(there).as_py() or 0),
            "duration_ms": ms.filter(there),
            "message": text.filter(there),
            "line": pa.array(rows + 1).filter(there),
            "attributes": text.filter(there).cast(pa.binary()),
        },
    )


def memory(text: pa.Array, rows: Ints) -> pa.Table:
    """Return the most memory that each report says was used, in bytes."""
    mb = groups(text, _USED)["mb"]
    there = mb.is_valid()
    count = pc.sum(there).as_py() or 0
    columns: dict[str, Any] = {
        "name": pa.repeat(pa.scalar(MEMORY), count),
        "value": pc.multiply(mb.filter(there).cast(pa.float64()), float(MIB)),
        "unit": pa.repeat(pa.scalar("bytes"), count),
        "line": pa.array(rows + 1).filter(there),
        "attributes": text.filter(there).cast(pa.binary()),
    }
    return tables.from_columns("metrics", columns)
