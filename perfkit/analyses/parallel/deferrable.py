"""Calls at the end of requests whose answer the response hardly uses: mail, audit, a cache's SET.

``findings(forest)`` is for the analysis of external calls; statements are recognised where the
forest's spans have fingerprints (:func:`perfkit.fingerprinted.fingerprinted`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.parallel import gain
from perfkit.analyses.parallel.deferred_code import deferred_code
from perfkit.analyses.parallel.language import language
from perfkit.analyses.parallel.operations import Operation, spoken
from perfkit.analyses.parallel.trailing import Trailing, trailing
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Flags, Ints

__all__ = ["ENOUGH", "LEAST_MS", "LEAST_SHARE", "findings"]

#: Median per request; sending it later costs a line of code, but also certainty.
LEAST_MS = 5.0
LEAST_SHARE = 0.05
#: Requests: without a counter-example among ten at most 26 % of all are one (95 %).
ENOUGH = 10
#: Of the calls so many come last: what is sometimes followed by another may be needed for it.
_ALWAYS = 0.95
_PROVEN = 3  # requests that succeeded although the call failed
_EVIDENCE = 3
# What is told to somebody beside the request: nobody who asked waits for it.
_TOLD = re.compile(
    r"(?<![a-z])(?:audit|analytics|track(?:s|ing|er)?(?![a-z])|events?(?![a-z])|logs?(?![a-z])"
    r"|logging|metrics?|telemetry|e?mail|sms(?![a-z])|notif|push(?![a-z])|web ?hook|hooks?(?![a-z])"
    r"|slack|segment(?![a-z])|mixpanel|amplitude|sendgrid|mailgun|postmark|twilio|statsd|sentry"
    r"|activit|impression|page ?view|history|usage)"
)
_INSERT = re.compile(r"insert (?:ignore )?into ([\w.\"`\[\]]+)")
_STORES = re.compile(r"(?:set|setex|psetex|mset|hset|hmset|expire|pexpire|set_multi|add)\b")
_REFERENCE = "https://fastapi.tiangolo.com/tutorial/background-tasks/"


def findings(forest: Forest) -> list[Finding]:
    """Return a finding for every call that a route could make after it has answered.

    It is the last call of its request in at least 95 % of at least :data:`ENOUGH` requests, only
    the framework's own time follows, and by its name it tells somebody else something: a POST
    for mail, audit or analytics, a message published, a key stored in a cache, a row of a log.
    Never a statement of a transaction, and never a call whose failure made the request fail.
    """
    found = trailing(forest, _tells)
    tells = np.array([_tells(one) for one in found.operations], np.bool_)
    known = np.flatnonzero((found.operation >= 0) & ~found.transacted)
    known = known[tells[found.operation[known]]] if len(tells) else known[:0]
    key = found.route[known] * max(len(tells), 1) + found.operation[known]
    order = np.argsort(key, kind="stable")
    parts = np.split(known[order], np.flatnonzero(np.diff(key[order])) + 1)
    habits = (_Habit(forest=forest, calls=found, at=at) for at in parts if len(at) >= ENOUGH)
    return [_finding(one) for one in habits if one.worth_it]


def _tells(one: Operation) -> bool:
    """Say whether a call only tells something, by its name."""
    if one.kind == "queue":
        return bool(re.search(r"publish|send|produce|enqueue", spoken(one.name)))
    if one.kind == "cache":
        return bool(_STORES.match(one.name))
    if one.kind == "db":
        table = _INSERT.match(one.name)
        return bool(table and _TOLD.search(spoken(table[1])))
    return (
        one.kind == "http" and one.name.startswith("POST ") and bool(_TOLD.search(spoken(one.name)))
    )


@dataclass(frozen=True, kw_only=True)
class _Habit:
    """One operation on one route: ``at`` are its places in ``calls``."""

    forest: Forest
    calls: Trailing
    at: Ints

    @property
    def route(self) -> str | None:
        return self.calls.routes[int(self.calls.route[self.at[0]])]

    @property
    def operation(self) -> Operation:
        return self.calls.operations[int(self.calls.operation[self.at[0]])]

    @cached_property
    def ending(self) -> Ints:
        """Rows of the calls that came last and succeeded."""
        chosen = self.at[self.calls.last[self.at] & ~self.calls.failed[self.at]]
        return self.calls.row[chosen]

    @cached_property
    def gains_ms(self) -> NDArray[np.float64]:
        gained = gain.at_owner(self.forest, self.ending, self.forest.length[self.ending])
        return gained / 1e6

    @cached_property
    def saves_ms(self) -> float:
        return float(np.median(self.gains_ms))

    @cached_property
    def share(self) -> float:
        whole = self.forest.length[self.forest.owner[self.ending]] / 1e6
        return float(np.median(self.gains_ms / np.maximum(whole, 1e-6)))

    @cached_property
    def survived(self) -> int:
        """Requests that succeeded although the call failed."""
        return int(np.count_nonzero(self._failed & self.calls.answered[self.at]))

    @cached_property
    def _failed(self) -> Flags:
        return self.calls.failed[self.at]

    @property
    def _in_transaction(self) -> bool:
        """Whether the requests write other rows as well: an unseen transaction may hold all."""
        calls = self.calls
        code = int(calls.operation[self.at[0]])
        if self.operation.kind != "db":
            return False
        writes = [n for n, one in enumerate(calls.operations) if one.kind == "db" and not one.reads]
        other = np.isin(calls.operation, writes) & (calls.operation != code)
        return bool(np.isin(calls.owner[other], calls.owner[self.at]).any())

    @property
    def worth_it(self) -> bool:
        fatal = int(np.count_nonzero(self._failed)) > self.survived
        often = np.count_nonzero(self.calls.last[self.at]) >= _ALWAYS * len(self.at)
        if fatal or not often or len(self.ending) < ENOUGH or self._in_transaction:
            return False
        return self.saves_ms >= LEAST_MS and self.share >= LEAST_SHARE


def _finding(one: _Habit) -> Finding:
    name = shown(one.operation.name)
    weight = groups.numbers(one.forest.rows["weight"].take(one.forest.owner[one.ending]))
    code, written = deferred_code(one.operation.name, language(one.forest, one.ending))
    return Finding(
        rule="deferrable",
        severity="info" if one.saves_ms < 10 * LEAST_MS else "warning",
        title=(
            f"{one.route or 'A request'} waits {units.format_ms(one.saves_ms)} for {name} before it"
            f" answers, {units.format_share(one.share)} of it: that could happen afterwards"
        ),
        evidence=_evidence(one),
        saves_ms=one.saves_ms,
        saves_basis="per request",
        saves_times=float(np.nan_to_num(weight, nan=1.0).sum()),
        fix=Fix(text=_advice(one), snippet=code, language=written),
        effort="medium",
        confidence="medium" if one.survived >= _PROVEN else "low",
        reference=_REFERENCE,
        keys=_keys(one),
    )


def _evidence(one: _Habit) -> list[dict[str, Any]]:
    longest = one.ending[np.argsort(-one.gains_ms, kind="stable")[:_EVIDENCE]]
    whole = one.forest.length[one.forest.owner[longest]] / 1e6
    traces = one.forest.texts("trace_id", longest)
    return [
        {"trace_id": trace, "request_ms": float(request), "call_ms": float(call)}
        for trace, request, call in zip(
            traces, whole, one.forest.length[longest] / 1e6, strict=True
        )
    ]


def _advice(one: _Habit) -> str:
    often = f"It is the last call of {len(one.ending):,} requests, and nothing follows it."
    if one.survived >= _PROVEN:
        proof = f"{one.survived:,} requests succeeded although it failed."
    else:
        proof = "Traces cannot prove that the response does not use its answer: look."
    return (
        f"Answer first, then call. {often} {proof} What must not be lost belongs into a queue or an"
        " outbox table, not into the memory of the process."
    )


def _keys(one: _Habit) -> dict[str, str]:
    (trace,) = one.forest.texts("trace_id", one.ending[:1])
    known = {
        "route": one.route,
        "peer": one.operation.peer,
        "fingerprint_id": one.operation.fingerprint_id,
        "trace_id": trace,
    }
    return {name: value for name, value in known.items() if value}
