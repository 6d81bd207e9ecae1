"""How long requests hold a connection or a transaction, and which calls they make meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups

if TYPE_CHECKING:
    from perfkit.analyses.external.calls import ExternalCalls
    from perfkit.analyses.external.look import Look
    from perfkit.span_ids import Ints

__all__ = ["Held", "checked_out", "in_transaction", "within_transaction_span"]

_BEGINS = re.compile(r"(?:begin|start transaction)\b", re.IGNORECASE)
_ENDS = re.compile(r"(?:commit|rollback|end|abort)\b(?!.*\bto\b)", re.IGNORECASE)
# "pg.query:BEGIN shop", "COMMIT": names of spans that hide their statement
_NAME = re.compile(r"(?:.*[:. ])?(BEGIN|START TRANSACTION|COMMIT|ROLLBACK)\b")
_TRANSACTION = re.compile(r"(?i)(?:.*[^a-z])?(?:transaction|tx)(?:[^a-z].*)?")
_LEVELS = 8
_LONGEST = 200  # characters of a name that are looked at


@dataclass(frozen=True, kw_only=True)
class Held:
    """Calls made while something is held: ``place`` of the call, and the hold in ns."""

    what: str
    place: Ints
    hold: Ints


def in_transaction(look: Look, wanted: Ints) -> Held:
    """Find calls between a BEGIN and the COMMIT or ROLLBACK that follows it in the request."""
    calls = look.calls
    mark = _marks(calls)
    at = np.flatnonzero(mark)
    pair = (mark[at][:-1] == 1) & (mark[at][1:] == -1)
    pair &= calls.owner[at][:-1] == calls.owner[at][1:]
    first, last = at[:-1][pair], at[1:][pair]
    inside = _inside(
        (calls.owner[first], calls.end[first], calls.start[last]),
        (calls.owner[wanted], calls.start[wanted]),
    )
    hold = calls.end[last] - calls.start[first]
    return _held("a transaction", wanted, inside, hold)


def _marks(calls: ExternalCalls) -> Ints:
    """Return 1 for calls that begin a transaction, -1 for those that end one, else 0."""
    rows = calls.forest.rows.select(["fingerprint", "name"]).take(pa.array(calls.row))
    statements, names = groups.encode(rows["fingerprint"]), groups.encode(rows["name"])
    by_text = np.array([_mark(text) for text in statements.labels], np.int64)
    by_name = np.array([_named_mark(text) for text in names.labels], np.int64)
    hidden = statements.codes == len(statements.labels) - 1
    found = np.where(hidden, by_name[names.codes], by_text[statements.codes])
    return np.where(calls.kind_is("db"), found, 0)


def _mark(text: str | None) -> int:
    head = (text or "")[:_LONGEST]
    return 1 if _BEGINS.match(head) else -1 if _ENDS.match(head) else 0


def _named_mark(text: str | None) -> int:
    found = _NAME.match((text or "")[:_LONGEST])
    return _mark(found[1]) if found else 0


def within_transaction_span(look: Look, wanted: Ints) -> Held:
    """Find calls below a span that is named a transaction and has statements below it as well."""
    calls, forest = look.calls, look.forest
    names = groups.encode(forest.rows["name"])
    says = [bool(_TRANSACTION.fullmatch((text or "")[:_LONGEST])) for text in names.labels]
    named = np.array(says, np.bool_)[names.codes] & ~forest.served & (forest.parent >= 0)
    if not named.any():
        return Held(what="a transaction", place=wanted[:0], hold=wanted[:0])
    above = _above(look, named, calls.row)
    stores = above[calls.kind_is("db")]
    found = np.where(np.isin(above, stores), above, -1)[wanted]
    return _held("a transaction", wanted, found, forest.length)


def _above(look: Look, named: Any, rows: Ints) -> Ints:
    """Return the nearest named span above each row within its request, or -1."""
    forest = look.forest
    found = np.full(len(rows), -1)
    at = forest.parent[rows]
    for _ in range(_LEVELS):
        on = (at >= 0) & (found < 0)
        found = np.where(on & named[at], at, found)
        at = np.where(on & ~forest.served[at], forest.parent[at], -1)
    return found


def checked_out(look: Look, wanted: Ints) -> Held:
    """Find calls made while their trace holds a connection of a pool (table ``checkouts``)."""
    table = look.rec.arrow("checkouts", ["trace_id", "acquired_at", "released_at"]).drop_null()
    what = "a pooled connection"
    if not table.num_rows:
        return Held(what=what, place=wanted[:0], hold=wanted[:0])
    known = table["trace_id"].combine_chunks().unique()
    trace = pc.index_in(table["trace_id"], value_set=known).to_numpy().astype(np.int64)
    begin, end = (table[n].cast(pa.int64()).to_numpy() for n in ("acquired_at", "released_at"))
    mine = look.forest.rows["trace_id"].take(pa.array(look.calls.row[wanted]))
    code = pc.fill_null(pc.index_in(mine, value_set=known), -1).to_numpy().astype(np.int64)
    inside = _inside((trace, begin, end), (code, look.calls.start[wanted]))
    return _held(what, wanted, inside, end - begin)


def _inside(holds: tuple[Ints, Ints, Ints], asked: tuple[Ints, Ints]) -> Ints:
    """Return the latest hold of the same owner that is open when each call begins, or -1."""
    owner, begin, end = holds
    who, when = asked
    if not len(owner) or not len(who):
        return np.full(len(who), -1)
    order = np.lexsort((begin, owner))
    moments = np.unique(np.concatenate([begin, when]))
    keys = owner[order] * (len(moments) + 1) + np.searchsorted(moments, begin[order])
    place = np.searchsorted(
        keys, who * (len(moments) + 1) + np.searchsorted(moments, when), "right"
    )
    hold = order[np.maximum(place - 1, 0)]
    fits = (place > 0) & (owner[hold] == who) & (when >= begin[hold]) & (when < end[hold])
    return np.where(fits, hold, -1)


def _held(what: str, wanted: Ints, inside: Ints, hold: Ints) -> Held:
    chosen = inside >= 0
    return Held(what=what, place=wanted[chosen], hold=hold[inside[chosen]])
