"""What do requests wait for? The critical path of a trace, or of all requests of an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.critical_paths import findings
from perfkit.analyses.critical_paths.endpoints import Endpoints
from perfkit.analyses.critical_paths.paths import Paths
from perfkit.analyses.critical_paths.result import CriticalPath
from perfkit.analyses.critical_paths.sections import drawn, section_table, span_table
from perfkit.analyses.statements import shown
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.analyses.traces.entries import asked_for, topmost
from perfkit.analyses.traces.forest import Forest
from perfkit.errors import EmptyInput, UsageError
from perfkit.recording import as_recording

if TYPE_CHECKING:
    from perfkit.recording import Recording
    from perfkit.span_ids import Ints

__all__ = ["critical_path"]

_QUESTION = "What do requests wait for: what holds their critical path?"
_HEX_DIGITS = 32  # of a trace id of 128 bits


def critical_path(
    data: Any, trace_id: str | None = None, *, route: str | None = None
) -> CriticalPath:
    """Find the spans that decide how long requests take.

    The path is walked back from the end of the request: the child that finished last, what had
    finished when that one began, and so on; between them, the parent's own code. The rule is
    that of Jaeger UI, with CRISP's allowance for siblings that overlap by 1 % of their parent;
    children count within their parents, and what runs on behind the request's end does not.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow).
        trace_id: only this trace. Without it the paths of all requests are added up per route,
            unless there is but one trace.
        route: only requests of this route, also those that other requests make.

    Returns:
        For one trace one row per section of the path, in the order of time (``trace_id,
        span_id, started_at, duration_ms, operation, service, category, ...``), and ``.spans``
        with the slack of every span. Otherwise one row per route and operation: the time it
        holds of the path near p50 (ranks 40 to 60 %), near p99 (the slowest 2 %) and on
        average, in how many requests. ``.what_if(...)`` simulates a faster operation.

    Raises:
        UsageError: ``data`` is neither; there is no such trace or route.
        EmptyInput: a trace was asked for, and none of its spans has a start and a duration.

    Example:
        >>> import perfkit
        >>> perfkit.critical_path(perfkit.sample("shop_launch")).table  # doctest: +SKIP
    """
    rec = as_recording(data, "spans")
    spans = rec.arrow("spans")
    known = pc.unique(spans["trace_id"].drop_null())
    if trace_id is not None:
        spans = spans.filter(pc.equal(spans["trace_id"], _traced(trace_id, known)))
    forest = Forest(spans)
    if trace_id is not None or len(known) == 1:
        return _of_trace(rec, forest, route)
    return _of_endpoints(rec, forest, asked_for(forest, route, "critical_path"))


def _traced(trace_id: str, known: pa.Array) -> str:
    """Return the id as the recording spells it: hexadecimal ids are lower-case and padded."""
    lower = trace_id.strip().lower()
    for spelled in (trace_id, lower, lower.zfill(_HEX_DIGITS)):
        if pc.any(pc.equal(known, spelled)).as_py():
            return spelled
    some = ", ".join(known.slice(0, 3).to_pylist())
    raise UsageError(
        f"critical_path: there is no trace {trace_id[:80]!r}",
        hint=f"traces are, for example: {some}" if some else "the recording has no traces",
    )


def _of_trace(rec: Recording, forest: Forest, route: str | None) -> CriticalPath:
    """Return the path of the longest request; of one with a lost parent only if all are."""
    found = topmost(forest) if route is None else asked_for(forest, route, "critical_path")
    if not len(found):
        raise EmptyInput(
            "critical_path: no span of the trace has a start and a duration",
            hint="perfkit.critical_path(rec) shows the other traces",
        )
    orphan = forest.links.missing[found]
    order = np.lexsort((found, forest.start[found], -forest.length[found], orphan))
    paths = Paths(forest, found[order[:1]])
    return CriticalPath(
        analysis="critical_path",
        question="What does this request wait for: what is on its critical path?",
        headline=_headline_of_trace(paths),
        arrow=section_table(paths),
        noun="sections",
        caveats=[*caveats_of(rec, forest), *paths.caveats(), *_several(forest, found)],
        totals={
            "duration_ms": float(paths.duration_ns[0] / 1e6),
            "route": paths.route[0],
            "spans": int(paths.order.nested.kept.sum()),
            "on_path": int((paths.order.path_ns > 0).sum()),
        },
        series={"spans": span_table(paths), "path": drawn(paths)},
        paths=paths,
    )


def _several(forest: Forest, found: Ints) -> list[str]:
    if len(found) == 1:
        return []
    names = ", ".join(shown(name, 40) for name in forest.texts("name", found[:3]))
    below = bool((forest.parent[found] >= 0).any())
    what = "that a span above only hands over to" if below else "without a parent here"
    return [
        (
            f"The trace has {len(found):,} spans {what} ({names}): the path is that"
            " of the longest one, the others are outside."
        )
    ]


def _headline_of_trace(paths: Paths) -> str:
    path, code = paths.order.path_ns, paths.operations.code
    total = np.bincount(code, weights=path, minlength=len(paths.operations.known))
    most = int(total.argmax())
    own = "its own code" if most == code[paths.entries[0]] else None
    took = int(paths.duration_ns[0])
    share = units.format_share(total[most] / took) if took else "n/a"
    return (
        f"{shown(paths.route[0], 60)} took {units.format_ms(took / 1e6)}: {share} of its critical"
        f" path is {own or shown(paths.operations.known[most].name)}"
    )


def _of_endpoints(rec: Recording, forest: Forest, rows: Ints) -> CriticalPath:
    paths = Paths(forest, rows)
    endpoints = Endpoints(paths)
    return CriticalPath(
        analysis="critical_path",
        question=_QUESTION,
        headline=_headline(endpoints),
        arrow=endpoints.table(),
        noun="operations",
        findings=findings.findings(endpoints),
        caveats=[
            *caveats_of(rec, forest),
            *paths.caveats(),
            *endpoints.caveats(),
            *_nothing(paths),
        ],
        checked=findings.CHECKED,
        totals={
            "requests": len(paths),
            "routes": len(endpoints.routes),
            "spans": int(paths.order.nested.kept.sum()),
            "path_ms": float(paths.order.path_ns.sum() / 1e6),
        },
        series={"spans": span_table(Paths(forest, rows[:0]))},
        sections={"Requests per route": endpoints.durations()},
        paths=paths,
    )


def _nothing(paths: Paths) -> list[str]:
    return [] if len(paths) else ["There are no spans with a trace, a start and a duration."]


def _headline(endpoints: Endpoints) -> str:
    held = endpoints.held
    if not held:
        return "There is no request with spans to find the critical path of."
    first = [one for one in held if one.route == held[0].route]
    most = max(first, key=lambda one: one.at_p99_ms)
    what = "its own code" if most.own else shown(most.known.name, 60)
    return (
        f"{shown(most.route, 60)} takes the most time; {endpoints.slowest(most.route)} {what} holds"
        f" {units.format_share(most.at_p99_share)} of its critical path"
        f" ({units.format_ms(most.at_p99_ms)})"
    )
