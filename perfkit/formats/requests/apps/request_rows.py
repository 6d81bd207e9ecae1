"""Matched lines of requests -> the ``requests`` table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.formats.orm.log_prefixes import Prefixes
from perfkit.formats.requests.apps.values import (
    addresses,
    hosts,
    integers,
    milliseconds,
    request_parts,
    unescaped,
    url_paths,
)

if TYPE_CHECKING:
    from perfkit.formats.requests.apps.matching import Matched

__all__ = ["prefixes", "requests"]


def prefixes(lines: Matched, zone: str | None) -> Prefixes:
    """Return the time of each line: its own, or of what a logging framework put before it."""
    at = pc.coalesce(lines.group("at"), lines.group("before"), "")
    for pattern, replacement in lines.kind.layout:
        at = pc.replace_substring_regex(at, pattern, replacement)
    return Prefixes.read(at, zone)


def requests(lines: Matched, zone: str | None) -> tuple[pa.Table, bool]:
    """Return a row per line (``line`` from 1 in what was matched), and: did times name no zone."""
    ms = milliseconds(lines)
    times = prefixes(lines, zone)
    method, path, peer = _asked(lines)
    sent = pa.repeat(pa.scalar("client" if lines.kind.sent else None, pa.string()), len(lines.rows))
    columns = {
        "started_at": times.started(None if lines.kind.begun else ms),
        "duration_ms": ms,
        "method": method,
        "path": unescaped(path) if lines.kind.escaped else path,
        "status": integers(lines.group("status")),
        "client": addresses(lines.group("client")),
        "response_bytes": integers(lines.group("bytes")),
        "error": lines.group("error"),
        "kind": sent,
        "peer": peer,
        "line": pa.array(lines.rows + 1),
        "attributes": lines.text.cast(pa.binary()),
    }
    return tables.from_columns("requests", columns), times.naive


def _asked(lines: Matched) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return method, path, and who was asked by a request that was sent."""
    method, path, peer = (lines.group(name) for name in ("method", "path", "peer"))
    if lines.has("url"):
        url = lines.group("url")
        path, peer = url_paths(url), pc.coalesce(peer, url)
    if lines.has("request"):
        request = request_parts(lines.group("request"))
        method, path = request["method"], request["path"]
    if lines.kind.escaped:
        path = unescaped(path)
    return method, path, hosts(peer) if lines.kind.sent else pa.nulls(len(peer), pa.string())
