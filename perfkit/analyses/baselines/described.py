"""The table and the totals of a baseline, out of what was counted and its percentiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.analyses.baselines import percentiles
from perfkit.analyses.baselines.partial import counted
from perfkit.analyses.groups import Groups, Ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfkit.analyses.baselines.partial import Partial
    from perfkit.analyses.baselines.rows import Rows
    from perfkit.analyses.baselines.tally import Tally

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Described", "from_part", "from_rows", "measures", "ratio", "table", "totals"]

_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        ("rate_per_s", pa.float64()),
        ("errors", pa.int64()),
        ("error_rate", pa.float64()),
        *((f"{n}_ms", pa.float64()) for n in ("p50", "p90", "p95", "p99", "max", "total", "mean")),
        *((f"{n}_{end}_ms", pa.float64()) for n in percentiles.NAMES for end in ("low", "high")),
        ("share", pa.float64()),
        ("methods", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Described:
    """A part with the percentiles of its tallies (by their names), and those of all requests.

    ``in_order`` are the durations of the routes; None where no rows were kept.
    """

    part: Partial
    percentiles: Mapping[str, Mapping[str, Floats]]
    overall: Mapping[str, Floats]
    in_order: Ordered | None = None

    @property
    def exact(self) -> bool:
        """Whether percentiles are those of the rows."""
        return self.in_order is not None

    @property
    def seconds(self) -> float:
        """The time from the first start to the last end; NaN where it is not known."""
        first, last = self.part.extent or (0, 0)
        return (last - first) / 1e9 if last > first else float("nan")


def from_rows(found: Rows, by: Groups) -> Described:
    """Count rows, grouped ``by`` their route; percentiles are those of the rows."""
    part, durations = counted(found, by, sketch=False)
    every = durations["route"]
    if every.weight is None:
        count = np.array([len(every.values)])
        every = Ordered(values=np.sort(every.values), counts=count)
    else:
        one = Groups([None], np.zeros(len(found.ms), np.int32))
        every = one.ordered(found.ms, found.timed, found.weight)
    known = {name: percentiles.exact(ordered) for name, ordered in durations.items()}
    overall = percentiles.exact(every)
    return Described(part=part, percentiles=known, overall=overall, in_order=durations["route"])


def from_part(part: Partial) -> Described:
    """Describe a merged part; percentiles are those of its sketches."""
    known = {name: percentiles.sketched(tally) for name, tally in part.tallies.items()}
    overall = percentiles.sketched(part.routes.joined())
    return Described(part=part, percentiles=known, overall=overall)


def table(described: Described) -> tuple[pa.Table, Ints]:
    """Return one row per route, largest total time first, and which route each of them is."""
    routes = described.part.routes
    total = routes.sums["total_ms"]
    whole = total.sum()
    columns: dict[str, Any] = {
        **measures(routes, described.percentiles["route"]),
        "route": pa.array(routes.labels, pa.string()),
        "rate_per_s": routes.sums["requests"] / described.seconds,
        "share": total / whole if whole else np.full(len(total), np.nan),
        "methods": pa.array(_methods(described.part), pa.string()),
    }
    found = pa.table({name: columns[name] for name in _SCHEMA.names}, schema=_SCHEMA)
    used = np.flatnonzero(routes.sums["requests"] > 0)
    found = found.append_column("place", pa.array(np.arange(len(total)))).take(pa.array(used))
    found = found.sort_by([("total_ms", "descending"), ("route", "ascending")])
    return found.drop_columns("place"), found["place"].to_numpy()


def measures(tally: Tally, known: Mapping[str, Floats]) -> dict[str, Any]:
    """Return the columns that every group has: requests, errors, percentiles, times."""
    sums = tally.sums
    judged = sums["judged"]
    return {
        "requests": _whole(sums["requests"]),
        "errors": pa.array(_whole(sums["errors"]), mask=judged == 0),
        "error_rate": ratio(sums["errors"], judged),
        **known,
        "max_ms": tally.max_ms,
        "total_ms": sums["total_ms"],
        "mean_ms": ratio(sums["total_ms"], sums["timed"]),
    }


def totals(described: Described) -> dict[str, Any]:
    """Return the numbers of all requests."""
    sums = {name: float(values.sum()) for name, values in described.part.routes.sums.items()}
    judged, timed = sums["judged"], sums["timed"]
    known = described.part.routes.max_ms
    most = float(np.nanmax(known)) if timed else float("nan")
    return {
        "requests": round(sums["requests"]),
        "rate_per_s": sums["requests"] / described.seconds,
        "errors": round(sums["errors"]) if judged else None,
        "error_rate": sums["errors"] / judged if judged else float("nan"),
        "total_ms": sums["total_ms"],
        "duration_s": described.seconds,
        "timed": round(timed),
        "mean_ms": sums["total_ms"] / timed if timed else float("nan"),
        **{name: float(values[0]) for name, values in described.overall.items()},
        "max_ms": most,
    }


def ratio(above: Floats, below: Floats) -> Floats:
    """Divide; NaN by 0."""
    found: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return found


def _whole(values: Floats) -> Ints:
    return np.round(values).astype(np.int64)


def _methods(part: Partial) -> list[str | None]:
    names: dict[str | None, list[str]] = {}
    for route, method in sorted(part.methods, key=lambda pair: pair[1]):
        names.setdefault(route, []).append(method)
    return [" ".join(names[label]) if label in names else None for label in part.routes.labels]
