"""Columns of logged statements -> the ``queries`` table, and the account of the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.model import BadLine, Parsed, Recognition, kept
from perfkit.formats.orm.log_lines import LogLines, plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfkit.formats.lines import Ints
    from perfkit.recording import Note

__all__ = [
    "durations",
    "joined",
    "json_members",
    "null_if_empty",
    "parsed",
    "queries",
    "recognised",
    "recognised_by",
]

_LONGEST_MS = 1e12
_CUT_OFF = "the statement is cut off"


def queries(statements: pa.Array, line: Ints, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows of ``queries`` with fingerprints; ``line`` counts from 1.

    Where a duration is known and its kind is not, it was measured by the client.
    """
    statements = null_if_empty(pc.utf8_trim_whitespace(statements))
    texts, ids = fingerprint_many(statements)
    found: dict[str, Any] = {"duration_ms": pa.nulls(len(statements), pa.float64()), **columns}
    kind = pc.if_else(pc.is_valid(found["duration_ms"]), "client", pa.scalar(None, pa.string()))
    return tables.from_columns(
        "queries",
        {
            "duration_kind": kind,
            **found,
            "statement": statements,
            "fingerprint": texts,
            "fingerprint_id": ids,
            "line": pa.array(line, pa.int64()),
        },
    )


def null_if_empty(texts: pa.Array) -> pa.Array:
    """Return texts, the empty ones as null."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def joined(*parts: pa.Array) -> pa.Array:
    """Return texts joined by blanks, leaving out what is unknown or empty."""
    return pc.utf8_trim_whitespace(
        pc.replace_substring_regex(_concatenated(parts, " "), "  +", " ")
    )


def _concatenated(parts: Sequence[pa.Array], separator: str) -> pa.Array:
    # null_handling="skip" leaves whole rows out when all their parts are null.
    return pc.binary_join_element_wise(*(pc.coalesce(part, "") for part in parts), separator)


def durations(texts: pa.Array, factor: float = 1.0) -> pa.Array:
    """Return decimal numbers times ``factor`` as milliseconds.

    What is none, or longer than 30 years, is unknown.
    """
    good = pc.match_substring_regex(texts, r"^[0-9]{1,15}(?:\.[0-9]{1,15})?$")
    numbers = pc.if_else(good, texts, pa.scalar(None, pa.string())).cast(pa.float64())
    ms = pc.multiply(numbers, factor)
    return pc.if_else(pc.less(ms, _LONGEST_MS), ms, pa.scalar(None, pa.float64()))


def json_members(**members: pa.Array) -> pa.Array:
    """Return JSON objects, such as ``{"tag":"raw sql"}``; null where all members are unknown.

    Members are texts, or flags of which only the true ones are written.
    """
    parts = []
    for name, texts in members.items():
        if pa.types.is_boolean(texts.type):
            parts.append(pc.if_else(texts, f'"{name}":true,', ""))
            continue
        quoted = pc.replace_substring_regex(texts, r'(["\\])', r"\\\1")
        quoted = pc.replace_substring_regex(quoted, r"[\x00-\x1f]", " ")
        parts.append(pc.binary_join_element_wise(f'"{name}":"', quoted, '",', ""))
    inner = pc.utf8_rtrim(_concatenated(parts, ""), ",")
    whole = pc.binary_join_element_wise("{", null_if_empty(inner), "}", "")
    return whole.cast(pa.binary())


def recognised(marked: int, head: bytes, what: str, *, surest: float = 0.98) -> Recognition:
    """Say how sure: some 0.9 for one mark that only this library writes, more for many."""
    if not marked:
        return Recognition(confidence=0.0)
    lines = sum(1 for line in head.split(b"\n") if line.strip())
    share = min(1.0, marked / max(1, lines))
    return Recognition(
        confidence=surest - 0.08 * (1 - share), reason=f"{marked:,} of {lines:,} lines {what}"
    )


def recognised_by(pattern: str, head: bytes, what: str, *, surest: float = 0.98) -> Recognition:
    """Say how sure, by how many lines match an RE2 pattern."""
    log = LogLines.of(plain_text(head)[0])
    return recognised(len(log.matching(pattern)), log.data, what, surest=surest)


def parsed(
    log: LogLines,
    contents: Mapping[str, pa.Table],
    used: np.ndarray[tuple[int], np.dtype[np.bool_]],
    *,
    notes: Sequence[Note] = (),
    broken: Ints | None = None,
    missing: str = "",
) -> Parsed:
    """Return what a chunk holds; ``broken`` lines begin a statement that ends nowhere."""
    lost = np.zeros(0, np.int64) if broken is None else broken
    bad = [BadLine.of(int(row) + 1, _CUT_OFF, _raw(log, int(row))) for row in lost]
    return Parsed(
        tables={name: table for name, table in contents.items() if table.num_rows},
        rejected=kept(bad),
        rejected_lines=len(bad),
        lines=log.count,
        irrelevant=log.count - int(np.count_nonzero(used)) - len(bad),
        notes=tuple(notes),
        missing=missing,
    )


def _raw(log: LogLines, row: int) -> bytes:
    return log.data[log.starts[row] : log.starts[row + 1]]
