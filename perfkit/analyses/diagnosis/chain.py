"""One chain from symptom over cause to fix, with what each file says about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from perfkit import sources, units
from perfkit.analyses.diagnosis.attribution import NO_ROUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from perfkit.analyses.diagnosis.symptoms import Symptom
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["Chain", "build"]


@dataclass(frozen=True)
class Chain:
    """A cause, the routes it slows (milliseconds each, counted once), and its evidence."""

    cause: Finding
    per_route: Mapping[str, float]
    symptom: Symptom | None
    new: bool | None  # None: nothing to compare with
    finding: Finding

    @property
    def saves_ms(self) -> float:
        """Milliseconds the fix would have saved in the incident."""
        return sum(self.per_route.values())


def build(
    rec: Recording,
    cause: Finding,
    per_route: Mapping[str, float],
    symptoms: Mapping[str, Symptom],
    *,
    new: bool | None,
) -> Chain:
    """Put together what the files say about one cause."""
    route = _worst(per_route, cause)
    symptom = symptoms.get(route)
    saves = sum(per_route.values())
    requests = sum(symptoms[name].requests for name in per_route if name in symptoms)
    finding = replace(
        cause,
        title=_title(cause, symptom, per_route),
        evidence=_evidence(rec, cause, symptom, per_route),
        saves_ms=saves / requests if requests else saves,
        saves_times=float(requests or 1),
        saves_basis="per request of the routes concerned" if requests else "in the recording",
        keys={**({"route": route} if route else {}), **cause.keys},
    )
    return Chain(cause, per_route, symptom, new, finding)


def _worst(per_route: Mapping[str, float], cause: Finding) -> str:
    """Return the route that a cause slows most; code that blocks the loop slows all of them."""
    named = cause.keys.get("route")
    if named and "frame" not in cause.keys:
        return named
    routes = {route: ms for route, ms in per_route.items() if route != NO_ROUTE}
    return max(routes, key=lambda name: routes[name]) if routes else NO_ROUTE


def _title(cause: Finding, symptom: Symptom | None, per_route: Mapping[str, float]) -> str:
    if symptom is None:
        return cause.title
    others = [route for route in per_route if route not in {symptom.route, NO_ROUTE}]
    also = f", and {len(others)} more" if others else ""
    return f"{symptom.say()}{also}: {cause.title}"


def _evidence(
    rec: Recording, cause: Finding, symptom: Symptom | None, per_route: Mapping[str, float]
) -> list[dict[str, Any]]:
    rows = []
    if symptom is not None:
        said = f"{symptom.say()}, {units.format_count(symptom.requests)} requests"
        rows.append({"step": "symptom", "says": said})
    shared = ", ".join(
        f"{route or '(no route)'} {units.format_ms(ms)}"
        for route, ms in sorted(per_route.items(), key=lambda item: -item[1])[:6]
    )
    if shared:
        rows.append({"step": "time taken", "says": shared})
    rows += _statement_rows(rec, cause.keys.get("fingerprint_id", ""))
    rows += [{"step": "cause", "says": _row_text(row)} for row in list(cause.evidence)[:3]]
    return rows


def _statement_rows(rec: Recording, fingerprint_id: str) -> list[dict[str, Any]]:
    """What database log, trace and plans say about the same statement."""
    if not fingerprint_id:
        return []
    places = (
        ("database log", sources.primary(rec, "queries")),
        ("trace", rec.arrow("spans")),
        ("plan", rec.arrow("plans")),
    )
    said = [(name, _of_statement(table, fingerprint_id)) for name, table in places]
    return [{"step": name, "says": text} for name, text in said if text]


def _of_statement(table: pa.Table, fingerprint_id: str) -> str:
    rows = table.filter(pc.equal(table["fingerprint_id"], fingerprint_id))
    if rows.num_rows == 0:
        return ""
    total = pc.sum(rows["duration_ms"]).as_py() or 0.0
    mean = units.format_ms(total / rows.num_rows)
    count = units.format_count(rows.num_rows)
    return f"{count} times, {units.format_ms(total)} in all, {mean} each"


def _row_text(row: Mapping[str, Any]) -> str:
    named = ((name.removesuffix("_ms").replace("_", " "), _cell(name, row[name])) for name in row)
    return ", ".join(f"{name} {cell}" for name, cell in named)


def _cell(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M:%S.%f}"[:-3]
    if isinstance(value, int | float) and name.endswith("_ms"):
        return units.format_ms(float(value))
    if isinstance(value, float) and value.is_integer():
        return units.format_count(int(value))
    return units.format_count(value) if isinstance(value, int) else str(value)
