"""Requests of one trace inside each other: a gateway's, and those it sends to other services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import codes
from perfkit.routes import routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["inside_another", "routes_at"]

#: A log line's start (its time less the duration) and the clocks of two services are off by less.
_SLACK_NS = 1_000_000
_NEVER = np.iinfo(np.int64).max


def routes_at(rec: Recording, trace_ids: Any, at: Any) -> pa.Array:
    """Return the route of the request in which something of a trace happened.

    That is the request of the trace that began last before the moment ``at`` and was not over
    yet, else the trace's first request; null where no request names the trace.
    """
    requests = _traced(rec.arrow("requests"))
    request_trace, trace = codes(requests["trace_id"], _plain(trace_ids))
    begun, ended = _ends(requests)
    moment = pc.cast(_plain(at), pa.int64())
    moments = pc.fill_null(moment, _NEVER).to_numpy()
    last, first = _last_before(request_trace, begun, trace, moments)
    over = np.append(ended, _NEVER)[last] < moments - _SLACK_NS
    chosen = np.where(over, first, last)
    names = pa.concat_arrays([*routes(requests).chunks, pa.nulls(1, pa.string())])
    return names.take(pa.array(np.where(last < 0, len(begun), chosen)))


def inside_another(requests: pa.Table) -> NDArray[np.bool_]:
    """Say which requests were served within an earlier one of the same trace."""
    inside = np.zeros(requests.num_rows, np.bool_)
    row = np.flatnonzero(_known(requests))
    (trace,) = codes(requests["trace_id"].take(pa.array(row)))
    begun, ended = _ends(requests.take(pa.array(row)))
    order = np.lexsort((-ended, begun, trace))
    trace, ended, row = trace[order], ended[order], row[order]
    # one pass over all traces: an end counts only against those of its own trace
    rank = np.argsort(np.argsort(ended, kind="stable"), kind="stable") + trace * len(row)
    latest = np.maximum.accumulate(rank)
    earlier = np.concatenate([[-1], latest[:-1]])[: len(row)]
    inside[row] = (earlier > rank) & (np.concatenate([[-1], trace[:-1]])[: len(row)] == trace)
    return inside


def _traced(requests: pa.Table) -> pa.Table:
    return requests.filter(pa.array(_known(requests)))


def _known(requests: pa.Table) -> NDArray[np.bool_]:
    names = ("trace_id", "started_at", "duration_ms")
    known: NDArray[np.bool_] = np.logical_and.reduce(
        [requests[name].is_valid().to_numpy() for name in names]
    )
    return known


def _ends(requests: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    begun = requests["started_at"].cast(pa.int64()).to_numpy()
    lasted = (groups.numbers(requests["duration_ms"]) * 1e6).astype(np.int64)
    return begun, begun + lasted


def _plain(column: Any) -> pa.ChunkedArray:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _last_before(
    request_trace: NDArray[np.int64],
    begun: NDArray[np.int64],
    trace: NDArray[np.int64],
    moments: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for every moment the request of its trace that began last, and the first; or -1."""
    count = len(begun)
    traces = np.concatenate([request_trace, trace])
    times = np.concatenate([begun - _SLACK_NS, moments])
    order = np.lexsort((np.arange(len(times)) >= count, times, traces))
    place = np.where(order < count, np.arange(len(order)), -1)
    latest = np.maximum.accumulate(place) if len(place) else place
    starts = np.concatenate([[True], traces[order][1:] != traces[order][:-1]])[: len(order)]
    group = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    found = np.where((latest >= group) & (traces[order] >= 0), order[latest], -1)
    last = np.empty(len(order), np.int64)
    last[order] = found
    first = _first_of(request_trace, begun, int(traces.max(initial=-1)) + 1)[trace]
    return np.where(last[count:] < 0, first, last[count:]), first


def _first_of(
    request_trace: NDArray[np.int64], begun: NDArray[np.int64], traces: int
) -> NDArray[np.int64]:
    """Return the first request of every trace; -1 in the last place, for unknown traces."""
    firsts = np.full(traces + 1, -1)
    latest_first = np.argsort(begun, kind="stable")[::-1]
    firsts[request_trace[latest_first]] = latest_first
    return firsts
