"""Points that k6 measured -> ``requests`` and ``metrics``, whichever output wrote them.

A request is told by eight or nine points with the same time and tags and no id; the one of
``http_req_duration`` stands for it. That duration is sending, waiting and receiving, without the
wait for a connection and connecting, and its point has the time at which the response had been
read (``Trail.EndTime``): the request was sent so much earlier. It is 0 where no connection came
about: then how long it would have taken is unknown. The other points of a request are left out:
which belong together is not said.

Checked: lib/netext/httpext/tracer.go and transport.go of grafana/k6 (v0.41: ``url`` repeats a
``name`` that the script set; ``status`` 0 and ``error`` where there was no response;
``expected_response`` decides ``http_req_failed``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.formats.times import read_times, zone_note
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfkit.formats.times import Times

__all__ = ["COUNTED", "DROPPED", "DURATION", "Facts", "Points", "facts"]

#: The point that stands for a request.
DURATION = "http_req_duration"
#: Points about the load itself -> their unit; they become ``metrics`` called ``k6_vus``, ...
COUNTED = {
    "vus": "users",
    "vus_max": "users",
    "iterations": "iterations",
    "dropped_iterations": "iterations",
}
#: A longer request is none.
_LONGEST_MS = 1e10
_STATUS_BEFORE = 1000  # error_code of a status is 1000 + status

CLOSED_OR_OPEN = Note(
    kind="coordinated_omission",
    message="k6 measures from the moment a request is sent, and does not say here which executor "
    "sent it: with VUs or iterations (a closed loop) requests that should have been sent during a "
    "stall are missing from the tail; with constant- or ramping-arrival-rate they are not, as long "
    "as no iterations were dropped. See `executor` in the script",
)
DROPPED = Note(
    kind="dropped_iterations",
    message="k6 dropped iterations (dropped_iterations): the intended load was not reached, and "
    "what would have been slowest was never sent",
)

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)([^#]*)")
#: A value in a URL that was written as a template literal: http.url`/orders/${id}`
_FILLED = "${}"


class Facts(NamedTuple):
    """What the tags of a request say."""

    method: str | None
    route: str | None
    path: str | None
    peer: str | None
    status: int | None
    error: str | None


class _Request(NamedTuple):
    line: int
    raw: bytes
    time: str | int
    duration_ms: float
    facts: Facts
    trace_id: str | None


class _Reading(NamedTuple):
    line: int
    raw: bytes
    time: str | int
    name: str
    value: float


class Points:
    """Takes points, and makes tables of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._requests: list[_Request] = []
        self._readings: list[_Reading] = []

    def request(
        self, line: int, raw: bytes, time: str | int, ms: float, about: Facts, trace_id: str | None
    ) -> None:
        """Take the duration of a request, in ms."""
        self._requests.append(_Request(line, raw, time, ms, about, trace_id))

    def reading(self, line: int, raw: bytes, time: str | int, name: str, value: float) -> None:
        """Take a point of one of :data:`COUNTED`."""
        self._readings.append(_Reading(line, raw, time, name, value))

    def tables(self, zone: str | None) -> tuple[dict[str, pa.Table], list[Note]]:
        """Return the tables, and what limits them."""
        contents, notes = {}, []
        if self._requests:
            sent = read_times([row.time for row in self._requests], zone)
            contents["requests"] = self._sent(sent)
            notes += [CLOSED_OR_OPEN, *[zone_note(zone)] * sent.naive]
        if self._readings:
            at = read_times([row.time for row in self._readings], zone)
            contents["metrics"] = self._counted(at)
        if any(row.name == "dropped_iterations" and row.value for row in self._readings):
            notes.append(DROPPED)
        return contents, notes

    def _sent(self, ended: Times) -> pa.Table:
        rows = self._requests
        ms = np.array([row.duration_ms for row in rows])
        unsent = np.array([row.facts.status == 0 for row in rows]) & (ms == 0)
        ms[unsent | ~((ms >= 0) & (ms < _LONGEST_MS))] = np.nan
        before = pa.array(np.rint(ms * 1e6), from_pandas=True).cast(pa.int64())
        about = zip(Facts._fields, zip(*[row.facts for row in rows], strict=True), strict=True)
        return tables.from_columns(
            "requests",
            {
                "started_at": _minus(ended.array, before),
                "duration_ms": ms,
                **{name: pa.array(column) for name, column in about},
                "kind": pa.repeat("client", len(rows)),
                "trace_id": pa.array([row.trace_id for row in rows], pa.string()),
                "line": [row.line for row in rows],
                "attributes": pa.array([row.raw for row in rows], pa.binary()),
            },
        )

    def _counted(self, at: Times) -> pa.Table:
        rows = self._readings
        return tables.from_columns(
            "metrics",
            {
                "at": at.array,
                "name": [f"k6_{row.name}" for row in rows],
                "value": [row.value for row in rows],
                "unit": [COUNTED[row.name] for row in rows],
                "line": [row.line for row in rows],
                "attributes": pa.array([row.raw for row in rows], pa.binary()),
            },
        )


def _minus(times: pa.Array, ns: pa.Array) -> pa.Array:
    """Return times less so many ns (unknown: none); unknown where the time or the result is."""
    known = times.is_valid().to_numpy(zero_copy_only=False)
    ended = times.cast(pa.int64()).fill_null(0).to_numpy()
    passed = ns.fill_null(0).to_numpy()
    known &= ended >= np.iinfo(np.int64).min + passed
    started = np.where(known, ended - np.where(known, passed, 0), 0)
    return pa.array(started, mask=~known).cast(times.type)


def facts(tags: Mapping[str, str | None]) -> Facts:
    """Return what the tags of a request say; a tag that is "" is unknown.

    Example:
        >>> facts({"name": "/orders/{id}", "url": "http://shop/orders/7?x=1", "status": "200"})[1:5]
        ('/orders/{id}', '/orders/7?x=1', 'shop', 200)
    """
    method = tags.get("method") or None
    name, url = tags.get("name") or "", tags.get("url") or ""
    peer, path = _parts(url)
    status = _integer(tags.get("status"))
    return Facts(method, _route(name, method), path, peer, status, _error(tags, status))


def _parts(url: str) -> tuple[str | None, str | None]:
    """Return whom a URL asks, and its path with the query; unknown of what is no URL."""
    found = _URL.match(url)
    if found is None:
        return None, None
    path = found[2] if found[2].startswith("/") else f"/{found[2]}"
    return found[1] or None, None if _FILLED in path else path


def _route(name: str, method: str | None) -> str | None:
    """Return the name that the script gave the request; a URL is none unless it is a template."""
    url = _URL.match(name)
    if url is None:
        return name.removeprefix(f"{method} ") or None
    return url[2].replace(_FILLED, "{id}") if _FILLED in url[2] else None


def _error(tags: Mapping[str, str | None], status: int | None) -> str | None:
    """Return why k6 counted the request as failed; None where it did not, or the status tells."""
    if tags.get("error"):
        return tags["error"]
    code = tags.get("error_code") or ""
    if code and _integer(code) != _STATUS_BEFORE + (status or 0):
        return f"error code {code}"
    return "unexpected status" if tags.get("expected_response") == "false" else None


def _integer(text: str | None) -> int | None:
    digits = text or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None  # noqa: PLR2004 - fits
