"""The same statement with the same values, sent twice in one request: the rows were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfkit import units
from perfkit.analyses import groups
from perfkit.analyses.external.calls import members
from perfkit.analyses.external.claims import Claim
from perfkit.analyses.external.parameters import same_text
from perfkit.analyses.parallel import gain
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.statement_kinds import ping, writes
from perfkit.analyses.statements import shown
from perfkit.results import Finding, Fix
from perfkit.visible import visible

if TYPE_CHECKING:
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Flags, Ints

__all__ = ["rule"]

#: Requests, and the time of the repetitions in them (median).
_FEWEST = 3
_LEAST_MS = 5.0
#: Of the requests that send the statement.
_OFTEN = 0.2
#: A pause with nothing else in it is that of somebody who polls.
_PAUSE_NS = 50_000_000
_LOOKED = 300
_SNIPPET = """\
# ask once per request and hand the answer on, or keep it for the request:
# {statement}
class Repository:
    def __init__(self, connection):          # one per request
        self.connection, self.known = connection, {{}}

    def settings(self, key):
        if key not in self.known:
            self.known[key] = self.connection.execute(statement, {{"key": key}}).all()
        return self.known[key]"""


def rule(look: Look) -> list[Claim]:
    """Find reads that a request sends again with the same values, though nothing was written.

    Proven by texts without placeholders, or by the bound values. At least 3 requests and 20 % of
    those that send the statement, for 5 ms (median of the repetitions). Not after a failure, not
    after a write of the same request, not after a pause without other calls (polling).
    """
    calls = look.calls
    owner = calls.owner_row
    asked = (owner >= 0) & look.forest.served[np.maximum(owner, 0)]  # a job asks what is new
    stores = np.flatnonzero(calls.kind_is("db") & calls.single & asked)
    if not len(stores):
        return []
    fingerprint = groups.encode(look.forest.rows["fingerprint"].take(pa.array(calls.row[stores])))
    same = same_text(look, stores)
    again = _again(look, stores, same, fingerprint)
    found = []
    for code, at in members(fingerprint.codes):
        text = fingerprint.labels[code]
        if text is None or not again[at].any() or ping(Target(fingerprint=text)):
            continue
        claim = _claim(look, text, stores[at], stores[at[again[at]]])
        if claim:
            found.append(claim)
    return found


def _again(look: Look, stores: Ints, same: Ints, fingerprint: groups.Groups) -> Flags:
    """Say which of the statements repeat the one before with the same values."""
    calls = look.calls
    changes = np.array([_changes(text) for text in fingerprint.labels], np.bool_)
    written = np.cumsum(changes[fingerprint.codes])
    order = np.lexsort((stores, same, calls.owner[stores]))
    place, number = stores[order], same[order]
    before = np.roll(place, 1)
    found = np.append(False, number[1:] == number[:-1]) & (number >= 0)
    found &= (calls.owner[place] == calls.owner[before]) & (calls.start[place] >= calls.end[before])
    found &= ~calls.failed[before] & (calls.peer[place] == calls.peer[before])
    found &= written[order] == np.roll(written[order], 1)
    polled = (place - before == 1) & (calls.start[place] - calls.end[before] > _PAUSE_NS)
    again = np.zeros(len(stores), np.bool_)
    again[order] = found & ~polled
    return again


def _changes(text: str | None) -> bool:
    """Say whether rows may be others after a statement; of an unknown one, they may."""
    if text is None:
        return True
    target = Target(fingerprint=text)
    return writes(target) or (ping(target) and not text.startswith(("select", "show")))


def _claim(look: Look, text: str, every: Ints, again: Ints) -> Claim | None:
    calls = look.calls
    owners, first = np.unique(calls.owner[again], return_index=True)
    asked = len(np.unique(calls.owner[every]))
    if len(owners) < _FEWEST or len(owners) < _OFTEN * asked:
        return None
    some = again[np.isin(calls.owner[again], owners[:_LOOKED])]
    gains = gain.at_owner(look.forest, calls.row[some], calls.length[some]) / 1e6
    owner = np.searchsorted(owners, calls.owner[some])
    saves = float(np.median(np.bincount(owner, weights=gains)))
    if saves < _LEAST_MS:
        return None
    times = 1 + int(np.median(np.bincount(owner)))
    name = visible(shown(text), 80)
    route = look.route(again)
    fingerprint_id = look.forest.texts("fingerprint_id", calls.row[again[:1]])[0]
    finding = Finding(
        rule="duplicate-statement",
        severity="warning",
        title=(
            f"{route} sends {name} {times} times with the same values, in {len(owners):,} requests:"
            f" {units.format_ms(saves)} for rows that were there already"
        ),
        evidence=look.evidence(again[first]),
        saves_ms=saves,
        saves_basis="per request",
        saves_times=look.times(again[first]),
        fix=Fix(
            text="Keep the rows for the rest of the request, or hand them to who needs them.",
            snippet=_SNIPPET.format(statement=visible(text, 90)),
            language="python",
        ),
        effort="low",
        confidence="high",
        keys=look.keys(again, route=route, fingerprint_id=fingerprint_id),
    )
    return Claim(finding, calls.row[again])
