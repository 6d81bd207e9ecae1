"""Slow queries, logged a second time when they have ended: each belongs to a statement before it.

The statement may be in an earlier chunk. So the last statement of every fingerprint waits for
what is behind the chunk, as do slow queries whose statement may be before it; :func:`mend` puts
them together, and the rows are the same wherever a log was cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables
from perfkit.fingerprint import fingerprint_many
from perfkit.formats.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfkit.formats.lines import Ints
    from perfkit.recording import Note

__all__ = ["Waiting", "divided", "mend", "slow_pairs"]

#: No more statements of a chunk wait: the last ones, where fingerprints are that many.
_MOST = 2000


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Of each pending row: whether it is a slow query, and whether its duration was told.

    ``untimed`` is the note for statements that have none in the end.
    """

    slow: NDArray[np.bool_]
    told: NDArray[np.bool_]
    untimed: Note


def slow_pairs(texts: pa.Array, rows: Ints, slow: pa.Array, slow_rows: Ints) -> Ints:
    """Return for each statement the slow query that tells its duration, or -1.

    A slow query is logged when it has ended: it belongs to the last statement before it with
    the same fingerprint. ``rows`` and ``slow_rows`` are their lines, ascending.
    """
    result = np.full(len(rows), -1)
    if not len(rows) or not len(slow_rows):
        return result
    ids, _ = fingerprint_many(pa.concat_arrays([texts, slow]))
    codes = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    key = (codes << 32) + np.concatenate([rows, slow_rows])
    own = np.argsort(key[: len(rows)])
    place = np.searchsorted(key[own], key[len(rows) :]) - 1
    owner = own[np.maximum(place, 0)]
    same = (place >= 0) & (codes[owner] == codes[len(rows) :])
    for position in np.flatnonzero(same)[::-1].tolist():
        result[owner[position]] = position
    return result


def divided(
    statements: pa.Table, slow: pa.Table, pair: Ints, untimed: Note
) -> tuple[pa.Table, Parsed]:
    """Return the rows of a chunk that are decided, and those that wait (``pending``, ``carry``).

    ``statements`` have the durations that ``pair`` (:func:`slow_pairs`) tells; of ``slow`` those
    that tell none are rows of their own. Notes are of the decided rows.
    """
    apart = slow.take(pa.array(np.setdiff1d(np.arange(slow.num_rows), pair)))
    rows = tables.concat([statements, apart], "queries")
    order = np.argsort(rows["line"].to_numpy(), kind="stable")
    rows = rows.take(pa.array(order))
    is_slow = (np.arange(len(order)) >= statements.num_rows)[order]
    told = np.concatenate([pair >= 0, np.ones(apart.num_rows, np.bool_)])[order]
    waits = _waits(rows, is_slow)
    return rows.filter(pa.array(~waits)), Parsed(
        pending={"queries": rows.filter(pa.array(waits))} if waits.any() else {},
        carry=Waiting(slow=is_slow[waits], told=told[waits], untimed=untimed),
        notes=(untimed,) if (_silent(rows) & ~is_slow & ~waits).any() else (),
    )


def _waits(rows: pa.Table, slow: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows, in order, may have their other half in another chunk."""
    ids = rows["fingerprint_id"].cast(pa.string()).combine_chunks().dictionary_encode()
    nameless = len(ids.dictionary)
    codes = ids.indices.fill_null(nameless).to_numpy(zero_copy_only=False)
    own = np.flatnonzero(~slow)
    first, last = np.full(nameless + 1, len(codes)), np.full(nameless + 1, -1)
    last[codes[own]] = own
    first[codes[own[::-1]]] = own[::-1]
    waits = np.zeros(len(codes), np.bool_)
    waits[np.sort(last[last >= 0])[-_MOST:]] = True
    waits[np.flatnonzero(slow & (np.arange(len(codes)) < first[codes]))[:_MOST]] = True
    return waits


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Give slow queries to the last statement with their fingerprint, of whatever chunk."""
    waiting = [(p.pending["queries"], p.carry) for p in parts if "queries" in p.pending]
    if not waiting:
        return Parsed()
    rows = tables.concat([table for table, _ in waiting], "queries")
    slow = np.concatenate([carry.slow for _, carry in waiting])
    told = np.concatenate([carry.told for _, carry in waiting])
    owner = _owners(rows["fingerprint_id"].to_pylist(), slow, told)
    found = np.flatnonzero(owner >= 0)
    teller = np.full(len(owner), -1)
    teller[owner[found]] = found
    rows = _with_durations(rows, teller)
    notes = (waiting[0][1].untimed,) if (_silent(rows) & ~slow).any() else ()
    return Parsed(tables={"queries": rows.filter(pa.array(owner < 0))}, notes=notes)


def _owners(ids: list[str | None], slow: NDArray[np.bool_], told: NDArray[np.bool_]) -> Ints:
    """Return for each slow query the row of the statement it tells the duration of, or -1."""
    owner = np.full(len(ids), -1)
    latest: dict[str | None, int] = {}
    for place, (name, ended, done) in enumerate(zip(ids, slow, told, strict=True)):
        if not ended:
            latest[name] = -1 if done else place
        else:
            owner[place] = latest.get(name, -1)
            latest[name] = -1
    return owner


def _silent(rows: pa.Table) -> NDArray[np.bool_]:
    return np.asarray(rows["duration_ms"].is_null().to_numpy())


def _with_durations(rows: pa.Table, teller: Ints) -> pa.Table:
    """Return rows, some of them with the duration of another."""
    of = pa.array(teller, mask=teller < 0)
    columns = {
        name: pc.coalesce(rows[name].take(of), rows[name])
        for name in ("duration_ms", "duration_kind")
    }
    kept = {name: rows[name] for name in rows.column_names} | columns
    return tables.from_columns("queries", kept)
