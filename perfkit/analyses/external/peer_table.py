"""One row per peer: how often it is called, how long that takes, and how often it fails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses import groups
from perfkit.analyses.external.halves import network_ns
from perfkit.analyses.repeats.segments import reached

if TYPE_CHECKING:
    from perfkit.analyses.external.attempts import Attempts
    from perfkit.analyses.external.calls import ExternalCalls, Peer
    from perfkit.analyses.external.connections import Connections
    from perfkit.span_ids import Ints

__all__ = ["SCHEMA", "peer_table"]

_NAMES = ("p50", "p95", "p99")
_ENDS = ("_low", "_high")
SCHEMA = pa.schema(
    [
        ("peer", pa.string()),
        ("kind", pa.string()),
        ("service", pa.string()),
        ("calls", pa.int64()),
        ("errors", pa.int64()),
        ("error_rate", pa.float64()),
        *((f"{name}_ms", pa.float64()) for name in (*_NAMES, "max", "total")),
        ("share", pa.float64()),
        ("timeouts", pa.int64()),
        ("retries", pa.int64()),
        ("new_connection_share", pa.float64()),
        ("network_ms", pa.float64()),
        *((f"{name}{end}_ms", pa.float64()) for name in _NAMES for end in _ENDS),
    ]
)


@dataclass(frozen=True)
class _Seen:
    calls: ExternalCalls
    connections: Connections
    retries: Ints
    network: Any
    waited: Any
    whole: dict[str | None, float]


def peer_table(calls: ExternalCalls, connections: Connections, tries: Attempts) -> pa.Table:
    """Return the table, the peer first for which requests wait longest.

    ``share``: of the time of all requests that the calling service serves, in how much of it a
    call to the peer runs (calls at the same time count once). ``network_ms``: median of what a
    call takes beyond the time of the server's half.
    """
    retries = np.zeros(len(calls), np.int64)
    retries[tries.place] = tries.retry
    seen = _Seen(
        calls,
        connections,
        retries,
        network_ns(calls.forest, calls.row, calls.server) / 1e6,
        _waited_ms(calls),
        _served_ms(calls),
    )
    rows = [_row(seen, peer, at) for peer, at in calls.by_peer()]
    rows.sort(key=lambda row: (-row["total_ms"], row["peer"], row["kind"], row["service"] or ""))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(seen: _Seen, peer: Peer, at: Ints) -> dict[str, Any]:
    calls = seen.calls
    count = int(calls.count[at].sum())
    errors = int(calls.failed[at].sum())
    known = at[seen.connections.known[at]]
    network = seen.network[at]
    whole = seen.whole.get(peer.service, 0.0)
    return {
        "peer": peer.peer,
        "kind": peer.kind,
        "service": peer.service,
        "calls": count,
        "errors": errors,
        "error_rate": errors / count,
        "timeouts": int(calls.timed_out[at].sum()),
        "retries": int(seen.retries[at].sum()),
        "new_connection_share": (
            float(seen.connections.opened[known].mean()) if len(known) else math.nan
        ),
        **_spread(calls.length[at[calls.single[at]]] / 1e6),
        "max_ms": float(calls.length[at].max() / 1e6),
        "total_ms": float(calls.length[at].sum() / 1e6),
        "share": float(seen.waited[at].sum() / whole) if whole else math.nan,
        "network_ms": float(np.nanmedian(network)) if np.isfinite(network).any() else math.nan,
    }


def _spread(lengths: Any) -> dict[str, float]:
    """Return percentiles of calls that have a span each."""
    if not len(lengths):
        return {}
    found = groups.percentiles(np.sort(lengths), _NAMES)
    return {name: value for name, value in found.items() if name in SCHEMA.names}


def _waited_ms(calls: ExternalCalls) -> Any:
    """Return for each call how long its request waits for it and for no earlier one to the peer."""
    order = np.lexsort((calls.start, calls.peer, calls.owner))
    owner, peer = calls.owner[order], calls.peer[order]
    rows = np.maximum(calls.owner_row[order], 0)
    served = (calls.owner_row[order] >= 0) & calls.forest.served[rows]
    first, last = calls.forest.start[rows], calls.forest.end[rows]
    start = np.clip(calls.start[order], first, last) - first
    end = np.clip(calls.end[order], first, last) - first
    new = (owner[1:] != owner[:-1]) | (peer[1:] != peer[:-1])
    segment = np.append(0, np.cumsum(new)) if len(order) else order
    before = np.maximum(reached(segment, end.astype(np.float64)), start)
    found = np.zeros(len(calls))
    found[order] = np.where(served, np.maximum(end - before, 0.0), 0.0) / 1e6
    return found


def _served_ms(calls: ExternalCalls) -> dict[str | None, float]:
    """Return how long the requests that each service serves take in all."""
    forest = calls.forest
    service = groups.encode(forest.rows["service"])
    spent = np.bincount(
        service.codes[forest.served],
        weights=forest.length[forest.served],
        minlength=len(service.labels),
    )
    return dict(zip(service.labels, (spent / 1e6).tolist(), strict=True))
