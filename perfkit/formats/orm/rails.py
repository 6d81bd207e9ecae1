"""Rails' log: statements of ActiveRecord, and the requests they belong to.

From the source of Rails (``active_record/log_subscriber.rb``, ``rails/rack/logger.rb``,
``action_controller/log_subscriber.rb``): ``  User Load (0.6ms)  SELECT ...  [["id", 1]]``,
milliseconds by the client, written when the statement has ended. What the query cache answered
(``CACHE User Load``) cost the database nothing: its duration is unknown and
``attributes`` say so, yet an N+1 pattern shows it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import (
    SQL_WORD,
    LogLines,
    cut_before,
    groups,
    marked_lines,
    plain_text,
)
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.orm.rails_requests import (
    REQUEST_LINE,
    STARTED,
    RequestLines,
    State,
    mend,
    tags,
)
from perfkit.formats.orm.statement_rows import (
    durations,
    json_members,
    null_if_empty,
    parsed,
    queries,
    recognised,
)
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_MARK = (
    r"^(?P<before>.*?)(?P<mark>  (?P<name>[^\s(\[][^(\[]*? )?\((?P<ms>[0-9]+\.[0-9]+)ms\)"
    rf"(?: \(db time (?P<db>[0-9.]+)ms\))?  )\s*(?:{SQL_WORD}|$)"
)
_NOT_SQL = (
    r"  (?:[^\s(\[][^(\[]* )?\([0-9]+\.[0-9]+ms\)|^\s*(?:\[[^\]]*\]\s*)*(?:↳|Rendered |Rendering "
    r"|Parameters: |Redirected |Layout |Started |Processing |Completed |Unpermitted )"
)
_BINDS = r"(?s)^(?P<sql>.*?)  (?P<binds>\[\[.*\]\])$"
_CACHED = Note(
    kind="cached_statements",
    message="statements that Rails' query cache answered have no duration: the database did "
    "not see them",
)
_UNTAGGED = Note(
    kind="requests_by_order",
    message="Rails' log has no request ids: statements were given to the request that started "
    "last, which is wrong where requests overlap; set config.log_tags = [:request_id]",
)
_MISSING = "set config.log_level = :debug, so that Rails logs statements"


def recognises(head: bytes) -> Recognition:
    """Recognise ActiveRecord's statements, and requests given to a controller."""
    log = LogLines.of(plain_text(head)[0])
    starts, others = len(log.matching(STARTED)), len(log.matching(REQUEST_LINE))
    requests = others if 0 < starts < others else 0
    return recognised(len(log.matching(_MARK)) + requests, log.data, "are of Rails")


def parse(chunk: Chunk) -> Parsed:
    """Parse statements and requests; all other lines are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    tagged = _is_tagged(chunk.head)
    requests = RequestLines.read(log, chunk.before or State(), tagged=tagged)
    whole, pending, carry = requests.requests(chunk.zone)
    first = log.matching(_MARK)
    ends = log.ends(first, but=_NOT_SQL)
    offset = _offset(chunk.head)
    rows, prefixes = _statements(log, first, ends, requests, chunk.zone or offset)
    used = marked_lines(first, ends, log.count)
    used[requests.row] = True
    notes += prefixes.notes(chunk.zone) if chunk.zone or not offset else []
    notes += [_CACHED] * bool(rows["duration_ms"].null_count)
    notes += [_UNTAGGED] * (not tagged and len(requests.row) > 0)
    done = parsed(log, {"queries": rows, "requests": whole}, used, notes=notes, missing=_MISSING)
    return Parsed(
        tables=done.tables,
        pending={"requests": pending} if carry else {},
        carry=carry,
        lines=done.lines,
        irrelevant=done.irrelevant,
        notes=done.notes,
        missing=done.missing,
    )


def holds(data: bytes, before: Any) -> State:
    """Return how many requests have started."""
    return (before or State()).behind(data)


def _statements(
    log: LogLines, first: Ints, ends: Ints, requests: RequestLines, zone: str | None
) -> tuple[pa.Table, Prefixes]:
    mark = log.groups(first, _MARK)
    skip = pc.add(pc.binary_length(mark["before"]), pc.binary_length(mark["mark"]))
    bodies = log.bodies(first, skip.to_numpy(zero_copy_only=False), ends)
    binds = groups(bodies, _BINDS)
    cached = pc.starts_with(mark["name"], "CACHE ")
    known = durations(pc.coalesce(null_if_empty(mark["db"]), mark["ms"]))
    ms = pc.if_else(cached, pa.scalar(None, pa.float64()), known)
    prefixes = Prefixes.read(mark["before"], zone)
    columns = {
        "started_at": prefixes.started(ms),
        "duration_ms": ms,
        "parameters": binds["binds"],
        "request_id": requests.around(first, mark["before"]),
        "attributes": json_members(
            name=null_if_empty(pc.utf8_trim_whitespace(mark["name"])),
            cached=cached,
        ),
        **prefixes.traces(),
    }
    return queries(pc.coalesce(binds["sql"], bodies), first + 1, columns), prefixes


@lru_cache(maxsize=16)
def _is_tagged(head: bytes) -> bool:
    """Say whether requests and statements stand behind a tag."""
    log = LogLines.of(plain_text(head)[0])
    found = log.groups(
        log.matching(STARTED), rf"^(?P<before>.*?)(?:{STARTED.replace('?P<', '?P<x')})"
    )
    return bool(tags(found["before"]).is_valid().to_numpy(zero_copy_only=False).any())


def _offset(head: bytes) -> str | None:
    """Return the offset that ``Started ... at`` names, for the times of Ruby's Logger."""
    found = re.search(rb" at [0-9]{4}-[0-9-]{5} [0-9:]{8} ([+-][0-9]{4})\b", head)
    return found[1].decode() if found else None


FORMAT = Format(
    name="rails",
    title="Rails log",
    recognises=recognises,
    cut=cut_before(
        re.compile(
            rb"\bStarted [A-Z]+ \"|\bCompleted [0-9]{3} "
            rb"|  (?:[^\n(\[]{1,90} )?\([0-9]+\.[0-9]+ms\)  "
        )
    ),
    parse=parse,
    mend=mend,
    holds=holds,
)
