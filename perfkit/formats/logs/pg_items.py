"""What each server process wrote, one behind the other: statements, plans, durations, errors."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_statements import BARE, EXECUTED, PLANNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.logs.pg_records import Flags

__all__ = ["FAILED", "Items", "Neighbours", "neighbours", "together", "with_texts"]

#: A role beside those of ``pg_statements``: the statement of the process failed.
FAILED = 5

#: A plan that was prepared or declared has the text of PREPARE or DECLARE, and belongs to
#: statements with another text: the EXECUTE, or what reads or closes the cursor.
_NAMED = re.compile(r'(prepare|execute)\s+("(?:[^"]|"")+"|[\w$]+)', re.IGNORECASE)
_CLOSES = re.compile(r"(?:fetch|move|close|commit|end|rollback|abort)\b", re.IGNORECASE)
_DECLARES = re.compile(r"\bdeclare\s+\S{1,70}\s[^;]{0,60}\bcursor\b", re.IGNORECASE)
#: So many cursors are thought to be closed by one statement.
_CURSORS = 8
#: Statements farther away than this decide nothing: four back and one ahead do (``pg_joins``).
_REACH = 8


@dataclass(frozen=True, kw_only=True)
class Items:
    """Items sorted by session, in the order of the log within each.

    ``row`` is the item's row in ``queries`` (-1: none). ``text`` and ``also`` (0: unknown) are
    equal where a plan and a statement belong together; a simple statement may have ``many``
    plans. ``error`` is the message of a FAILED item.
    """

    session: pa.Array
    role: Ints
    row: Ints
    execute: Flags
    text: Ints
    also: Ints
    many: Ints
    error: pa.Array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.role)

    def take(self, chosen: Ints) -> Items:
        """Return the items ``chosen``, in that order."""
        return Items(
            **{item.name: _taken(getattr(self, item.name), chosen) for item in fields(self)}
        )

    def sessions(self) -> Ints:
        """Return a number per session, -1 where it is unknown."""
        session = self.session
        if not pa.types.is_dictionary(session.type):
            session = session.dictionary_encode()
        codes: Ints = session.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64)

    def by_session(self, *, few: bool = False) -> Items:
        """Return the items sorted; those of unknown sessions are left out.

        ``few``: as well as those that nothing can join, which most are in most logs.
        """
        codes = self.sessions()
        small = codes.astype(np.int16) if codes.max(initial=0) < 1 << 15 else codes
        order = np.argsort(small, kind="stable")
        order = order[codes[order] >= 0]
        return self.take(order[_matters(codes[order], self.role[order])] if few else order)


def _matters(session: Ints, role: Ints) -> Flags:
    """Say which items are near an end of their session, or near one that may be joined.

    What is written with a duration and a text is a row of its own; of such only the next
    few on both sides of others, and of a session's ends, decide about those.
    """
    first = np.append(True, session[1:] != session[:-1])[: len(session)]
    odd = (role != EXECUTED) | first | np.append(first[1:], True)[: len(session)]
    count = np.cumsum(np.concatenate([np.zeros(_REACH + 1), odd, np.zeros(_REACH)]))
    near: Flags = count[2 * _REACH + 1 :] > count[: -2 * _REACH - 1]
    return near


def _taken(column: Any, chosen: Ints) -> Any:
    return column.take(pa.array(chosen)) if isinstance(column, pa.Array) else column[chosen]


def together(parts: Sequence[Items]) -> Items:
    """Put the items of several chunks behind each other."""

    def joined(name: str) -> Any:
        columns = [getattr(part, name) for part in parts]
        if not isinstance(columns[0], pa.Array):
            return np.concatenate(columns)
        return pa.concat_arrays([column.cast(pa.string()) for column in columns])

    return Items(**{item.name: joined(item.name) for item in fields(Items)})


def with_texts(items: Items, statements: Any, rows: Ints) -> Items:
    """Fill in ``text``, ``also`` and ``many`` from the ``rows`` (-1: none) of ``statements``."""
    known = rows >= 0
    encoded = pc.dictionary_encode(_plain(statements.take(pa.array(rows[known]))))
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    told = [_told(text) for text in encoded.dictionary.to_pylist()]
    values = np.array([*told, (0, 0, 1)], np.int64)
    codes = np.full(len(rows), len(told))
    codes[known] = encoded.indices.fill_null(len(told)).to_numpy(zero_copy_only=False)
    text, also, many = values[codes].T
    return replace(items, text=text, also=also, many=many)


def _plain(column: Any) -> Any:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _told(text: str) -> tuple[int, int, int]:
    named = _NAMED.match(text)
    if named:
        return _hash(text), _hash("prepared " + named[2].lower()), 1
    if _CLOSES.match(text) or _DECLARES.search(text):
        return _hash(text), _hash("cursor"), _CURSORS
    return _hash(text), 0, text.count(";") + 1


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """For each item the index of another one of its session before or behind it, -1: none.

    ``before`` and ``behind`` are any items, ``..._told`` leave out plans, ``..._anchor`` leave
    out plans and bare durations; ``plan_before`` is the last plan before.
    """

    before: Ints
    behind: Ints
    before_told: Ints
    behind_told: Ints
    before_anchor: Ints
    behind_anchor: Ints
    plan_before: Ints


def neighbours(items: Items) -> Neighbours:
    """Find the neighbours of items that are sorted by session."""
    session, role = items.sessions(), items.role
    everything = np.ones(len(role), np.bool_)
    told, anchor = role != PLANNED, (role != PLANNED) & (role != BARE)
    return Neighbours(
        before=_before(session, everything),
        behind=_behind(session, everything),
        before_told=_before(session, told),
        behind_told=_behind(session, told),
        before_anchor=_before(session, anchor),
        behind_anchor=_behind(session, anchor),
        plan_before=_before(session, ~told),
    )


def _before(session: Ints, chosen: Flags) -> Ints:
    latest = np.maximum.accumulate(np.where(chosen, np.arange(len(session)), -1))
    found = np.append(-1, latest[:-1])[: len(session)]
    return np.where((found >= 0) & (session[found] == session), found, -1)


def _behind(session: Ints, chosen: Flags) -> Ints:
    mirrored = _before(session[::-1], chosen[::-1])[::-1]
    return np.where(mirrored >= 0, len(session) - 1 - mirrored, -1)
