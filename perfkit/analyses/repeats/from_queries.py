"""Calls out of logged statements that carry the id of their request or trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import Calls, Owners, Target, codes, milliseconds, texts
from perfkit.fingerprinted import fingerprinted
from perfkit.routes import routes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["calls_of"]


def calls_of(queries: pa.Table, requests: pa.Table) -> Calls:
    """Return the successful statements of requests; those without any id are left out."""
    rows = fingerprinted(queries)
    executed = ~np.isin(np.array(texts(rows["phase"]), dtype=object), ["parse", "bind"])
    who = pc.coalesce(rows["request_id"], rows["trace_id"])
    usable = executed & ~rows["error"].is_valid().to_numpy() & who.is_valid().to_numpy()
    rows = rows.filter(pa.array(usable & rows["fingerprint_id"].is_valid().to_numpy()))
    owner, first = _owner(rows)
    target, targets = _targets(rows)
    return Calls(
        owner=owner,
        target=target,
        start_ms=milliseconds(rows["started_at"]),
        duration_ms=groups.numbers(rows["duration_ms"]),
        parent=[None] * len(rows),
        raw=texts(rows["statement"]),
        targets=targets,
        owners=_owners(rows.take(pa.array(first)), requests),
    )


def _owner(rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the owner of every row, and the first row of every owner."""
    (code,) = codes(pc.coalesce(rows["request_id"], rows["trace_id"]))
    _, first, owner = np.unique(code, return_index=True, return_inverse=True)
    return owner.astype(np.int64), first.astype(np.int64)


def _targets(rows: pa.Table) -> tuple[NDArray[np.int64], list[Target]]:
    (code,) = codes(rows["fingerprint_id"])
    _, first, target = np.unique(code, return_index=True, return_inverse=True)
    found = (texts(rows[name], first) for name in ("fingerprint", "fingerprint_id"))
    pairs = zip(*found, strict=True)
    targets = [Target(fingerprint=text, fingerprint_id=text_id) for text, text_id in pairs]
    return target.astype(np.int64), targets


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
    )


def _places(column: pa.ChunkedArray) -> dict[str | None, int]:
    places = {text: index for index, text in enumerate(column.to_pylist())}
    places.pop(None, None)
    return places
