"""MySQL's and MariaDB's general query log: recognised to say that it has no durations."""

from __future__ import annotations

import re

from perfkit.formats.lines import count_lines, cut_at_line
from perfkit.formats.logs.mysql_lines import is_opening
from perfkit.formats.model import Chunk, Format, Parsed, Recognition

__all__ = ["FORMAT"]

#: "2026-11-21T11:00:00.123456Z\t    8 Query\t", "261121 11:32:17\t     3 Connect\t" or, where
#: the second has not changed, "\t\t     3 Query\t" (sql/log.cc, write_general).
_LINE = re.compile(
    rb"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|[+-][0-9:]{5})\t"
    rb"|[0-9]{6} [ 0-9][0-9]:[0-9]{2}:[0-9]{2}\t|\t\t) {0,20}[0-9]+ "
    rb"(?:Connect|Query|Quit|Prepare|Execute|Init DB|Close stmt|Field List|Statistics|Ping)\b",
    re.MULTILINE,
)
_MISSING = (
    "the general query log has no durations: "
    "log to the slow query log instead, with slow_query_log=ON and long_query_time=0"
)


def recognises(head: bytes) -> Recognition:
    """Recognise ``Connect``, ``Query``, ... behind a time and the number of a connection."""
    found = len(_LINE.findall(head))
    opened = is_opening(head.split(b"\n", 3))
    if b"\n# Query_time: " in head or not found:
        return Recognition(confidence=0.0)
    share = found / max(1, count_lines(head) - 3 * opened)
    enough = opened or share > 0.2  # noqa: PLR2004 - statements may have many lines
    return Recognition(
        confidence=0.95 if enough else 0.0, reason=f"{found:,} entries of a general query log"
    )


def parse(chunk: Chunk) -> Parsed:
    """Count the lines; none of them says how long something took."""
    lines = count_lines(chunk.data)
    return Parsed(lines=lines, irrelevant=lines, missing=_MISSING)


FORMAT = Format(
    name="mysql-general",
    title="MySQL and MariaDB general query log",
    recognises=recognises,
    cut=cut_at_line,
    parse=parse,
)
