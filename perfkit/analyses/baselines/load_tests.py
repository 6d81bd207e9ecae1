"""Summaries of load tools as rows of a baseline: what the tool stated, nothing computed from it.

A tool's percentile cannot be checked, merged or given an interval: such rows stand beside those
of requests. Only the counts of ``whole`` rows may be added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfkit.recording import Recording

__all__ = ["caveats", "rows"]

_NAN = float("nan")
_STATED = ("mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms")
_COLUMNS = (
    *("tool", "name", "requests", "failures", "rate_per_s", "corrected", "source"),
    *("elapsed_ms", "concurrency"),
    *_STATED,
)
#: Kind of the note that a format leaves -> what is said when rows came without it.
_SENTENCES = {
    "coordinated_omission": "{tools} measured in a closed loop, from when a request was sent"
    " (coordinated omission): what should have been sent during a stall is missing from the tail.",
    "back_filled_tail": "wrk adds invented latencies after the run: never compare its tail with"
    " samples of another tool or of a log.",
    "rounded_percentiles": "locust's percentiles are of rounded times, to two digits.",
    "dropped_iterations": "k6 dropped iterations: the intended load was not reached.",
}
_DROPPED = "k6_dropped_iterations"


def rows(rec: Recording) -> list[dict[str, Any]]:
    """Return ``load_tests`` in the columns of a baseline, in the order of the files.

    ``route`` is the row's name, or "k6, all requests"; a name that occurs again says which run it
    is. ``errors`` are the tool's failures, ``error_rate`` is NaN where they are unknown.
    ``total_ms`` is NaN. Beside the columns: ``tool``, ``corrected``, ``concurrency``,
    ``elapsed_ms``, ``whole`` (no other row contains its requests: these rows together count each
    request once).

    Example:
        >>> import pyarrow as pa
        >>> from perfkit.recording import Recording
        >>> table = pa.table({"tool": ["wrk"], "name": ["http://shop/"], "requests": [50]})
        >>> rec = Recording.from_frames(load_tests=table)
        >>> [(row["route"], row["requests"]) for row in rows(rec)]
        [('http://shop/', 50)]
    """
    seen: dict[str, int] = {}
    found = _load_tests(rec)
    summed = {_test(stated) for stated in found if stated["name"] is None}
    return [_row(stated, seen) | {"whole": _whole(stated, summed)} for stated in found]


def _load_tests(rec: Recording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rec.arrow("load_tests", _COLUMNS).to_pylist()
    return found


def _test(stated: dict[str, Any]) -> tuple[Any, Any]:
    return stated["source"], stated["tool"]


def _whole(stated: dict[str, Any], summed: set[tuple[Any, Any]]) -> bool:
    """Say whether a row is of a whole test, or of a part that no row sums up."""
    if stated["name"] is None:
        return True
    return not _uncorrected(stated) and _test(stated) not in summed


def _uncorrected(stated: dict[str, Any]) -> bool:
    """Say whether a row tells the requests of the row before once more (wrk2 -U)."""
    return stated["tool"] == "wrk2" and stated["corrected"] is False


def _row(stated: dict[str, Any], seen: dict[str, int]) -> dict[str, Any]:
    requests, failures = stated["requests"], stated["failures"]
    return {
        "route": _route(stated, seen),
        "requests": requests,
        "rate_per_s": _number(stated["rate_per_s"]),
        "errors": failures,
        "error_rate": _error_rate(requests, failures),
        **{name: _number(stated[name]) for name in _STATED},
        "total_ms": _NAN,
        "tool": stated["tool"],
        "corrected": stated["corrected"],
        "concurrency": stated["concurrency"],
        "elapsed_ms": _number(stated["elapsed_ms"]),
    }


def _route(stated: dict[str, Any], seen: dict[str, int]) -> str:
    route = stated["name"] or f"{stated['tool'] or 'load test'}, all requests"
    if _uncorrected(stated):
        route += " (uncorrected)"
    seen[route] = seen.get(route, 0) + 1
    return route if seen[route] == 1 else f"{route} (run {seen[route]})"


def _error_rate(requests: int | None, failures: int | None) -> float:
    """Return failures by requests; requests that never came about may be failures too."""
    if requests is None or failures is None or not requests + failures:
        return _NAN
    return min(failures / requests, 1.0) if requests else 1.0


def _number(value: float | None) -> float:
    return _NAN if value is None else value


def caveats(rec: Recording) -> list[str]:
    """Return what limits these rows, as far as the recording's own notes do not say it.

    Coordinated omission (``corrected`` is False), wrk's back-filled tail, locust's rounded
    percentiles, iterations that k6 dropped.
    """
    known = {note.kind for note in rec.quality}
    return [_SENTENCES[kind].format(tools=tools) for kind, tools in _met(rec) if kind not in known]


def _met(rec: Recording) -> Iterator[tuple[str, str]]:
    found = _load_tests(rec)
    closed = sorted({row["tool"] or "the tool" for row in found if row["corrected"] is False})
    tools = {row["tool"] for row in found}
    if closed:
        yield "coordinated_omission", " and ".join(closed)
    if "wrk" in tools:
        yield "back_filled_tail", "wrk"
    if "locust" in tools:
        yield "rounded_percentiles", "locust"
    if _dropped(rec):
        yield "dropped_iterations", "k6"


def _dropped(rec: Recording) -> bool:
    metrics = rec.arrow("metrics", ["name", "value"])
    mine = metrics.filter(pc.equal(metrics["name"].cast("string"), _DROPPED))
    return bool(pc.any(pc.greater(mine["value"], 0)).as_py())
