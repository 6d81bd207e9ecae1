"""Calls out of logged statements that carry the id of their request or trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import Calls, Owners, Target, codes, milliseconds, texts
from perfkit.fingerprinted import fingerprinted
from perfkit.routes import routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["calls_of", "executed", "of_server", "raw_of", "targets_of"]


def calls_of(queries: pa.Table, requests: pa.Table) -> Calls:
    """Return the statements of requests; those without any id are left out."""
    who = pc.coalesce(queries["request_id"], queries["trace_id"])
    rows = executed(queries.filter(who.is_valid()))
    owner, first = _owner(rows)
    target, targets = targets_of(rows)
    return Calls(
        owner=owner,
        target=target,
        start_ms=milliseconds(rows["started_at"]),
        duration_ms=groups.numbers(rows["duration_ms"]),
        parent=np.full(len(rows), None),
        raw=raw_of(rows),
        targets=targets,
        owners=_owners(rows.take(pa.array(first)), requests),
        failed=rows["error"].is_valid().to_numpy(),
        row=np.arange(len(rows)),
        server_time=of_server(rows),
    )


def executed(queries: pa.Table) -> pa.Table:
    """Return the rows that are an execution of a known statement."""
    rows = fingerprinted(queries)
    phase = groups.encode(rows["phase"])
    other = [place for place, label in enumerate(phase.labels) if label in {"parse", "bind"}]
    usable = ~np.isin(phase.codes, other) & rows["fingerprint_id"].is_valid().to_numpy()
    return rows.filter(pa.array(usable))


def targets_of(rows: pa.Table) -> tuple[NDArray[np.int64], list[Target]]:
    """Return the number of the target of every statement, and the targets."""
    (code,) = codes(rows["fingerprint_id"])
    _, first, target = np.unique(code, return_index=True, return_inverse=True)
    found = (texts(rows[name], first) for name in ("fingerprint", "fingerprint_id"))
    pairs = zip(*found, strict=True)
    targets = [Target(fingerprint=text, fingerprint_id=text_id) for text, text_id in pairs]
    return target.astype(np.int64), targets


def of_server(rows: pa.Table) -> NDArray[np.bool_]:
    """Return which durations are known to be the server's."""
    kind = rows["duration_kind"].cast(pa.string())
    found: NDArray[np.bool_] = pc.fill_null(pc.equal(kind, "server"), fill_value=False).to_numpy()
    return found


def raw_of(rows: pa.Table) -> Any:
    """Return the statements as they were sent; each text once in memory."""
    found = groups.encode(rows["statement"])
    return np.array(found.labels, object)[found.codes]


def _owner(rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the owner of every row, and the first row of every owner."""
    (code,) = codes(pc.coalesce(rows["request_id"], rows["trace_id"]))
    _, first, owner = np.unique(code, return_index=True, return_inverse=True)
    return owner.astype(np.int64), first.astype(np.int64)


def _owners(rows: pa.Table, requests: pa.Table) -> Owners:
    """Look the owners up among the requests: by request id, otherwise by trace."""
    by_request, by_trace = (_places(requests[name]) for name in ("request_id", "trace_id"))
    ids = zip(texts(rows["request_id"]), texts(rows["trace_id"]), strict=True)
    place = [by_request.get(request, by_trace.get(trace)) for request, trace in ids]
    at = pa.array(place, pa.int64())
    found = np.array([index is not None for index in place], dtype=bool)
    route = routes(requests)
    return Owners(
        node=np.arange(len(rows)),
        trace_id=texts(pc.coalesce(rows["trace_id"], rows["request_id"])),
        route=texts(pc.take(route, at)),
        duration_ms=groups.numbers(pc.take(requests["duration_ms"], at)),
        # an id of a request says that there was one, also where it was not recorded
        served=rows["request_id"].is_valid().to_numpy() | found,
        weight=np.nan_to_num(groups.numbers(pc.take(requests["weight"], at)), nan=1.0),
    )


def _places(column: pa.ChunkedArray) -> dict[str | None, int]:
    places = {text: index for index, text in enumerate(column.to_pylist())}
    places.pop(None, None)
    return places
