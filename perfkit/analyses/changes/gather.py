"""The series to judge: requests by route or statements by fingerprint, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import clock, sources
from perfkit.analyses import groups
from perfkit.analyses.changes.series import FEWEST, Series, binned
from perfkit.analyses.digests.counted_once import counted_once
from perfkit.errors import UsageError
from perfkit.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from perfkit.recording import Recording

__all__ = ["BY", "Gathered", "gathered"]

#: By what series are told apart -> the table whose rows count.
BY = {"route": "requests", "fingerprint": "queries"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Gathered:
    """Rows with time and duration, by key and in order of time.

    ``rows`` have both, ``undated`` lack one of them; ``span`` is from the first to the last in ns.
    """

    by: groups.Groups
    times: NDArray[np.int64]
    durations: NDArray[np.float64]
    weights: NDArray[np.float64]
    starts: NDArray[np.int64]
    names: dict[str, str]
    undated: int
    offset: int

    @property
    def span(self) -> int:
        """Time from the first to the last row, in ns."""
        return int(self.times.max() - self.times.min()) if len(self.times) else 0

    @property
    def keys(self) -> int:
        """How many routes or statements there are, known by name."""
        return sum(
            1
            for label, count in zip(self.by.labels, np.diff(self.starts), strict=True)
            if label is not None and count
        )

    def series(self) -> Iterator[tuple[str, Series, NDArray[np.float64]]]:
        """Yield key, series and weights of everything that has rows enough."""
        for code in np.flatnonzero(np.diff(self.starts) >= FEWEST):
            label = self.by.labels[code]
            rows = slice(*self.starts[code : code + 2])
            if label is None:
                continue
            found = binned(self.times[rows], self.durations[rows], self.offset)
            if found is not None:
                yield label, found, self.weights[rows]


def gathered(rec: Recording, by: str) -> Gathered:
    """Return the rows of a recording to judge ``by`` route or fingerprint.

    Raises:
        UsageError: there is no such key.
    """
    if by not in BY:
        raise UsageError(
            f"since_when: there is no key {by!r}", hint='by="route" or by="fingerprint"'
        )
    table, key, names = _requests(rec) if by == "route" else _queries(rec)
    started, durations = table["started_at"], groups.numbers(table["duration_ms"])
    known = started.is_valid().to_numpy() & (durations >= 0)
    times = pc.fill_null(started.cast(pa.int64()), 0).to_numpy()
    coded = groups.encode(key)
    order = np.flatnonzero(known)
    order = order[np.argsort(times[order], kind="stable")]
    order = order[groups.order(coded.codes[order])]
    counts = np.bincount(coded.codes[order], minlength=len(coded.labels))
    weights = np.nan_to_num(groups.numbers(table["weight"]), nan=1.0)
    return Gathered(
        by=coded,
        times=times[order],
        durations=durations[order],
        weights=weights[order],
        starts=np.concatenate(([0], np.cumsum(counts))),
        names=names,
        undated=int((~known).sum()),
        offset=_offset(int(times[order[0]]), rec.zone) if len(order) else 0,
    )


def _requests(rec: Recording) -> tuple[pa.Table, pa.ChunkedArray, dict[str, str]]:
    """Return the requests served, and their routes; where all were sent (a load test), those."""
    table = sources.primary(rec, "requests")
    sent = pc.fill_null(pc.equal(table["kind"].cast(pa.string()), "client"), False)  # noqa: FBT003 - the value to fill in
    if pc.any(sent).as_py() and not pc.all(sent).as_py():
        table = table.filter(pc.invert(sent))
    return table, routes(table), {}


def _queries(rec: Recording) -> tuple[pa.Table, pa.ChunkedArray, dict[str, str]]:
    """Return the statements executed, their ids, and what the ids stand for."""
    table = counted_once(rec, ("fingerprint_id",))
    asked = pc.is_in(table["phase"].cast(pa.string()), value_set=pa.array(["parse", "bind"]))
    table = table.filter(pc.invert(asked))
    ids, texts = (table[name].cast(pa.string()) for name in ("fingerprint_id", "fingerprint"))
    pairs = pa.table({"id": ids, "text": texts}).group_by("id").aggregate([("text", "min")])
    named = zip(pairs["id"].to_pylist(), pairs["text_min"].to_pylist(), strict=True)
    return table, ids, {key: text for key, text in named if key and text}


def _offset(ns: int, zone: str) -> int:
    """Return by how much the recording's clock is ahead of UTC, in ns."""
    at = datetime.fromtimestamp(ns / 1e9, UTC).astimezone(clock.time_zone(zone))
    ahead = at.utcoffset()
    return int(ahead.total_seconds() * 1e9) if ahead is not None else 0
