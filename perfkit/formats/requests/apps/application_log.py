"""Logs of applications and their servers: requests and events among whatever else they write.

uvicorn, gunicorn, Werkzeug, Django, morgan, gin and others (:mod:`server_lines`,
:mod:`framework_lines`), workers that time out or are killed, reports of AWS Lambda, deployments
(:mod:`event_lines`), and requests in logfmt (:mod:`logfmt`). All other lines are irrelevant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import LogLines, plain_text
from perfkit.formats.orm.statement_rows import parsed
from perfkit.formats.requests.apps.logfmt import LogfmtLines
from perfkit.formats.requests.apps.matching import matched
from perfkit.formats.requests.apps.told import joined, told
from perfkit.formats.requests.structlog_json import recognises as recognises_json

if TYPE_CHECKING:
    from perfkit.recording import Note

__all__ = ["FORMAT"]

#: Less than statements among the lines make their formats (0.89 and more): they tell more.
_SURE = 0.8
_NO_LINES = np.zeros(0, np.int64)
_MISSING = (
    "log requests with their time and duration, such as morgan's combined with :response-time"
)


def recognises(head: bytes) -> Recognition:
    """Recognise lines that only an application server or a framework writes."""
    if recognises_json(head).confidence:  # which reads such lines between JSON as well
        return Recognition(confidence=0.0)
    log = LogLines.of(plain_text(head)[0])
    found = matched(log.text)
    count = sum(len(one.rows) for one in found if one.kind.unmistakable)
    count += len(LogfmtLines.read(log.text, Chunk.whole(head), but=_NO_LINES).rows)
    if not count:
        return Recognition(confidence=0.0)
    return Recognition(
        confidence=_SURE, reason=f"{count:,} of {log.count:,} lines are requests or known events"
    )


def parse(chunk: Chunk) -> Parsed:
    """Parse requests and events; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    found = told(log.text, chunk.zone)
    logfmt = LogfmtLines.read(log.text, chunk, but=found.rows)
    used = np.zeros(log.count, np.bool_)
    used[found.rows] = True
    used[logfmt.rows] = True
    contents = joined([found.tables, logfmt.tables])
    all_notes: list[Note] = [*notes, *found.notes(chunk.zone), *logfmt.notes]
    return parsed(log, contents, used, notes=tuple(dict.fromkeys(all_notes)), missing=_MISSING)


FORMAT = Format(
    name="application-log",
    title="application log (requests and events)",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
