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
    texts = data.split(_BORDER)
    entries, line, bad = [], [], []
    for number, text in enumerate(texts, 1):
        entry = _entry(text)
        if entry is None:
            bad.append(BadLine.of(number, _WRONG, text))
        else:
            entries.append(entry)
            line.append(number)
    result = unwrapped(entries, np.array(line, np.int64), len(texts), carry)
    result.rejected = kept([*result.rejected, *bad])
    result.rejected_lines += len(bad)
    return result


def _entry(text: bytes) -> Entry | None:
    known: dict[str, Any] = {}
    at = 0
    while at < len(text):
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        key, equals, value = text[at:end].partition(b"=")
        if not equals and key:
            size = int.from_bytes(text[end + 1 : end + 1 + _LENGTH], "little")
            value = text[end + 1 + _LENGTH :][:size]
            end += 1 + _LENGTH + size
            if end > len(text):
                return None
        if key in _FIELDS:
            whole = not equals or key == b"MESSAGE"
            known[_FIELDS[key]] = list(value) if whole else value.decode("utf-8", "replace")
        at = end + 1
    return Entry(**known) if "written" in known else None


ENVELOPE = Envelope(
    name="journald-export",
    title="journalctl -o export",
    recognises=recognises,
    cut=cut,
    unwrap=unwrap,
    finish=finish,
)
