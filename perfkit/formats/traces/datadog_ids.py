"""Datadog's ids: 64 bits as a decimal number, and the upper half of a trace's 128 bits.

Tracers send the lower 64 bits of a trace id with every span and the upper ones, in hexadecimal
digits, as the tag ``_dd.p.tid`` of the first span of each part of a trace. Where any span of a
file tells them, the trace id becomes 32 hexadecimal digits, as OpenTelemetry and Datadog's logs
have it; otherwise it stays the decimal number that it is. Span ids stay as they are written.

Source: ddtrace/internal/encoding.py of dd-trace-py (``_trace_id_64bits``, ``%0.16X`` in logs).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.formats.traces import whole
from perfkit.formats.traces.ids import SPAN_DIGITS, TRACE_DIGITS, from_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from perfkit.formats.model import Parsed

__all__ = ["Carry", "combine", "parent_id", "span_id", "trace_id", "uses_hex"]

_HALF = 1 << 64
_IDS = re.compile(rb'"(?:trace_id|span_id|parent_id)"\s*:\s*"([0-9A-Fa-f]{1,32})"')
_DECIMAL = re.compile(r"[0-9]{1,20}", re.ASCII)
_UPPER = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)


class Carry(NamedTuple):
    """What a chunk tells of itself: see :class:`.whole.Carry`; ``upper``: halves of trace ids."""

    request_rows: Any
    query_rows: Any
    met: Mapping[str, int]
    upper: Mapping[str, str]


def uses_hex(head: bytes) -> bool:
    """Decide for a whole file: ids of 16 digits, or with letters, are hexadecimal."""
    ids = _IDS.findall(head)
    letters = any(not text.isdigit() for text in ids)
    return letters or (bool(ids) and all(len(text) in {SPAN_DIGITS, TRACE_DIGITS} for text in ids))


def trace_id(value: Any, *, hexadecimal: bool = False) -> str | None:
    """Return a trace id: a decimal number below 2**64 verbatim, else 32 hexadecimal digits.

    Example:
        >>> trace_id(18446744073709551615), trace_id("67B5", hexadecimal=True)
        ('18446744073709551615', '000000000000000000000000000067b5')
    """
    return _identifier(value, TRACE_DIGITS, hexadecimal=hexadecimal)


def span_id(value: Any, *, hexadecimal: bool = False) -> str | None:
    """Return a span id: a decimal number verbatim, else 16 hexadecimal digits."""
    return _identifier(value, SPAN_DIGITS, hexadecimal=hexadecimal)


def parent_id(value: Any, *, hexadecimal: bool = False) -> str | None:
    """Return the id of a parent; 0 and nothing are none."""
    found = span_id(value, hexadecimal=hexadecimal)
    return found if found and found.strip("0") else None


def _identifier(value: Any, digits: int, *, hexadecimal: bool) -> str | None:
    if type(value) is int:
        if 0 <= value < _HALF:
            return str(value)
        return f"{value:032x}" if digits == TRACE_DIGITS and 0 <= value < _HALF**2 else None
    if not isinstance(value, str):
        return None
    if not hexadecimal and _DECIMAL.fullmatch(value):
        large = int(value) >= _HALF
        return _identifier(int(value), digits, hexadecimal=False) if large else value
    return from_hex(value, digits) if value else None


def upper_half(value: Any) -> str | None:
    """Return the upper 64 bits that a tag tells, as 16 hexadecimal digits."""
    known = isinstance(value, str) and _UPPER.fullmatch(value) and value.strip("0")
    return value.lower() if known else None


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Write trace ids in full where the upper half is known; the rest is up to ``whole``."""
    upper = _agreed(part.carry.upper for part in parts if isinstance(part.carry, Carry))
    return whole.combine([_completed(part, upper) for part in parts])


def _agreed(halves: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the upper half of each trace; two traces with one lower half keep their number."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for half in halves:
        for trace, upper in half.items():
            if not upper or found.setdefault(trace, upper) != upper:
                twice.add(trace)
    return {trace: upper for trace, upper in found.items() if trace not in twice}


def _completed(part: Parsed, upper: Mapping[str, str]) -> Parsed:
    if not isinstance(part.carry, Carry):
        return part
    done = {
        name: _with_ids(table, upper) if upper and "trace_id" in table.column_names else table
        for name, table in part.tables.items()
    }
    return replace(part, tables=done, carry=whole.Carry(*part.carry[:3]))


def _with_ids(table: pa.Table, upper: Mapping[str, str]) -> pa.Table:
    chunks = []
    for chunk in table["trace_id"].chunks:
        ids = chunk.dictionary_encode()
        full = pa.array([_full(text, upper) for text in ids.dictionary.to_pylist()], pa.string())
        chunks.append(full.take(ids.indices))
    return tables.with_column(table, "trace_id", pa.chunked_array(chunks, pa.string()))


def _full(text: str, upper: Mapping[str, str]) -> str:
    half = upper.get(text)
    if half is None:
        return text
    lower = text[-SPAN_DIGITS:] if len(text) == TRACE_DIGITS else f"{int(text):016x}"
    return half + lower
