"""Log lines that tell of a request which the program itself sent: to whom, and what became of it.

``external_api_call`` and ``external_api_timeout`` with a duration, names such as those that other
programs chose for the same, or a line that says so by ``direction`` or ``span.kind``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_outgoing", "outgoing"]

_EVENT = re.compile(
    r"(?:external|outgoing|outbound|egress|upstream|downstream|third_party|http_client|client)_"
    r"(?:(?:api|http|https|service|rest|web)_)*(?:call|request|response|timeout|error|failure)"
    r"(?:_(?:call|request|completed|complete|finished|done|ended|succeeded|success|ok|failed"
    r"|failure|error|timeout|timed_out))?"
)
#: No name of an event is longer; a sentence may be.
_LONGEST = 80
_TIMEOUT = re.compile(r"time_?d?_?out")
_WORD_BREAK = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIRECTIONS = frozenset({"outgoing", "outbound", "egress", "client"})
_DIRECTION_KEYS = ("direction", "span.kind", "span_kind")
#: Keys that say who was called, the surest first.
_PEERS = (
    "peer", "peer_service", "peer.service", "peer_name", "api", "api_name", "external_api",
    "external_service", "provider", "vendor", "integration", "upstream", "target_service",
    "remote_service", "service", "service_name", "remote_host", "server.address",
    "server_address", "net.peer.name", "host", "hostname", "domain", "target", "url", "endpoint",
    "uri",
)  # fmt: skip
_URLS = ("url", "http.url", "url.full", "request_url", "target", "endpoint", "uri", "host")
#: Keys of a time-out that was set, which is as long as a call that it ended lasted.
_LIMITS = {"timeout_ms": 1.0, "timeout_s": 1e3, "timeout_seconds": 1e3, "timeout_sec": 1e3}


def is_outgoing(line: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Say whether a line tells of a request that was sent, and what came of it."""
    if _named(line.get("event") or line.get("msg") or line.get("message")):
        return any(line.get(key) for key in _PEERS) or values.get("duration_ms") is not None
    direction = next((line[key] for key in _DIRECTION_KEYS if key in line), "")
    return str(direction).lower() in _DIRECTIONS and bool(
        {"status", "duration_ms"} & {name for name, value in values.items() if value is not None}
    )


def outgoing(line: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a request that was sent, by the names of the columns."""
    found = dict(values) | {"kind": "client"}
    key, peer = next(((k, line[k]) for k in _PEERS if _is_text(line.get(k))), ("", ""))
    found["peer"] = _host(peer)
    if key in {"service", "service_name"}:
        del found["service"]
    url = next((line[k] for k in _URLS if _is_url(line.get(k))), "")
    if url:
        found["path"] = _path(url)
    if _TIMEOUT.search(_snake(str(line.get("event") or line.get("msg") or line.get("message")))):
        found["error"] = "timeout"
        if found.get("duration_ms") is None:
            found["duration_ms"] = _limit(line)
    return found


def _named(event: Any) -> bool:
    return isinstance(event, str) and len(event) < _LONGEST and _is_name(event)


@lru_cache(maxsize=4096)
def _is_name(event: str) -> bool:
    return _EVENT.fullmatch(_snake(event)) is not None


def _snake(text: str) -> str:
    return _WORD_BREAK.sub("_", _CAMEL.sub("_", text).lower()).strip("_")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and "://" in value[:20]


def _host(peer: str) -> str | None:
    """Return a name, or of a URL the host with its port: who was called, without secrets."""
    if not _is_url(peer):
        return peer or None
    try:
        return urlsplit(peer).netloc.rpartition("@")[2] or None
    except ValueError:
        return None


def _path(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _limit(line: Mapping[str, Any]) -> float | None:
    for key, factor in _LIMITS.items():
        value = line.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:  # noqa: PLR2004 - no time-out lasts longer
            return value * factor
    return None
