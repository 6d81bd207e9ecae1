"""Transactions and pooled connections that are held while the request calls another service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import units
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.holds import (
    Held,
    checked_out,
    in_transaction,
    within_transaction_span,
)
from perfkit.analyses.parallel.snippet import comment
from perfkit.analyses.repeats.calls import numbered
from perfkit.results import Finding, Fix

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["rule"]

#: Requests, and the time of the call in them (median): less is no reason to change code.
_FEWEST = 3
_LEAST_MS = 10.0
#: Of the time held, in which the call runs.
_SHARE = 0.2
_REMOTE = ("http", "rpc", "queue", "faas", "ai", "file")
_SNIPPET = """\
# before: with engine.begin() as connection: ...; {call}; ...
answer = call_the_service()                # {call}
with engine.begin() as connection:         # taken now, given back before the next call
    connection.execute(statement, {{"answer": answer.id}})
# what must happen exactly once: write an outbox row in the transaction, call after the commit"""
_REFERENCE = "https://www.postgresql.org/docs/current/runtime-config-client.html"


def rule(look: Look) -> list[Claim]:
    """Find calls to other services made while a connection is taken from the database's pool.

    Between BEGIN and COMMIT, below a span of a transaction, or between the checkout and the
    return of a pooled connection of the same trace. At least 3 requests, 10 ms (median), and
    20 % of the time held.
    """
    wanted = np.flatnonzero(look.calls.kind_is(*_REMOTE) & ~look.forest.served[look.calls.row])
    found = []
    seen = np.zeros(len(look.calls), np.bool_)
    for source in (in_transaction, within_transaction_span, checked_out):
        held = source(look, wanted[~seen[wanted]])
        seen[held.place] = True
        found += _claims(look, held)
    return found


def _claims(look: Look, held: Held) -> list[Claim]:
    if not len(held.place):
        return []
    calls = look.calls
    routes = calls.routes(held.place)
    numbers: dict[str, int] = {}
    route = np.array([numbers.setdefault(name, len(numbers)) for name in routes], np.int64)
    code, _ = numbered(calls.peer[held.place], route)
    found = []
    for _, at in members(code):
        took = calls.length[held.place[at]]
        share = np.minimum(took / np.maximum(held.hold[at], 1), 1.0)
        if len(at) >= _FEWEST and np.median(took) >= _LEAST_MS * 1e6 and np.median(share) >= _SHARE:
            found.append(_claim(look, held, at, routes[int(at[0])]))
    return found


def _claim(look: Look, held: Held, at: Ints, route: str) -> Claim:
    calls = look.calls
    place, hold_ms = held.place[at], held.hold[at] / 1e6
    took = float(np.median(calls.length[place]) / 1e6)
    hold = float(np.median(hold_ms))
    name = look.name(calls.row[place])
    requests = len(np.unique(calls.owner[place]))
    transaction = held.what == "a transaction"
    more = " Locks of its rows are held as long." if transaction else ""
    finding = Finding(
        rule="transaction-across-call" if transaction else "connection-across-call",
        severity="critical",
        title=(
            f"{comment(route, 70)} holds {held.what} for {units.format_ms(hold)} while it waits"
            f" {units.format_ms(took)} for {name}, in {requests:,} requests"
        ),
        evidence=look.evidence(place, held_ms=hold_ms),
        fix=Fix(
            text=(
                "Call first, then take the connection; or commit before the call. It is held for"
                f" {units.format_ms(max(hold - took, 0.0))} then, and as many more requests share"
                f" the pool.{more} A request gains time only where others wait for connections."
            ),
            snippet=_SNIPPET.format(call=comment(name)),
            language="python",
        ),
        effort="medium",
        confidence="high",
        reference=_REFERENCE,
        keys=look.keys(place, route=route),
    )
    return Claim(finding, place[:0])
