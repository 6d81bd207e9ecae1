"""Do two request logs tell of the same requests? A proxy's and the application's own, say.

Only logs of different formats are compared: two files of one format are two machines, or two days.
They tell of the same requests when

* half of the request ids that one of them has are in the other, or
* the same paths were asked for at the same time: over all paths and 10-second windows,
  ``sum((a - b)^2) / sum(a + b)`` is at most 0.5, where ``a`` and ``b`` are the requests that each
  log has of a path in a window. Of independent requests (Poisson) it is 1 whatever their rate;
  of the same requests it is what falls to the other side of a window's edge, some 0.1.

Half of the inner log's requests must have a like in the other; probes (``/health``), which every
service is asked at the same pace, tell nothing. Paths that one log has and the other has not
(static files that a proxy serves itself) do not speak against it, and count in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.routes import distinct, recorded, routes
from perfkit.routing.paths import numbered
from perfkit.routing.target import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

__all__ = ["Twice", "lent", "twice"]

_WINDOW_NS = 10_000_000_000
#: Between what one log has of requests that the other has too, and what chance has (1).
_SAME = 0.5
#: At most this share of a log's requests has no partner: perhaps the same, if others came besides.
_ALONE = 0.1
_FEWEST = 10
_HALF = 0.5
#: Asked every few seconds of every service alike: such requests tell nothing.
_PROBES = "(?i)/(?:health|healthz|healthcheck|ready|readyz|live|livez|ping|status|metrics|up)$"
#: From the client inwards; formats that are none of these are applications.
_EDGES = (
    "cloudflare|cloudfront|fastly|akamai|cdn",
    "alb|elb|heroku|load-?balancer|front-?door|istio",
    "nginx|apache|envoy|haproxy|traefik|caddy|iis|proxy|squid|varnish",
    "gunicorn|uvicorn|hypercorn|granian|uwsgi|puma|unicorn|werkzeug|waitress|daphne",
)
#: Where an access log of a server that is not named stands.
_PROXY = 2


@dataclass(frozen=True)
class Twice:
    """Two formats whose logs tell of the same requests (``certain``), or perhaps do.

    ``drop`` says which rows do not count: those of the ``inner`` log that the ``outer`` one has.
    """

    outer: str
    inner: str
    certain: bool
    drop: Flags

    def __str__(self) -> str:
        """Say it as a sentence."""
        rows = int(self.drop.sum())
        if self.certain:
            return (
                f"{rows:,} requests are told by {self.outer} and by {self.inner}: "
                f"they count once, as {self.outer} has them"
            )
        return (
            f"{self.outer} and {self.inner} may tell of the same requests "
            f"({rows:,} of {self.inner} have a like in time and path): both count"
        )


def twice(requests: pa.Table, formats: Sequence[str], among: Flags) -> list[Twice]:
    """Return which formats' rows tell of the same requests.

    Args:
        requests: the table.
        formats: the format of every source, by its number.
        among: the rows to look at (no spans, nothing that was sent).
    """
    known = pa.array([*formats, None], pa.string())
    source = pc.fill_null(requests["source"], len(formats)).to_numpy()
    name = known.take(pa.array(np.clip(source, 0, len(formats)))).dictionary_encode()
    group = pc.fill_null(name.indices, -1).to_numpy()
    inside = among & (group >= 0) & np.asarray(requests["started_at"].is_valid())
    if len(np.unique(group[inside])) < 2:  # noqa: PLR2004 - of two formats
        return []
    logs = _Logs(requests, group, inside)
    return list(_pairs(logs, name.dictionary.to_pylist()))


def lent(kept: pa.Table, dropped: pa.Table) -> pa.ChunkedArray:
    """Return the routes of rows that count, where unknown those that the others tell.

    By the request's id, else by the routes that the others have, as patterns.
    """
    own = kept["route"].cast(pa.string())
    telling = dropped.filter(dropped["route"].is_valid())
    if not own.null_count or not telling.num_rows:
        return kept["route"]
    named = telling["route"].cast(pa.string())
    place = pc.index_in(kept["request_id"], value_set=telling["request_id"].drop_null())
    identified = named.filter(telling["request_id"].is_valid())
    by_id = identified.take(place) if len(identified) else pa.nulls(len(own), pa.string())
    targets, code = distinct(kept["path"])
    taught = pa.concat_arrays([recorded(named).of(targets), pa.nulls(1, pa.string())])
    by_path = pa.chunked_array([taught.take(pa.array(code))])
    return pc.coalesce(own, by_id, by_path).dictionary_encode()


def _pairs(logs: _Logs, names: Sequence[str]) -> Iterator[Twice]:
    """Compare each log with those outside it, beginning with the outermost."""
    order = sorted(logs.groups(), key=lambda group: logs.rank(group, names[group]))
    gone = np.zeros(len(logs.group), np.bool_)
    for place, inner in enumerate(order):
        for outer in order[:place]:
            found = logs.compared(outer, inner, ~gone)
            if found is not None:
                certain, drop = found
                if certain:
                    gone |= drop
                yield Twice(names[outer], names[inner], certain, drop)


class _Logs:
    """The rows of all logs; ``group`` numbers formats, ``inside`` are the rows to look at."""

    def __init__(self, requests: pa.Table, group: Ints, inside: Flags) -> None:
        """Keep the rows, their times and what they asked for."""
        self.requests = requests
        self.group = group
        self.inside = inside
        self._at = pc.fill_null(requests["started_at"].cast(pa.int64()), 0).to_numpy()
        self._key, self._probe = _keys(requests)

    def groups(self) -> list[int]:
        """Return the formats that have rows."""
        return [int(group) for group in np.unique(self.group[self.inside])]

    def rank(self, group: int, name: str) -> tuple[bool, int, float, str]:
        """Order formats from the outermost inwards; those that know durations before others."""
        mine = pa.array(self.inside & (self.group == group))
        typical = pc.approximate_median(self.requests["duration_ms"].filter(mine)).as_py()
        kinds = (number for number, kind in enumerate(_EDGES) if re.search(kind, name))
        edge = next(kinds, _PROXY if "access" in name else len(_EDGES))
        return typical is None or np.isnan(typical), edge, -(typical or 0.0), name

    def compared(self, outer: int, inner: int, left: Flags) -> tuple[bool, Flags] | None:
        """Say whether two formats certainly or perhaps tell of the same, and which rows double."""
        ours, theirs = (self.inside & left & (self.group == group) for group in (outer, inner))
        identified = theirs & self._known_ids(ours)
        if self._same_ids(theirs, identified):
            return True, identified
        within = self._together(ours, theirs)
        ours, theirs = ours & within, theirs & within
        both = theirs & np.isin(self._key, self._key[ours]) & (self._key >= 0)
        telling = both & ~self._probe
        if telling.sum() < max(_FEWEST, _HALF * (theirs & ~self._probe).sum()):
            return None
        differ, alone = self._differ(ours & np.isin(self._key, self._key[telling]), telling)
        return (differ <= _SAME, both) if differ <= _SAME or alone <= _ALONE else None

    def _together(self, ours: Flags, theirs: Flags) -> Flags:
        """Say which rows lie in the time that both cover."""
        (begun, ended), (began, over) = map(self._extent, (ours, theirs))
        low, high = max(begun, began) - _WINDOW_NS, min(ended, over) + _WINDOW_NS
        return np.asarray((self._at >= low) & (self._at <= high), np.bool_)

    def _extent(self, rows: Flags) -> tuple[int, int]:
        times = self._at[rows]
        return (int(times.min()), int(times.max())) if len(times) else (2**62, -(2**62))

    def _differ(self, ours: Flags, theirs: Flags) -> tuple[float, float]:
        """Return the statistic of the module, and the share of ``theirs`` without a partner."""
        rows = np.flatnonzero(ours | theirs)
        cell, size = numbered(
            self._key[rows], self._at[rows] // _WINDOW_NS - _first(self._at[rows])
        )
        a, b = (np.bincount(cell, side[rows], size) for side in (ours, theirs))
        alone = np.maximum(b - a, 0).sum() / max(b.sum(), 1)
        return float(((a - b) ** 2).sum() / max((a + b).sum(), 1)), float(alone)

    def _same_ids(self, theirs: Flags, identified: Flags) -> bool:
        known = int((theirs & np.asarray(self.requests["request_id"].is_valid())).sum())
        return known >= _FEWEST and int(identified.sum()) >= _HALF * known

    def _known_ids(self, rows: Flags) -> Flags:
        ids = self.requests["request_id"]
        value_set = ids.filter(pa.array(rows)).drop_null().combine_chunks()
        known = pc.and_(pc.is_in(ids, value_set=value_set), ids.is_valid())
        return np.asarray(known)


def _first(times: Ints) -> int:
    return int(times.min()) // _WINDOW_NS


def _keys(requests: pa.Table) -> tuple[Ints, Flags]:
    """Number rows by their path (-1 unknown), and say which are probes.

    By their route, where some log knows no paths.
    """
    paths, code = distinct(requests["path"])
    if (code == len(paths)).mean() > _HALF / 2:
        paths, code = distinct(routes(requests))
    same = bare(paths).dictionary_encode()
    probes = pc.match_substring_regex(same.dictionary, _PROBES).take(same.indices)
    number = np.append(same.indices.to_numpy(), -1)[code]
    probe = np.append(np.asarray(probes, np.bool_), np.False_)[code]
    return np.asarray(number, np.int64), np.asarray(probe, np.bool_)
