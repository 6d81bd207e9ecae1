"""What the keys in access logs mean: ``rt=0.123``, ``reqtime:0.123``.

The labels are those of ltsv.org, of nginx's documentation (``rt``, ``uct``, ``uht``, ``urt``), and
whatever :mod:`perfkit.formats.requests.keys` knows.
"""

from __future__ import annotations

from functools import lru_cache

from perfkit.formats.requests.keys import role

__all__ = ["is_label", "meaning"]

_LABELS: dict[str, tuple[str, str]] = {
    "host": ("client", ""),
    "remote_addr": ("client", ""),
    "vhost": ("service", ""),
    "server": ("service", ""),
    "server_name": ("service", ""),
    "domain": ("service", ""),
    "req": ("request", ""),
    "request": ("request", ""),
    "method": ("method", ""),
    "uri": ("path", ""),
    "path": ("path", ""),
    "status": ("status", ""),
    "size": ("response_bytes", "clf"),
    "bytes": ("response_bytes", "clf"),
    "body_bytes_sent": ("response_bytes", "clf"),
    "rt": ("duration", "s"),
    "reqtime": ("duration", "s"),
    "request_time": ("duration", "s"),
    "reqtime_microsec": ("duration", "us"),
    "urt": ("upstream", "s"),
    "apptime": ("upstream", "s"),
    "upstream_time": ("upstream", "s"),
    "upstream_response_time": ("upstream", "s"),
    "cache": ("cache_status", ""),
    "cs": ("cache_status", ""),
    "upstream_cache_status": ("cache_status", ""),
    "rid": ("request_id", ""),
    "time": ("time", ""),
}
#: Known, and not read.
_IGNORED = """
    uct uht uad us ul ident user forwardedfor referer ua protocol reqsize runtime taken_sec pipe
    upstream_connect_time upstream_header_time upstream_addr upstream_status gzip_ratio
"""
_UNREAD = frozenset(_IGNORED.split())
_READ = "method route path status trace_id request_id client service response_bytes"
_COLUMNS = frozenset(_READ.split())


@lru_cache(maxsize=4096)
def meaning(key: str) -> tuple[str, str]:
    """Return role and unit of a key; both are empty when it is not read.

    A duration without a unit is one whose unit its values must tell.
    """
    plain = key.lower()
    if plain in _LABELS or plain in _UNREAD:
        return _LABELS.get(plain, ("", ""))
    found = role(key)
    if found is None:
        return "", ""
    if found.name == "duration":
        return "duration", found.unit
    return (found.name, "") if found.name in _COLUMNS else ("", "")


def is_label(key: str) -> bool:
    """Say whether a key is known, so that ``key:`` begins a value."""
    plain = key.lower()
    return plain in _LABELS or plain in _UNREAD or meaning(key) != ("", "")
