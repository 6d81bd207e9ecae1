"""``journalctl -o export``: fields as ``KEY=value`` lines, an empty line behind each entry.

A value that is not printable is written with its length: ``KEY``, line feed, 8 bytes (little
endian), value, line feed. An entry counts as one line here.

Checked: systemd's "Journal Export Formats", and what journald 252 wrote.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from perfkit.formats.model import BadLine, Recognition, kept
from perfkit.ingest.envelopes.hosts.journald_json import Entry, JournalCarry, finish, unwrapped
from perfkit.ingest.envelopes.model import Envelope, Unwrapped

__all__ = ["ENVELOPE"]

_FIRST = b"__CURSOR="
_BORDER = b"\n\n" + _FIRST
_FIELDS = {
    info.encode(): name
    for name, info in zip(Entry.__struct_fields__, Entry.__struct_encode_fields__, strict=True)
}
_LENGTH = 8
_WRONG = "it is no entry of a journal, or cut off"


def recognises(head: bytes) -> Recognition:
    """Recognise the fields that every exported entry begins with."""
    sure = 0.99 if head.startswith(_FIRST) and b"\n__REALTIME_TIMESTAMP=" in head[:2000] else 0.0
    return Recognition(confidence=sure, reason="entries of journalctl -o export")


def cut(data: bytes) -> int:
    """Return where the last entry begins."""
    found = data.rfind(_BORDER)
    return found + 2 if found > 0 else 0


def unwrap(data: bytes, carry: JournalCarry | None) -> Unwrapped:
    """Take the messages out."""
    entries, line, bad = [], [], []
    number, at = 0, 0
    while at < len(data):
        number, start = number + 1, at
        entry, at = _entry(data, at)
        if entry is None:
            bad.append(BadLine.of(number, _WRONG, data[start:at]))
        else:
            entries.append(entry)
            line.append(number)
    result = unwrapped(entries, np.array(line, np.int64), number, carry)
    result.rejected = kept([*result.rejected, *bad])
    result.rejected_lines += len(bad)
    return result


def _entry(data: bytes, at: int) -> tuple[Entry | None, int]:
    """Read the entry at ``at``; also return where the next one begins.

    A border within a value of stated length is text: whoever writes to the log may write one.
    """
    known: dict[str, Any] = {}
    while at < len(data):
        key, begin, end, counted = _field(data, at)
        if counted and end != len(data) and not data.startswith(b"\n", end):
            return None, _next(data, at)
        if key in _FIELDS:
            value, whole = data[begin:end], counted or key == b"MESSAGE"
            known[_FIELDS[key]] = list(value) if whole else value.decode("utf-8", "replace")
        at = end + 1
        if data.startswith(_BORDER, end):
            at = end + 2
            break
    return (Entry(**known) if "written" in known else None), at


def _field(data: bytes, at: int) -> tuple[bytes, int, int, bool]:
    """Return key, begin and end of the value, and whether its length is stated."""
    end = data.find(b"\n", at)
    end = len(data) if end < 0 else end
    key, equals, value = data[at:end].partition(b"=")
    if equals or not key:
        return key, end - len(value), end, False
    begin = end + 1 + _LENGTH
    return key, begin, begin + int.from_bytes(data[end + 1 : begin], "little"), True


def _next(data: bytes, at: int) -> int:
    """Return where the next entry seems to begin."""
    found = data.find(_BORDER, at)
    return len(data) if found < 0 else found + 2


ENVELOPE = Envelope(
    name="journald-export",
    title="journalctl -o export",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
    finish=finish,
)
