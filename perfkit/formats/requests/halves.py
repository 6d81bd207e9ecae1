"""Requests that two lines tell of: one when they came in, one when they were answered.

Fastify's logger writes ``{"reqId": "req-1", "req": {"method": "GET", "url": "/a"}, "msg": "incoming
request"}`` and ``{"reqId": "req-1", "res": {"statusCode": 200}, "responseTime": 5.1}``, and
one with ``err`` between them where it failed. The row is of the last line; lines of one process
belong together by the request's id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from perfkit import tables
from perfkit.formats.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.requests.rows import Line

__all__ = ["Halves", "mend", "paired"]

#: What the last line does not tell.
_TOLD = ("method", "path", "route", "client", "error")
#: Process and request.
_Key = tuple[str, str]


class Halves(NamedTuple):
    """Requests put together, and of the others: those answered, their keys, those that came in.

    ``seen`` are the keys of all requests that came in.
    """

    whole: list[Line]
    answered: list[Line]
    keys: list[_Key]
    open: dict[_Key, dict[str, Any]]
    seen: set[_Key]

    @property
    def carry(self) -> tuple[list[_Key], dict[_Key, dict[str, Any]], set[_Key]] | None:
        """Return what :func:`mend` needs to know."""
        return (self.keys, self.open, self.seen) if self.seen or self.keys else None


def paired(opened: Sequence[Line], closed: Sequence[Line]) -> Halves:
    """Put the two lines of each request together, in the order they were written."""
    found = Halves([], [], [], {}, set())
    lines = [(number, True, raw, values) for number, raw, values in opened]
    lines += [(number, False, raw, values) for number, raw, values in closed]
    for number, is_opened, raw, values in sorted(lines, key=lambda line: line[0]):
        key = (str(values.get("process", "")), str(values["request_id"]))
        if is_opened:
            found.open[key] = {name: values[name] for name in _TOLD if name in values}
            found.seen.add(key)
        elif key in found.open:
            found.whole.append((number, raw, found.open.pop(key) | values))
        else:
            found.answered.append((number, raw, values))
            found.keys.append(key)
    return found


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Put together requests that came in in one chunk and were answered in another."""
    known: dict[_Key, dict[str, Any]] = {}
    rows: list[dict[str, Any]] = []
    for part in parts:
        if part.carry is None:
            continue
        keys, opened, seen = part.carry
        table = part.pending.get("requests", tables.empty("requests"))
        for key, row in zip(keys, table.to_pylist(), strict=True):
            told = known.pop(key, {})
            rows.append(row | {name: value for name, value in told.items() if row[name] is None})
        known = {key: value for key, value in known.items() if key not in seen} | opened
    if not rows:
        return Parsed()
    found = pa.Table.from_pylist(rows, schema=tables.schema("requests"))
    return Parsed(tables={"requests": tables.conform(found, "requests")})
