"""The findings of several statements: those that want one index are one finding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perfkit.tasks.explaining.top_rows import index_of
from perfkit.units import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.results import Finding
    from perfkit.tasks.explaining.top_rows import Explained

__all__ = ["merged"]


def merged(found: Sequence[Explained]) -> list[Finding]:
    """Return the findings of all plans with what each saves over the recorded calls."""
    groups: dict[tuple[str, str], list[tuple[Explained, Finding]]] = {}
    for one in found:
        for at, finding in enumerate(one.result.findings if one.result else ()):
            index = index_of(finding)
            # Without an index nothing is shared: a group of its own.
            own = f"{one.recorded.fingerprint_id} {at}"
            key = ("index", index) if index else (finding.rule, own)
            groups.setdefault(key, []).append((one, finding))
    return [_merged(group) for group in groups.values()]


def _merged(group: Sequence[tuple[Explained, Finding]]) -> Finding:
    """Return the finding that saves most; of several, with a row of evidence for each."""
    each = [_counted(one, finding) for one, finding in group]
    first = max(each, key=lambda finding: finding.saves_total_ms)
    statements = dict.fromkeys(one.recorded.fingerprint_id for one, _ in group)
    if len(statements) == 1:
        return first
    calls = sum(finding.saves_times for finding in each)
    saved = sum(finding.saves_total_ms for finding in each)
    keys = {name: value for name, value in first.keys.items() if name != "fingerprint_id"}
    return replace(
        first,
        title=f"{format_count(len(statements))} statements want one index. {first.title}",
        evidence=[_evidence(one, finding) for (one, _), finding in zip(group, each, strict=True)],
        saves_ms=saved / calls if saved else None,
        saves_times=calls,
        keys=keys,
    )


def _counted(one: Explained, finding: Finding) -> Finding:
    """Return the finding for all recorded calls: no more is saved than was recorded."""
    recorded = one.recorded
    calls = float(max(recorded.calls, 1))
    saves = finding.saves_ms
    if saves is not None:
        saves = min(saves, recorded.total_ms / calls)
    return replace(
        finding,
        saves_ms=saves,
        saves_times=calls,
        keys={**finding.keys, "fingerprint_id": recorded.fingerprint_id},
    )


def _evidence(one: Explained, finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": one.recorded.fingerprint,
        "calls": one.recorded.calls,
        "saves_ms": finding.saves_ms,
        "fingerprint_id": one.recorded.fingerprint_id,
    }
