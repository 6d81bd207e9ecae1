"""SQLAlchemy's echo: ``create_engine(..., echo=True)`` or the logger ``sqlalchemy.engine``.

``[generated in 0.00012s]`` is the time since the statement was compiled and ``[cached since
3.2s ago]`` the age of the compiled form; neither is how long it ran. ``duration_ms`` is the
time to the next line of the same connection: see ``sqlalchemy_gaps``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.orm.log_lines import LogLines, marked_lines, plain_text
from perfkit.formats.orm.sqlalchemy_gaps import find_gaps, mend, with_gaps
from perfkit.formats.orm.sqlalchemy_lines import (
    PARAMETERS,
    STATEMENT,
    TAG,
    EngineLines,
    cut,
    is_sql,
)
from perfkit.formats.orm.statement_rows import json_members, parsed, queries, recognised_by
from perfkit.recording import Note

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FORMAT"]

_LINE = (
    rf"\bsqlalchemy\.engine\.(?:base\.)?(?:Option)?Engine\b.*?(?:\[{TAG}|BEGIN \(implicit"
    r"|COMMIT|ROLLBACK|SELECT |INSERT |UPDATE |DELETE )"
)
_CUT_TEXT = r" \.\.\. [0-9]+ characters truncated \.\.\. "
_MISSING = "let the engine log its statements: create_engine(..., echo=True)"
_GAP = Note(
    kind="gap_upper_bound",
    message="SQLAlchemy's echo has no durations: a statement's is the time to the next line of "
    "its connection, an upper bound that includes fetching and the application's own time",
)
_UNTIMED = Note(
    kind="statements_without_duration",
    message="SQLAlchemy's echo was written without times (or without milliseconds): durations "
    "are unknown; put %(asctime)s into the logging format",
)
_MIXED = Note(
    kind="shared_logger",
    message="several connections write to one SQLAlchemy logger, so that the next line may be "
    "another's and a duration too short: put %(threadName)s into the logging format, or give "
    "each its logging_token",
)
_TWICE = Note(
    kind="duplicated_lines",
    message="two handlers wrote every line of SQLAlchemy's echo; each was counted once",
)
_SHORT = Note(
    kind="truncated_statements",
    message="SQLAlchemy shortens statements of insertmanyvalues beyond 500 characters: "
    "those have fingerprints of their own, unless another source has the whole statement",
)


def recognises(head: bytes) -> Recognition:
    """Recognise lines of the logger ``sqlalchemy.engine.Engine`` with what only it writes."""
    return recognised_by(_LINE, head, "are of SQLAlchemy's engine", surest=0.97)


def parse(chunk: Chunk) -> Parsed:
    """Parse the engine's lines; all others are irrelevant."""
    data, notes = plain_text(chunk.data)
    log = LogLines.of(data)
    lines = EngineLines.read(log, chunk.head, chunk.zone)
    first, last = _statements(lines)
    ends = lines.ends(first)
    texts = log.bodies(lines.row[first], lines.skip[first], ends)
    known = (last != first) | is_sql(texts)
    first, last, ends, texts = first[known], last[known], ends[known], texts.filter(pa.array(known))
    gaps, carry = find_gaps(lines, last)
    rows = with_gaps(_rows(lines, first, last, texts), gaps.ns)
    used = marked_lines(lines.row[first], ends, log.count)
    used[lines.row[last]] = True
    waiting = pa.array(gaps.is_open)
    notes += lines.prefixes.notes(chunk.zone) if len(first) else []
    notes += _notes(lines, gaps.mixed, texts) if len(first) else []
    done = parsed(
        log, {"queries": rows.filter(pc.invert(waiting))}, used, notes=notes, missing=_MISSING
    )
    return Parsed(
        tables=done.tables,
        pending={"queries": rows.filter(waiting)} if gaps.is_open.any() else {},
        carry=carry,
        lines=done.lines,
        irrelevant=done.irrelevant,
        notes=done.notes,
        missing=done.missing,
    )


def _statements(lines: EngineLines) -> tuple[Ints, Ints]:
    """Return the index of each statement and of its parameters (itself, when it has none)."""
    keys = lines.key.dictionary_encode()
    codes = lines.stretch * (len(keys.dictionary) + 1) + keys.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    kind, code = lines.kind[order], codes[order]
    follows = np.zeros(len(order), np.bool_)
    follows[:-1] = (kind[1:] == PARAMETERS) & (code[1:] == code[:-1])
    chosen = np.flatnonzero(kind == STATEMENT)
    first = order[chosen]
    last = order[np.minimum(chosen + follows[chosen], len(order) - 1)] if len(chosen) else first
    by_line = np.argsort(first)
    return first[by_line], last[by_line]


def _rows(lines: EngineLines, first: Ints, last: Ints, texts: pa.Array) -> pa.Table:
    at, end = pa.array(first), pa.array(last)
    parameters, tag = lines.parameters.take(end), lines.tag.take(end)
    truncated = pc.match_substring_regex(texts, _CUT_TEXT)
    return queries(
        texts,
        lines.row[first] + 1,
        {
            "started_at": lines.prefixes.started().take(at),
            "parameters": pc.if_else(pc.equal(parameters, "()"), None, parameters),
            "session_id": lines.session.take(at),
            "attributes": json_members(compiled=tag, truncated=truncated),
        }
        | {name: ids.take(at) for name, ids in lines.prefixes.traces().items()},
    )


def _notes(lines: EngineLines, mixed: int, texts: pa.Array) -> list[Note]:
    notes = [_GAP if lines.prefixes.fine.any() else _UNTIMED]
    notes += [_MIXED] * bool(mixed) + [_TWICE] * lines.twice
    shortened = pc.any(pc.match_substring_regex(texts, _CUT_TEXT)).as_py()
    return notes + [_SHORT] * bool(shortened)


FORMAT = Format(
    name="sqlalchemy-echo",
    title="SQLAlchemy echo",
    recognises=recognises,
    cut=cut,
    parse=parse,
    mend=mend,
)
