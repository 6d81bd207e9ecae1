"""What a scan keeps of requests instead of their rows, and the sum of it.

Requests are counted by their route, where it is not known by their path with ids taken out by
shape; which names are parameters as well is decided at the end, when all paths are known (or
before, when there are very many).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.analyses import groups
from perfkit.analyses.baselines.described import from_part
from perfkit.analyses.baselines.partial import counted, merge, named, without
from perfkit.analyses.baselines.rows import rows
from perfkit.formats.model import Parsed
from perfkit.recording import Note
from perfkit.routes import recorded
from perfkit.routing.evidence import Evidence
from perfkit.routing.paths import shaped
from perfkit.sources import MARGIN_NS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from perfkit.analyses.baselines.described import Described
    from perfkit.analyses.baselines.partial import Partial
    from perfkit.tasks.scanned import Around

__all__ = ["CountedRequests", "RequestSum", "counted_requests"]

#: So many parts are added up at once.
_BATCH = 8
#: Paths that are told apart until the end; of more, names are judged before all are known.
MOST_PATHS = 50_000
OTHERS = "(other routes)"
#: What a label begins with: a route as it was logged, a path by its shape.
_ROUTE, _PATH = "=", "?"
_NOT_FOUND = 404
_NO_ROUTE = pa.chunked_array([], pa.string())


@dataclass(frozen=True, kw_only=True)
class CountedRequests:
    """One piece, counted: requests ``logged`` by who served them, ``traced``, and ``sent``.

    ``loggers`` are the inputs that logged some.
    """

    parts: Mapping[str, Partial]
    notes: tuple[Note, ...] = ()
    loggers: frozenset[str] = frozenset()


def counted_requests(
    contents: Mapping[str, pa.Table],
    *,
    names: Sequence[str],
    around: Around | None = None,
) -> CountedRequests:
    """Count the requests of a piece, given as tables whose column ``source`` counts ``names``."""
    parsed = around.applied(contents) if around else Parsed(tables=contents)
    requests = parsed.tables.get("requests", tables.empty("requests"))
    spans = parsed.tables.get("spans")
    told = "logged" if spans is None or not spans.num_rows else "traced"
    sent = pc.fill_null(pc.equal(requests["kind"].cast(pa.string()), "client"), fill_value=False)
    parts = {
        name: _part(mine)
        for name, mine in (
            (told, requests.filter(pc.invert(sent))),
            ("sent", requests.filter(sent)),
        )
        if mine.num_rows
    }
    sources = requests["source"].unique().drop_null().to_pylist() if "logged" in parts else ()
    loggers = frozenset(names[source] for source in sources)
    return CountedRequests(parts=parts, notes=parsed.notes, loggers=loggers)


def _part(requests: pa.Table) -> Partial:
    return counted(rows(requests), groups.encode(_keys(requests)), sketch=True)[0]


def _keys(requests: pa.Table) -> pa.ChunkedArray:
    """Return what each request is counted by: its route, or else its path by shape."""
    route = requests["route"].cast(pa.string())
    known = pc.binary_join_element_wise(_ROUTE, route, "")
    if not route.null_count:
        return known
    path = shaped(requests["path"].cast(pa.string()).combine_chunks())
    return pc.coalesce(known, pa.chunked_array([pc.binary_join_element_wise(_PATH, path, "")]))


class RequestSum:
    """All pieces, added up before they are many."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.notes: dict[Note, None] = {}
        self.loggers: set[str] = set()
        self._parts: dict[str, list[Partial]] = {}

    def take(self, piece: CountedRequests) -> None:
        """Add one piece."""
        for name, part in piece.parts.items():
            parts = self._parts.setdefault(name, [])
            parts.append(part)
            if len(parts) >= _BATCH:
                self._parts[name] = [_bounded(merge(parts))]
        self.notes |= dict.fromkeys(piece.notes)
        self.loggers |= piece.loggers

    def whole(self) -> tuple[Described, Described | None]:
        """Return the requests that count, and those that were sent while others were served.

        Traces of routes that a log tells of in the same time are left out; ``notes`` say so.
        """
        merged = {name: merge(parts) for name, parts in self._parts.items()}
        sent = merged.pop("sent", None)
        sent = sent and _routed(sent, [sent])
        found = {name: _routed(part, merged.values()) for name, part in merged.items()}
        served = [part for part in (found.get("logged"), self._beside(found)) if part is not None]
        if not served:
            return from_part(sent or _nothing()), None
        return from_part(merge(served)), None if sent is None else from_part(sent)

    def _beside(self, found: Mapping[str, Partial]) -> Partial | None:
        """Return what traces tell of routes of which no log tells in the same time."""
        logged, traced = found.get("logged"), found.get("traced")
        if logged is None or traced is None or not _overlap(logged, traced):
            return traced
        known = set(logged.routes.labels) - {None}
        if known.isdisjoint(traced.routes.labels):
            return traced
        message = (
            "requests of traces are left out on routes that a request log tells of; where the"
            " traces cover more time than the log, load() counts each once"
        )
        self.notes[Note(kind="left_out", message=message)] = None
        return without(traced, known)


