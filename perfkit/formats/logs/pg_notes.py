"""What limits the conclusions from a PostgreSQL log, as notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc

from perfkit.recording import Note
from perfkit.units import format_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.logs.pg_prefix import Prefix

__all__ = ["NOT_LOGGED", "Threshold", "prefix_note"]

#: What to do about a log without durations.
NOT_LOGGED = (
    "set log_min_duration_statement = 0 (or a threshold in ms) in postgresql.conf and reload"
)
#: From so many statements on, a shortest duration above this tells of a threshold.
_ROWS, _MS = 20, 5.0


class Threshold(NamedTuple):
    """Counts of statements of a chunk, by what is known of them.

    ``left_out`` are records outside of the window of time that was asked for, ``unread`` plans
    in YAML or XML.
    """

    rows: int = 0
    timed: int = 0
    shortest: float = float("inf")
    bare: int = 0
    untimed: int = 0
    cut: int = 0
    left_out: int = 0
    unread: int = 0

    @classmethod
    def of(cls, queries: pa.Table) -> Self:
        """Count the rows of ``queries``."""
        if not queries.num_rows:
            return cls()
        text, ms = queries["statement"].is_valid(), queries["duration_ms"]
        timed = ms.filter(text).drop_null()
        cut = pc.match_substring(queries["parameters"].drop_null(), "...'")
        return cls(
            rows=queries.num_rows,
            timed=len(timed),
            shortest=pc.min(timed).as_py() if len(timed) else float("inf"),
            bare=_count(pc.and_(pc.invert(text), queries["phase"].is_null())),
            untimed=_count(pc.and_(text, pc.is_null(ms))),
            cut=_count(cut),
        )

    @classmethod
    def notes(cls, parts: Sequence[Threshold], pending: pa.Table | None) -> tuple[Note, ...]:
        """Return what all chunks, and the rows that were pending, have in common."""
        every = [cls(), *parts, *([] if pending is None else [cls.of(pending)])]
        rows, timed, _, bare, untimed, cut, left_out, unread = map(sum, zip(*every, strict=True))
        shortest = min(part.shortest for part in every)
        notes = []
        if not (rows or left_out):
            message = f"the log holds no statement: {NOT_LOGGED}"
            notes.append(Note(kind="statements_not_logged", message=message))
        if bare:
            message = f"{bare:,} durations have no statement: set log_min_duration_statement"
            notes.append(Note(kind="durations_without_statement", message=message))
        if untimed:
            message = f"{untimed:,} statements were logged without a duration (log_statement)"
            notes.append(Note(kind="statements_without_duration", message=message))
        if cut:
            message = (
                f"{cut:,} statements have parameters that end in ... (log_parameter_max_length)"
            )
            notes.append(Note(kind="parameters_truncated", message=message))
        if unread:
            message = f"{unread:,} plans are in YAML or XML, which is not read"
            message += ": set auto_explain.log_format = json"
            notes.append(Note(kind="plans_unread", message=message))
        if timed >= _ROWS and shortest >= _MS:
            message = (
                f"no statement shorter than {format_ms(shortest)} was logged: a threshold is set"
            )
            message += ", and totals miss what is below it"
            notes.append(Note(kind="threshold", message=message))
        return tuple(notes)


def _count(flags: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)


def prefix_note(prefix: Prefix) -> Note:
    """Say which ``log_line_prefix`` was assumed, and what it lacks."""
    how = "is, as stated," if prefix.given else "was inferred as"
    message = f"log_line_prefix {how} {prefix.template!r}"
    if prefix.missing:
        message += f"; without {', '.join(prefix.missing)} some questions cannot be answered"
    if "%p" in prefix.missing:
        message += ", and what one statement wrote in several lines is not joined"
    return Note(kind="prefix_inferred", message=message)
