"""Whom do services call, how long does that take, how does it end, and what is wrong with it?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from perfkit import units
from perfkit.analyses.external.claims import Claim, counted_once
from perfkit.analyses.external.look import Look
from perfkit.analyses.external.peer_table import peer_table
from perfkit.analyses.external.rules import (
    backoff,
    cold_starts,
    duplicate_statements,
    held_connections,
    large_payloads,
    new_connections,
    over_fetching,
    queueing,
    rate_limits,
    retried,
    slow_statements,
    timeouts,
)
from perfkit.analyses.parallel import deferrable
from perfkit.analyses.traces.caveats import caveats_of
from perfkit.recording import as_recording
from perfkit.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from perfkit.results import Finding
    from perfkit.span_ids import Ints

__all__ = ["external_calls"]

#: The more specific first: time that two of them would save is counted for the first.
_RULES: Sequence[Callable[[Look], list[Claim]]] = (
    timeouts.rule,
    rate_limits.rule,
    backoff.rule,
    retried.rule,
    new_connections.rule,
    duplicate_statements.rule,
    over_fetching.rule,
    large_payloads.rule,
    queueing.rule,
    slow_statements.rule,
    cold_starts.rule,
    held_connections.rule,
)
_CHECKED = (
    "time-outs, told by errors or by durations just above a round number of seconds",
    "retries that cost time or come without a wait, retry storms",
    "calls turned away (429), Retry-After ignored",
    "connections opened where one was free, time in front of a service, large and slow answers",
    "transactions and pooled connections held while another service is called",
    "single slow statements, the same rows fetched twice, far more rows than the answer holds",
    "cold starts, and last calls that could follow the answer",
)


def external_calls(data: Any) -> Result:
    """Describe the calls that leave a service, by peer, and find what is wrong with them.

    Calls are client and producer spans to databases, caches, queues and other services; one that
    several instrumentations tell of counts once, and so does the server's half.

    Args:
        data: a Recording, or a table of spans (DataFrame or Arrow). Findings on connections also
            read ``checkouts``, those on rows and bound values ``queries``.

    Returns:
        One row per ``peer``, ``kind`` (http, rpc, queue, cache, db, ...) and calling ``service``:
        ``calls``, ``errors`` (a 404 is an answer), ``error_rate``, ``timeouts``, ``retries``,
        ``new_connection_share`` (NaN where spans do not tell), ``p50_ms`` ... ``max_ms`` of a
        call (with the ends of their 95 % intervals, NaN where calls are too few), ``total_ms``,
        ``share`` (of the time of the requests that the service serves, in which a call to the
        peer runs), ``network_ms`` (median of what calls take beyond the server's half).

    Raises:
        UsageError: ``data`` is neither.

    Example:
        >>> import perfkit
        >>> external_calls(perfkit.sample("shop_launch")).table  # doctest: +SKIP
    """
    look = Look(as_recording(data, "spans"))
    table = peer_table(look.calls, look.connections, look.attempts)
    return Result(
        analysis="external_calls",
        question="Whom do services call, how long does that take, and how does it end?",
        headline=_headline(table),
        arrow=table,
        noun="peers",
        findings=_findings(look),
        caveats=_caveats(look, table),
        checked=_CHECKED,
        totals={
            "calls": int(look.calls.count.sum()),
            "errors": int(look.calls.failed.sum()),
            "timeouts": int(look.calls.timed_out.sum()),
            "total_ms": float(look.calls.length.sum() / 1e6),
        },
    )


def _findings(look: Look) -> list[Finding]:
    if not len(look.forest):
        return []
    claims = [claim for rule in _RULES for claim in rule(look)]
    claims += [Claim(one, _rows_of(look, one)) for one in deferrable.findings(look.forest)]
    return counted_once(claims, len(look.forest))


def _rows_of(look: Look, finding: Finding) -> Ints:
    """Return the calls that a finding names by its keys: of a peer or statement, on a route."""
    name = "fingerprint_id" if "fingerprint_id" in finding.keys else "peer"
    column = look.forest.rows[name].cast("string")
    same = pc.fill_null(pc.equal(column, finding.keys.get(name, "")), fill_value=False).to_numpy()
    at = np.flatnonzero(same[look.calls.row])
    routes = look.calls.routes(at)
    wanted = np.array([route == finding.keys.get("route") for route in routes], np.bool_)
    return look.calls.row[at[wanted]] if len(at) else at


def _headline(table: pa.Table) -> str:
    rows = table.to_pylist()
    if not rows:
        return "No span calls a database, a cache, a queue or another service."
    first = rows[0]
    took = f"{units.format_ms(first['total_ms'])} in {_calls(first['calls'])}"
    failing = max(rows, key=lambda row: (row["errors"], row["peer"]))
    fails = (
        f"; {units.format_share(failing['error_rate'])} of the calls to {failing['peer']} fail"
        if failing["errors"]
        else "; no call fails"
    )
    who = f"Requests of {first['service']}" if first["service"] else "Requests"
    if math.isnan(first["share"]):
        return f"Most time goes to {first['peer']} ({first['kind']}): {took}{fails}"
    share = units.format_share(first["share"])
    return f"{who} spend {share} of their time on {first['peer']} ({first['kind']}): {took}{fails}"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _caveats(look: Look, table: pa.Table) -> list[str]:
    notes = caveats_of(look.rec, look.forest)
    if not len(look.forest):
        notes.append("There are no spans.")
    if (look.calls.weight > 1).any():
        notes.append("Counts and percentiles are those of the spans that sampling kept.")
    several = int((look.calls.count > 1).sum())
    if several:
        notes.append(
            f"{several:,} spans stand for several calls: they count in calls and total_ms, not in"
            " percentiles."
        )
    if table.num_rows and pc.all(pc.is_nan(table["new_connection_share"])).as_py():
        notes.append("No span tells whether calls open connections: new_connection_share is n/a.")
    return notes
