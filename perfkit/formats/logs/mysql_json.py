"""Rows of a MySQL table as JSON: a list of objects, ``{"rows": [...]}``, or one per line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from perfkit.formats.model import BadLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["is_json", "json_names", "json_rows"]

_decode = msgspec.json.Decoder().decode
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_KEY = re.compile(rb'"([A-Za-z_0-9]{1,64})"\s*:')
_NO_ROW = "it is no JSON object, or cut off"


def is_json(head: bytes) -> bool:
    """Say whether an export is JSON."""
    return head.lstrip()[:1] in {b"{", b"["}


def json_names(head: bytes) -> tuple[str, ...]:
    """Return the lower-cased keys in the beginning of an export."""
    found = dict.fromkeys(name.lower() for name in _KEY.findall(head))
    return tuple(name.decode() for name in found)


def json_rows(data: bytes) -> tuple[dict[str, pa.Array], list[BadLine], int]:
    """Return the columns as text by lower-cased name, the rejected records, and their number."""
    records = list(_records(data))
    rows = [
        {key.lower(): _text(value) for key, value in record.items()}
        for record, _ in records
        if isinstance(record, dict)
    ]
    rejected = [
        BadLine.of(number, _NO_ROW, raw)
        for number, (record, raw) in enumerate(records, start=1)
        if not isinstance(record, dict)
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    return columns, rejected, len(records)


def _records(data: bytes) -> Iterator[tuple[Any, bytes]]:
    try:
        document = _decode(data)
    except _ERRORS:
        yield from _lines(data)
        return
    for record in _rows(document):
        yield record, b""


def _rows(document: Any) -> Sequence[Any]:
    if isinstance(document, dict):
        inner = next((value for value in document.values() if isinstance(value, list)), None)
        return [document] if inner is None else inner
    return document if isinstance(document, list) else [document]


def _lines(data: bytes) -> Iterator[tuple[Any, bytes]]:
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            yield _decode(line), line
        except _ERRORS:
            yield None, line


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
