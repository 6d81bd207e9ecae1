"""asyncio's debug mode: callbacks that blocked the event loop -> ``events``.

``WARNING asyncio Executing <Task finished name='req-1' coro=<slow() done, defined at
main.py:27> ...> took 0.139 seconds`` (``asyncio/base_events.py``; ``python -X dev`` or
``PYTHONASYNCIODEBUG=1``). Only what took longer than ``loop.slow_callback_duration`` (0.1 s) is
logged, when it has ended: ``at`` is that time.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import LogLines, plain_text
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.statement_rows import durations, parsed, recognised_by
from perfkit.recording import Note

__all__ = ["FORMAT"]

_LINE = (
    r"^(?P<before>.*?)(?P<message>\bExecuting <(?P<what>(?:Task|Handle|TimerHandle|_\w+|\w+)\b.*) "
    r"took (?P<seconds>[0-9]+\.[0-9]{3}) seconds)$"
)
_THRESHOLD = Note(
    kind="threshold",
    message="asyncio logs only what blocked the event loop longer than "
    "loop.slow_callback_duration (0.1 s unless set): absence tells nothing of less",
)
_MISSING = "run with PYTHONASYNCIODEBUG=1 and perhaps loop.slow_callback_duration = 0.02"


def recognises(head: bytes) -> Recognition:
    """Recognise slow callbacks; other lines of an application may stand between."""
    found = recognised_by(_LINE, head, "are slow callbacks of asyncio")
    # A log that also has statements or requests is better read as those.
    return Recognition(confidence=min(found.confidence, 0.74), reason=found.reason)


def parse(chunk: Chunk) -> Parsed:
    """Parse slow callbacks; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    rows = log.matching(_LINE)
    mark = log.groups(rows, _LINE)
    ms = durations(mark["seconds"], 1000.0)
    prefixes = Prefixes.read(mark["before"], chunk.zone)
    events = tables.from_columns(
        "events",
        {
            "at": prefixes.started(),
            "kind": pa.repeat(pa.scalar("blocked_loop"), len(rows)),
            "duration_ms": ms,
            "message": mark["message"],
            "line": pa.array(rows + 1),
            "attributes": log.text.take(pa.array(rows)).cast(pa.binary()),
        },
    )
    used = np.zeros(log.count, np.bool_)
    used[rows] = True
    notes += prefixes.notes(chunk.zone) + [_THRESHOLD] * bool(pc.count(ms).as_py())
    return parsed(log, {"events": events}, used, notes=notes, missing=_MISSING)


FORMAT = Format(
    name="asyncio-debug",
    title="asyncio debug log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
