"""Executed statements of both sides, by fingerprint, and the requests they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import sources
from perfkit.analyses import groups
from perfkit.analyses.comparing.observed import Observed, Side, durations, nanoseconds, weights
from perfkit.analyses.digests.counted_once import counted_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["by_fingerprint"]

_PREPARATION = pa.array(["parse", "bind"])


def by_fingerprint(before: Sequence[Recording], after: Sequence[Recording]) -> Observed:
    """Return the statements that were executed; to parse or bind one is no execution."""
    parts = [_executed(rec) for rec in (*before, *after)]
    ids, texts = (_text(parts, name) for name in ("fingerprint_id", "fingerprint"))
    found = groups.encode(ids)
    sizes = [len(part) for part in parts]
    ends = np.cumsum([0, *sizes])
    codes = [found.codes[ends[i] : ends[i + 1]] for i in range(len(parts))]
    split = len(before)
    kinds = [set(pc.unique(part["duration_kind"]).to_pylist()) for part in parts]
    return Observed(
        by="fingerprint",
        labels=_first(texts, found),
        ids=found.labels,
        before=_side(before, parts[:split], codes[:split]),
        after=_side(after, parts[split:], codes[split:]),
        notes=_kinds(set.union(*kinds[:split]), set.union(*kinds[split:])),
    )


def _executed(rec: Recording) -> pa.Table:
    queries = counted_once(rec, ("fingerprint", "fingerprint_id"))
    phase = queries["phase"].cast(pa.string())
    return queries.filter(pc.invert(pc.is_in(phase, value_set=_PREPARATION)))


def _text(parts: Sequence[pa.Table], name: str) -> pa.ChunkedArray:
    chunks = [chunk for part in parts for chunk in part[name].cast(pa.string()).chunks]
    return pa.chunked_array(chunks, pa.string())


def _first(texts: pa.ChunkedArray, found: groups.Groups) -> list[str | None]:
    """Return the text of every group, that of the first row in it; None where it has none."""
    place = np.full(len(found.labels), -1)
    place[found.codes[::-1]] = np.arange(len(found.codes))[::-1]
    return list(texts.take(pa.array(place, mask=place < 0)).to_pylist())


def _side(
    recs: Sequence[Recording], parts: Sequence[pa.Table], codes: Sequence[NDArray[np.int32]]
) -> Side:
    served = [sources.primary(rec, "requests")["started_at"] for rec in recs]
    sizes = [len(part) for part in parts]
    return Side(
        code=np.concatenate(codes),
        ms=np.concatenate([durations(part["duration_ms"]) for part in parts]),
        ns=np.concatenate([nanoseconds(part["started_at"]) for part in parts]),
        run=np.repeat(np.arange(len(parts)), sizes),
        runs=len(parts),
        status=np.full(sum(sizes), np.nan),
        said=np.concatenate([part["error"].is_valid().to_numpy() for part in parts]),
        weight=np.concatenate([weights(part["weight"]) for part in parts]),
        served_ns=np.concatenate(list(map(nanoseconds, served))) if all(map(len, served)) else None,
        served_run=np.repeat(np.arange(len(parts)), list(map(len, served))),
    )


def _kinds(before: set[str | None], after: set[str | None]) -> tuple[str, ...]:
    if before == after:
        return ()
    old, new = (", ".join(sorted(kind or "unknown" for kind in of)) for of in (before, after))
    told = f"Durations were not measured alike: {old or 'none'} before, {new or 'none'} after."
    return (f"{told} What a client measures includes the network.",)