def _overlap(one: Partial, other: Partial) -> bool:
    if one.extent is None or other.extent is None:
        return True
    first = max(one.extent[0], other.extent[0])
    return first <= min(one.extent[1], other.extent[1]) + MARGIN_NS


def _nothing() -> Partial:
    return counted(rows(tables.empty("requests")), groups.encode(_NO_ROUTE), sketch=True)[0]


def _bounded(part: Partial) -> Partial:
    """Return the part with fewer routes where it has too many: judged early, or as others."""
    if len(part.routes.labels) <= MOST_PATHS:
        return part
    part = named(part, _templated(part, [part]))
    labels, requests = part.routes.labels, part.routes.sums["requests"]
    if len(labels) <= MOST_PATHS // 2:
        return part
    rank = np.argsort(-requests, kind="stable")
    rest = {labels[place] for place in rank[MOST_PATHS // 2 :]} - {None}
    return named(part, {label: _ROUTE + OTHERS if label in rest else label for label in labels})


def _routed(part: Partial, all_parts: Collection[Partial]) -> Partial:
    """Return the part by the names of its routes, of which all parts know some."""
    part = named(part, _templated(part, all_parts))
    return named(part, {label: label and label[1:] for label in part.routes.labels})


def _templated(part: Partial, all_parts: Collection[Partial]) -> dict[str | None, str | None]:
    """Return what every label becomes: a path the route that is known for it, or its template."""
    labels = part.routes.labels
    same: dict[str | None, str | None] = {label: label for label in labels}
    at = [place for place, label in enumerate(labels) if label and label[0] == _PATH]
    if not at:
        return same
    paths = pa.array([str(labels[place])[1:] for place in at], pa.string())
    found = pc.coalesce(recorded(_logged(all_parts)).of(paths), _by_evidence(part, paths, at))
    judged = zip(at, found.to_pylist(), strict=True)
    return same | {labels[place]: _PATH + route for place, route in judged}


def _logged(parts: Collection[Partial]) -> pa.Array:
    known = {label for part in parts for label in part.routes.labels if label}
    return pa.array(sorted(label[1:] for label in known if label[0] == _ROUTE), pa.string())


def _by_evidence(part: Partial, paths: pa.Array, at: list[int]) -> pa.Array:
    """Return the template of each of ``paths``, which are the labels ``at`` some places."""
    counts, cells = part.routes.sums["requests"], part.statuses
    lost = cells.status == _NOT_FOUND
    not_found = np.bincount(cells.group[lost], cells.requests[lost], minlength=len(counts))
    evidence = Evidence()
    evidence.add(paths, counts[at], found=(counts - not_found)[at])
    return evidence.templates().of(paths)
