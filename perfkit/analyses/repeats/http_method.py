"""The method of HTTP calls: in the span's name, or among its attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from perfkit.analyses import groups

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["METHODS", "method_in", "methods"]

#: "" stands for a method that is not known.
METHODS = ("", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
_NUMBER = {name: number for number, name in enumerate(METHODS) if name}
_WORDS = 2  # OpenTelemetry's "GET", "GET /orders" and "HTTP GET", Zipkin's "get"
# As a member ("http.method": "PUT") or as a pair of key and value; close together either way.
_TOLD = re.compile(
    rb'"(?:http\.request\.|http\.|request\.)?method"[^\[\]}]{0,60}?"'
    rb'(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY)"',
    re.IGNORECASE,
)


def method_in(name: str) -> int:
    """Return the number of the method in a span's name, as index into :data:`METHODS`."""
    words = name[:40].upper().split()[:_WORDS]
    return next((_NUMBER[word] for word in words if word in _NUMBER), 0)


def methods(rows: pa.Table) -> NDArray[np.int64]:
    """Return the number of the method of every HTTP call.

    Attributes are only looked through where the name does not tell (Datadog's
    ``requests.request``), without decoding them.
    """
    name = groups.encode(rows["name"])
    found = np.array([method_in(text or "") for text in name.labels], np.int64)[name.codes]
    open_rows = np.flatnonzero(found == 0)
    if len(open_rows):
        told = rows["attributes"].take(open_rows).to_pylist()
        found[open_rows] = [_among(raw) for raw in told]
    return found


def _among(raw: bytes | None) -> int:
    found = _TOLD.search(raw or b"")
    return _NUMBER[found[1].decode().upper()] if found else 0
