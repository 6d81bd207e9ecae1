"""All alert rules on one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.analyses.alerts import folding, rows, verdicts
from perfkit.analyses.alerts.look import Look
from perfkit.analyses.alerts.rules import (
    ceiling,
    contract,
    cpu,
    error_rate,
    failures,
    growth,
    latency,
    load,
    periodic,
    slow_routes,
    traffic,
    week,
    workers,
)
from perfkit.analyses.alerts.thresholds import limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from perfkit.analyses.alerts.rows import Rows
    from perfkit.recording import Recording
    from perfkit.results import Finding

__all__ = ["Found", "found", "judged"]


@dataclass(frozen=True)
class Found:
    """What the rules say: ``findings``, and ``rows`` (one per rule; :data:`verdicts.SCHEMA`)."""

    findings: tuple[Finding, ...]
    rows: pa.Table


def found(
    rec: Recording,
    requests: pa.Table,
    thresholds: Mapping[str, float] | None = None,
    *,
    critical: Sequence[str] | None = None,
) -> Found:
    """Judge requests by every alert rule.

    Args:
        rec: the recording, for its events, host readings, statements and time zone.
        requests: the requests that count, with ``route`` filled in where it is known; columns
            that are missing are unknown.
        thresholds: numbers to use instead of the defaults in
            :data:`perfkit.analyses.alerts.THRESHOLDS`.
        critical: the routes whose p99 matters most; None: see :mod:`.critical`.

    Returns:
        The findings, those of one incident folded into one, and for every rule what was checked,
        the worst value, and whether it ``fired``, was ``quiet``, or could not be judged and why.

    Raises:
        UsageError: an unknown threshold or critical route, or a value that is no number.

    Example:
        >>> import pyarrow as pa
        >>> from perfkit.recording import Recording
        >>> requests = pa.table({"route": ["/a"] * 80, "duration_ms": [1500.0] * 80})
        >>> [finding.rule for finding in found(Recording(), requests).findings]
        ['slow-route']
    """
    return judged(rec, rows.read(requests), thresholds, critical=critical)


def judged(
    rec: Recording,
    requests: Rows,
    thresholds: Mapping[str, float] | None = None,
    *,
    critical: Sequence[str] | None = None,
) -> Found:
    """Judge requests whose columns were read (see :func:`found`)."""
    look = Look(rec, requests, limits(thresholds), critical)
    said = list(_verdicts(look))
    alerts = [alert for verdict in said for alert in verdict.alerts]
    return Found(tuple(folding.folded(alerts, look.extent)), verdicts.table(said))


def _verdicts(look: Look) -> Iterator[verdicts.Verdict]:
    yield slow_routes.slow(look)
    yield slow_routes.critical(look)
    yield slow_routes.long_tail(look)
    yield error_rate.rule(look)
    yield from failures.all_of(look)
    yield load.rule(look)
    yield contract.rule(look)
    yield from ceiling.all_of(look)
    yield from latency.all_of(look)
    yield traffic.rule(look)
    yield week.rule(look)
    yield cpu.rule(look)
    yield from workers.all_of(look)
    yield growth.rule(look)
    yield periodic.rule(look)
