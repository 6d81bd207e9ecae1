"""Trace and span ids: hexadecimal (as OTLP/JSON has it) or base64 (as protobuf's JSON has it)."""

from __future__ import annotations

import base64
import binascii
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["column", "from_base64", "from_hex", "in_base64", "parents", "uses_base64"]

TRACE_DIGITS, SPAN_DIGITS = 32, 16

_IDS = re.compile(rb'"(?:traceI[dD]|trace_id)"\s*:\s*"([^"]*)"')
_HEX = re.compile("[0-9a-f]+")
_HEX_TRACE = re.compile("[0-9a-fA-F]{32}")
#: 16 bytes without and with the signs at the end that fill up four.
_BASE64_LENGTHS = {22, 24}


def uses_base64(head: bytes) -> bool | None:
    """Decide for a whole file; None: no trace id in its head tells."""
    return in_base64(text.decode("ascii", "replace") for text in _IDS.findall(head))


def in_base64(trace_ids: Iterable[str]) -> bool | None:
    """Say whether ids are base64: 16 bytes are 22 to 24 characters, or 32 hexadecimal digits.

    The first id that can be only one of them tells: shorter ones may be either. None: none tells.
    """
    for text in trace_ids:
        if _HEX_TRACE.fullmatch(text):
            return False
        plain = text.replace("\\/", "/")
        if len(plain) in _BASE64_LENGTHS and from_base64(plain, TRACE_DIGITS):
            return True
    return None


def from_hex(text: str, digits: int) -> str | None:
    """Return ``text`` in lower case, zero-padded to ``digits``; None when it is no such id."""
    text = text.lower()
    if len(text) > digits or not _HEX.fullmatch(text):
        return None
    return text.rjust(digits, "0")


def from_base64(text: str, digits: int) -> str | None:
    """Return the hexadecimal digits of a base64 id; None when it is no such id."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data.hex().rjust(digits, "0") if 0 < len(data) <= digits // 2 else None


def column(texts: Sequence[str | None], digits: int, *, base64: bool = False) -> pa.StringArray:
    """Return ids as texts of ``digits`` digits; null where there is none, or no such id.

    Ids that are so already, all of them, are only looked at as bytes.
    """
    if not base64:
        plain = pa.array(texts, pa.string())
        if _is_plain(plain, digits):
            return plain
    read: Any = partial(from_base64 if base64 else from_hex, digits=digits)
    known: dict[str | None, str | None] = {None: None, "": None}
    for text in texts:
        if text not in known:
            known[text] = read(text)
    return pa.array([known[text] for text in texts], pa.string())


def parents(texts: Sequence[str | None], *, base64: bool = False) -> pa.StringArray:
    """Return the ids of parents; an empty one, or one of zeros, is none."""
    found = column([text or None for text in texts], SPAN_DIGITS, base64=base64)
    nobody = pc.fill_null(pc.equal(found, "0" * SPAN_DIGITS), fill_value=False)
    return pc.if_else(nobody, None, found) if pc.any(nobody).as_py() else found


def _is_plain(texts: pa.StringArray, digits: int) -> bool:
    """Say whether all that is not null has ``digits`` lower-case hexadecimal digits."""
    _, offsets, data = texts.buffers()
    if data is None:
        return True
    lengths = np.diff(np.frombuffer(offsets, np.int32, len(texts) + 1))
    if texts.null_count:
        lengths = lengths[texts.is_valid().to_numpy(zero_copy_only=False)]
    byte = np.frombuffer(data, np.uint8, int(lengths.sum()))
    # what is below "0" or "a" wraps around to a large number
    is_digit = (byte - ord("0") < 10) | (byte - ord("a") < 6)  # noqa: PLR2004 - how many there are
    return bool((lengths == digits).all() and is_digit.all())
