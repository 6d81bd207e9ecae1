"""MySQL's and MariaDB's statement digests: performance_schema and the sys schema, exported.

``events_statements_summary_by_digest`` (timers in picoseconds), ``sys.x$statement_analysis``
(the same) and ``sys.statement_analysis`` (durations as texts such as ``1.23 ms``); columns in
any order and case. The totals are those since the digest table was last emptied; ``since`` and
``until`` are when a statement was first and last seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.logs.mysql_exports import Export, columns_of, read_export
from perfkit.formats.model import Chunk, Format, Parsed, Recognition
from perfkit.formats.statements.digest_text import plain_sql, was_shortened
from perfkit.formats.text import to_utf8
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMAT"]

#: Columns of performance_schema and of the sys schema for each of ``statement_totals``.
_TEXT = ("digest_text", "query")
_CALLS = ("count_star", "exec_count")
_TOTAL = ("sum_timer_wait", "total_latency")
_TIMES = {
    "total_ms": _TOTAL,
    "mean_ms": ("avg_timer_wait", "avg_latency"),
    "min_ms": ("min_timer_wait",),
    "max_ms": ("max_timer_wait", "max_latency"),
    "p95_ms": ("quantile_95",),
    "p99_ms": ("quantile_99",),
    "lock_ms": ("sum_lock_time", "lock_latency"),
}
_COUNTS = {
    "calls": _CALLS,
    "rows_returned": ("sum_rows_sent", "rows_sent"),
    "rows_examined": ("sum_rows_examined", "rows_examined"),
    "errors": ("sum_errors", "err_count"),
}
#: Units of sys.format_time and FORMAT_PICO_TIME: milliseconds are value * one / other.
_UNITS = {
    "ps": (1, 1e9), "ns": (1, 1e6), "us": (1, 1e3), "ms": (1, 1), "s": (1e3, 1), "m": (6e4, 1),
    "min": (6e4, 1), "h": (3.6e6, 1), "d": (8.64e7, 1), "w": (6.048e8, 1),
}  # fmt: skip
_NO_UNIT = (None, None)
#: performance_schema_max_sql_text_length: a longer sample was cut off.
_SAMPLE_BYTES = 1024
_FORMATTED = r"^(?P<value>[0-9]{1,20}(?:\.[0-9]{1,12})?)(?: ?(?P<unit>[a-z]{1,3}))?$"
_MISSING = (
    "export performance_schema.events_statements_summary_by_digest, "
    "with performance_schema=ON and the consumer statements_digest enabled"
)


def recognises(head: bytes) -> Recognition:
    """Recognise the columns that tell a statement, its calls and their total time."""
    found = set(columns_of(head))
    wanted = (_TEXT, _CALLS, _TOTAL)
    if not all(found & set(names) for names in wanted):
        return Recognition(confidence=0.0)
    what = "performance_schema's digests" if "digest_text" in found else "sys.statement_analysis"
    return Recognition(confidence=0.95, reason=f"the columns of {what}")


def cut(_data: bytes) -> int:
    """Return 0: samples of statements may hold line ends, and the table is small."""
    return 0


def parse(chunk: Chunk) -> Parsed:
    """Parse the whole export."""
    data, notes = to_utf8(chunk.data)
    found = read_export(data, chunk.head, first=chunk.first)
    calls = _first(found, _CALLS)
    bad = np.flatnonzero(found.whole(calls).is_null().to_numpy(zero_copy_only=False))
    found = found.without(bad, "it has no number of calls")
    rows, naive = _totals(found, chunk.zone)
    if len(found.line):
        notes += [*_notes(rows, formatted=_is_formatted(found)), *([zone_note(chunk.zone)] * naive)]
    return Parsed(
        tables={"statement_totals": rows},
        rejected=found.rejected,
        rejected_lines=found.rejected_lines,
        irrelevant=found.irrelevant,
        lines=found.lines,
        notes=tuple(notes),
        missing=_MISSING,
    )


def _first(found: Export, names: Sequence[str]) -> str:
    return next((name for name in names if name in found.columns), names[0])


def _totals(found: Export, zone: str | None) -> tuple[pa.Table, bool]:
    """Return the rows, and whether their times name no zone."""
    statement = pc.ascii_trim_whitespace(found.text(_first(found, _TEXT)))
    fingerprint, identifier = fingerprint_many(_comparable(found, statement), dialect="mysql")
    since = read_times(found.text("first_seen").to_pylist(), zone)
    until = read_times(found.text("last_seen").to_pylist(), zone)
    columns: dict[str, Any] = {
        "since": since.array,
        "until": until.array,
        "statement": statement,
        "fingerprint": fingerprint,
        "fingerprint_id": identifier,
        "system": pa.repeat(pa.scalar("mysql"), len(statement)),
        "database": pc.coalesce(found.text("schema_name"), found.text("db")),
        "line": found.line,
    }
    columns |= {name: _ms(found.text(_first(found, own))) for name, own in _TIMES.items()}
    columns |= {name: found.whole(_first(found, own)) for name, own in _COUNTS.items()}
    return tables.from_columns("statement_totals", columns), since.naive or until.naive


def _comparable(found: Export, statement: pa.Array) -> pa.Array:
    """Return texts whose fingerprints are those of the statements in a log or a trace.

    The best is a statement itself (MySQL 8: QUERY_SAMPLE_TEXT), unless it was cut off.
    """
    texts = [text and plain_sql(text) for text in statement.to_pylist()]
    sample = found.text("query_sample_text")
    whole = pc.less(pc.binary_length(sample), _SAMPLE_BYTES)
    return pc.if_else(pc.fill_null(whole, False), sample, pa.array(texts, pa.string()))  # noqa: FBT003 - the value to fill in


def _ms(texts: pa.Array) -> pa.Array:
    """Return milliseconds of picoseconds, or of texts such as ``1.23 ms``."""
    groups = pc.extract_regex(pc.ascii_lower(pc.ascii_trim_whitespace(texts)), _FORMATTED)
    value, unit = groups.flatten()
    units = unit.dictionary_encode()
    factors = [_UNITS.get(name or "ps", _NO_UNIT) for name in units.dictionary.to_pylist()]
    one, other = (
        pa.array([pair[side] for pair in factors], pa.float64()).take(units.indices)
        for side in (0, 1)
    )
    return pc.divide(pc.multiply(value.cast(pa.float64()), one), other)


def _is_formatted(found: Export) -> bool:
    """Say whether durations are texts, as in the views of sys that shorten statements."""
    texts = found.text("total_latency")
    return bool(pc.any(pc.match_substring_regex(texts, "[a-z]")).as_py())


def _notes(rows: pa.Table, *, formatted: bool) -> list[Note]:
    notes = []
    lost = pc.sum(rows["calls"].filter(rows["statement"].is_null())).as_py()
    if lost:
        message = f"{lost:,} calls are of statements that the digest table had no room for"
        more = "raise performance_schema_digests_size"
        notes.append(Note(kind="truncated", message=f"{message}: {more}"))
    texts = rows["statement"].cast(pa.string()).drop_null().to_pylist()
    cut = sum(map(was_shortened, texts)) if formatted else 0
    if cut:
        message = f"the sys schema has shortened {cut:,} of {len(texts):,} statements"
        more = "export sys.x$statement_analysis to compare them with others"
        notes.append(Note(kind="truncated_statements", message=f"{message}: {more}"))
    return notes


FORMAT = Format(
    name="mysql-digests",
    title="MySQL and MariaDB statement digests (performance_schema, sys)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
