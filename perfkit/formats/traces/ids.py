"""Trace and span ids: hexadecimal (as OTLP/JSON has it) or base64 (as protobuf's JSON has it)."""

from __future__ import annotations

import base64
import binascii
import re

__all__ = ["from_base64", "from_hex", "uses_base64"]

TRACE_DIGITS, SPAN_DIGITS = 32, 16

_IDS = re.compile(rb'"(?:traceId|trace_id)"\s*:\s*"([^"]*)"')
_HEX = re.compile("[0-9a-f]+")


def uses_base64(head: bytes) -> bool:
    """Decide for a whole file: 16 bytes are 32 hexadecimal digits, or 22 to 24 characters."""
    ids = _IDS.findall(head)
    return bool(ids) and all(len(text) in {22, 24} for text in ids)


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
