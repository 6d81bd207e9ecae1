"""What the envelopes of syslog have in common: programs, processes, PostgreSQL's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfkit.ingest.envelopes.escapes import unescaped
from perfkit.ingest.envelopes.model import Ints, Unwrapped
from perfkit.ingest.envelopes.pg_parts import Held, together
from perfkit.ingest.envelopes.prefixes import rejected
from perfkit.ingest.envelopes.rows import keys_of, pieces, rows_of
from perfkit.ingest.envelopes.text import Bools, Lines, slices

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

__all__ = ["Found", "Header", "put_together", "with_messages"]

_WRONG = "it does not begin like a syslog message (time, host, program)"


class Header(NamedTuple):
    """Who wrote a line: the stream, a key per process, the process, whether it is PostgreSQL."""

    stream: str
    key: bytes
    process: int
    postgres: bool

    @classmethod
    def of(cls, stream: str, program: str, process: str, key: bytes) -> Header:
        """Name a writer; a process that is no number counts as unknown."""
        number = int(process) if process.isdecimal() and len(process) < 19 else 0  # noqa: PLR2004 - int64
        return cls(stream, key, number, program.lower().startswith(("postgres", "pgsql")))


class Found(NamedTuple):
    """Per line: when, who (an index into ``headers``), where its message begins."""

    at: Ints
    code: Ints
    content: Ints
    valid: Bools


def put_together(
    lines: Lines, found: Found, headers: Sequence[Header], before: Held | None, *, passes: Ints
) -> Unwrapped:
    """Cut the messages out of valid lines and join PostgreSQL's; rows in ``passes`` are fine."""
    good = np.flatnonzero(found.valid)
    message = slices(lines.data, found.content[good], lines.end[good])
    return with_messages(lines, found, headers, before, message=message, passes=passes)


def with_messages(
    lines: Lines,
    found: Found,
    headers: Sequence[Header],
    before: Held | None,
    *,
    message: pa.Array,
    passes: Ints,
) -> Unwrapped:
    """Do the same with messages that are not just the rest of the line."""
    good = np.flatnonzero(found.valid)
    code = found.code[good]
    rows = rows_of(
        unescaped(message, lines.data),
        (code, [header.stream for header in headers]),
        good + 1,
        at=found.at[good],
        key=keys_of([header.key for header in headers])[code],
        process=np.array([header.process for header in headers], np.int64)[code],
    )
    postgres = np.array([header.postgres for header in headers], np.bool_)[code]
    whole, held, joined = together(rows, postgres, before, len(lines))
    wrong = ~found.valid
    wrong[passes] = False
    bad, blank = rejected(lines, wrong, _WRONG)
    return Unwrapped(
        pieces=pieces(whole),
        rejected=bad.kept,
        rejected_lines=bad.total,
        irrelevant=blank + len(passes) + joined,
        lines=len(lines),
        carry=held,
    )
