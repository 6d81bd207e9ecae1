"""How long requests would take if an operation took another time."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.statements import shown
from perfkit.errors import UsageError
from perfkit.results import Result

if TYPE_CHECKING:
    from perfkit.analyses.critical_paths.paths import Paths
    from perfkit.span_ids import Flags, Ints

__all__ = ["called", "matching", "simulated"]

_PERCENTILES = ("p50", "p99")
_ENDS = ("", "_low", "_high")
_SCHEMA = pa.schema(
    [
        ("route", pa.string()),
        ("requests", pa.int64()),
        ("affected", pa.int64()),
        ("saves_ms", pa.float64()),
        ("saves_share", pa.float64()),
        ("mean_ms", pa.float64()),
        ("mean_after_ms", pa.float64()),
        *(
            (f"{name}{when}{end}_ms", pa.float64())
            for name in _PERCENTILES
            for when in ("", "_after")
            for end in _ENDS
        ),
    ]
)
_MODEL = (
    (
        "The schedule keeps every wait that was seen: what began after a span had ended still waits"
        " for it. Work that did not need that result would gain more."
    ),
)


def called(paths: Paths, rows: Ints, name: str | None, service: str | None) -> str:
    """Return what to call the matching rows in a sentence: a fingerprint_id by its statement."""
    if name is None:
        return f"service {service}"
    one = paths.operations.known[int(paths.operations.code[rows[0]])]
    return shown(one.name if name == one.fingerprint_id else name, 60)


def matching(paths: Paths, name: str | None, service: str | None) -> Ints:
    """Return the rows of an operation or a service, without the requests themselves.

    Raises:
        UsageError: neither is given, or nothing below a request is called so.
    """
    if name is None and service is None:
        raise UsageError(
            "what_if: neither an operation nor a service is named",
            hint='what_if("select ...") or what_if(service="stock")',
        )
    below = paths.order.nested.kept & (paths.order.nested.parent >= 0)
    found = below if name is None else below & _called(paths, name)
    if service is not None:
        found = found & _equal(paths, "service", service)
    if not found.any():
        raise UsageError(_nothing(name, service), hint=_hint(paths, below, name, service))
    return np.flatnonzero(found)


def simulated(paths: Paths, rows: Ints, factor: float, what: str) -> Result:
    """Return what the requests of ``paths`` would take if ``rows`` took ``factor`` of their time.

    Raises:
        UsageError: ``factor`` is negative or no number.
    """
    if not (math.isfinite(factor) and factor >= 0):
        raise UsageError(
            f"what_if: factor {factor} is not a share of the time",
            hint="0 is free, 0.5 twice as fast, 2 half as fast",
        )
    after = paths.shortened(rows, factor)
    hit = np.zeros(len(paths), np.bool_)
    hit[paths.request[rows]] = True
    table = _table(paths, after, hit)
    headline = _headline(paths, after, hit, f"{what} {_changed(factor)}")
    return Result(
        analysis="critical_path",
        question="How long would the requests take if this operation took another time?",
        headline=headline,
        arrow=table,
        noun="routes",
        caveats=[*_MODEL, *paths.forest.caveats(), *paths.caveats()],
        totals={
            "factor": factor,
            "requests": len(paths),
            "affected": int(hit.sum()),
            "saves_total_ms": float(((paths.duration_ns - after) * paths.weight).sum() / 1e6),
        },
    )


def _called(paths: Paths, name: str) -> Flags:
    known = paths.operations.known
    codes = [code for code, one in enumerate(known) if name in {one.name, one.fingerprint_id}]
    return np.isin(paths.operations.code, codes) | _equal(paths, "name", name)


def _equal(paths: Paths, column: str, value: str) -> Flags:
    equal = pc.equal(paths.forest.rows[column].cast(pa.string()), value)
    found: Flags = pc.fill_null(equal, fill_value=False).to_numpy()
    return found


def _nothing(name: str | None, service: str | None) -> str:
    asked = [text for text in (name, service) if text is not None]
    where = f"{asked[0]!r} of service {asked[1]!r}" if len(asked) > 1 else repr(asked[0])
    return f"what_if: no span below a request is called {where}"


def _hint(paths: Paths, below: Flags, name: str | None, service: str | None) -> str:
    known = [paths.operations.known[code] for code in np.unique(paths.operations.code[below])]
    texts = [one.service if name is None else one.name for one in known]
    names = sorted({text for text in texts if text})
    near = difflib.get_close_matches(name or service or "", names, n=1, cutoff=0.4)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are: {', '.join(map(repr, names[:5]))}" if names else "no request has children"


def _changed(factor: float) -> str:
    if factor == 0:
        return "took no time"
    return f"took {factor:.3g} times as long"


def _headline(paths: Paths, after: Ints, hit: Flags, condition: str) -> str:
    names = sorted({route for route, flag in zip(paths.route, hit, strict=True) if flag})
    chosen = set(names)
    asked = np.array([route in chosen for route in paths.route], np.bool_)
    weight = np.where(asked, paths.weight, 0.0)
    before_ms, after_ms = (
        float((ns * weight).sum() / weight.sum() / 1e6) for ns in (paths.duration_ns, after)
    )
    who = shown(names[0], 60) if len(names) == 1 else f"requests of {len(names)} routes"
    return (
        f"If {condition}, {who} would take {units.format_ms(after_ms)} instead of"
        f" {units.format_ms(before_ms)}{' on average' * (len(paths) > 1)}"
    )


def _table(paths: Paths, after: Ints, hit: Flags) -> pa.Table:
    order = sorted(set(paths.route))
    place = {route: number for number, route in enumerate(order)}
    code = np.array([place[route] for route in paths.route], np.int64)
    chosen = [(route, code == place[route]) for route in order]
    rows = [
        _row(route, paths, after, where) | {"affected": int((where & hit).sum())}
        for route, where in chosen
    ]
    rows.sort(key=lambda row: (-row["saves_ms"] * row["requests"], row["route"]))
    return pa.Table.from_pylist(rows, _SCHEMA)


def _row(route: str, paths: Paths, after: Ints, where: Flags) -> dict[str, Any]:
    weight = paths.weight[where]
    old, new = paths.duration_ns[where] / 1e6, after[where] / 1e6
    mean, mean_after = (float((ms * weight).sum() / weight.sum()) for ms in (old, new))
    row: dict[str, Any] = {
        "route": route,
        "requests": len(old),
        "saves_ms": mean - mean_after,
        "saves_share": (mean - mean_after) / mean if mean else None,
        "mean_ms": mean,
        "mean_after_ms": mean_after,
    }
    for when, ms in (("", old), ("_after", new)):
        known = groups.percentiles(np.sort(ms), _PERCENTILES)
        row |= {f"{n}{when}{end}_ms": known[f"{n}{end}_ms"] for n in _PERCENTILES for end in _ENDS}
    return row
