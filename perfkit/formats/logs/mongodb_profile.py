"""Documents of MongoDB's ``system.profile``, exported with mongoexport or a driver.

``{"op": "query", "ns": "shop.orders", "command": {...}, "millis": 12, "ts": {"$date": "..."}}`` in
Extended JSON v1 or v2, a document a line or an array. ``ts`` is when the operation ended.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.logs.mongodb_documents import documents, number
from perfkit.formats.logs.mongodb_found import Found
from perfkit.formats.logs.mongodb_legacy import as_command
from perfkit.formats.logs.mongodb_queries import Operation, cleaned
from perfkit.formats.model import BadLine, Chunk, Format, Parsed, Recognition
from perfkit.formats.text import to_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMAT"]

_KEYS = (b'"op"', b'"ns"', b'"millis"', b'"ts"')
_OPERATION = re.compile(
    rb'"op"\s*:\s*"(?:query|insert|update|remove|getmore|command|killcursors|bulkWrite|none)"'
)
_BREAK = re.compile(rb"\}\r?\n(?=\{)")
_TAIL = 1 << 16
_LONGEST_MS = 10**12
_COLUMNS = ("command", "query", "originatingCommand", "updateobj", "ts", "millis", "ns")


def recognises(head: bytes) -> Recognition:
    """Recognise documents with ``op``, ``ns``, ``millis`` and ``ts``."""
    found = len(_OPERATION.findall(head))
    if head.lstrip()[:1] not in {b"{", b"["} or not found or not all(key in head for key in _KEYS):
        return Recognition(confidence=0.0)
    return Recognition(confidence=0.95, reason=f"{found:,} documents of MongoDB's profiler")


def cut(data: bytes) -> int:
    """Return where the last document begins that has a line of its own; an array has none."""
    size = _TAIL
    while True:
        base = max(0, len(data) - size)
        found = list(_BREAK.finditer(data, base))
        if found or not base:
            return found[-1].end() if found else 0
        size *= 4


def parse(chunk: Chunk) -> Parsed:
    """Parse whole documents; ``line`` is a document's number."""
    data, notes = to_utf8(chunk.data)
    found = Found(notes=list(notes))
    count = 0
    for count, (text, value) in enumerate(documents(data.decode()), start=1):
        _sort(count, text, value, found)
    return found.parsed(chunk, count)


def _sort(count: int, text: str, value: Any, found: Found) -> None:
    ms = number(value.get("millis")) if isinstance(value, dict) else None
    if ms is None or ms > _LONGEST_MS or not isinstance(value.get("ns"), str):
        reason = "it is not JSON, or cut off" if value is None else "it has no millis or no ns"
        found.rejected.append(BadLine.of(count, reason, text[:500].encode("utf-8", "replace")))
        return
    try:
        found.operations.append(_operation(count, ms, value))
    except (RecursionError, TypeError, UnicodeError, msgspec.MsgspecError):
        reason = "its command is nested too deeply, or is no text"
        found.rejected.append(BadLine.of(count, reason, text[:500].encode("utf-8", "replace")))


def _operation(count: int, ms: int, value: dict[str, Any]) -> Operation:
    kind = _text(value, "op") or ""
    parts = {
        "command": value.get("command"),
        "query": value.get("query"),
        "update": value.get("updateobj"),
        "originatingCommand": value.get("originatingCommand"),
    }
    known = {name: part for name, part in parts.items() if isinstance(part, dict)}
    raw, marked = as_command(kind, value["ns"], known)
    command, verb, collection = cleaned(msgspec.json.encode(raw))
    return Operation(
        count,
        _moment(value.get("ts")),
        ms,
        value["ns"],
        command,
        verb or kind,
        collection,
        marked,
        _first(value, "docsExamined", "nscannedObjects"),
        _first(value, "nreturned"),
        _lock_ms(value.get("locks")),
        _text(value, "appName"),
        _text(value, "client"),
        None,
        (_text(value, "user") or "").partition("@")[0] or None,
        ": ".join(filter(None, (_text(value, "errName"), _text(value, "errMsg"))))
        or _text(value, "exception"),
        msgspec.json.encode({key: item for key, item in value.items() if key not in _COLUMNS}),
    )


def _moment(ts: Any) -> Any:
    """Return ``{"$date": ...}`` as what it holds: ISO 8601, or milliseconds since 1970."""
    return ts.get("$date") if isinstance(ts, dict) else ts


def _text(value: Mapping[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) and found else None


def _first(value: Mapping[str, Any], *keys: str) -> int | None:
    found = (number(value[key]) for key in keys if key in value)
    return next(found, None)


def _lock_ms(locks: Any) -> float | None:
    if not isinstance(locks, dict):
        return None
    waits = [
        stats.get("timeAcquiringMicros") for stats in locks.values() if isinstance(stats, dict)
    ]
    micros = [number(item) for wait in waits if isinstance(wait, dict) for item in wait.values()]
    return sum(item or 0 for item in micros) / 1000 if micros else None


FORMAT = Format(
    name="mongodb-profile",
    title="MongoDB profiler (system.profile)",
    recognises=recognises,
    cut=cut,
    parse=parse,
)
