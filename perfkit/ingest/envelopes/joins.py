"""Records that a runtime wrote in parts, put together again, also across chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.ingest.envelopes.model import Ints, Unwrapped
from perfkit.ingest.envelopes.rows import Rows, pieces

if TYPE_CHECKING:
    from perfkit.ingest.envelopes.text import Bools

__all__ = ["Open", "finish", "glued", "join"]

#: A record in parts that is longer than this is given out as it is: memory stays bounded.
_LONGEST = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Open:
    """Parts of records that go on in the next chunk; ``lines`` is the length of this one."""

    rows: Rows
    lines: int


def join(rows: Rows, goes_on: Bools, before: Open | None, lines: int) -> tuple[Rows, Open, int]:
    """Join each row that ``goes_on`` to the next one of its key.

    Returns the whole records, what is still open, and how many of the rows given were added to
    an earlier one.
    """
    if before is not None and len(before.rows):
        count = len(before.rows)
        goes_on = np.concatenate([np.ones(count, np.bool_), goes_on])
        rows = rows.after(before.rows, before.lines)
    if not goes_on.any():
        return rows, Open(rows=rows.take(np.zeros(0, np.int64)), lines=lines), 0
    order = np.argsort(rows.key, kind="stable")
    same = np.diff(rows.key[order]) == 0
    follows = np.concatenate([[False], same & goes_on[order][:-1]])
    whole = glued(rows, order, follows)
    still = goes_on[order][_last_of(follows)] & (_lengths(whole.message) < _LONGEST)
    done, rest = (np.flatnonzero(chosen) for chosen in (~still, still))
    done = done[np.argsort(whole.line[done], kind="stable")]
    return whole.take(done), Open(rows=whole.take(rest), lines=lines), int(follows.sum())


def finish(carry: Open | None) -> Unwrapped:
    """Give out what no further part came for."""
    if carry is None:
        return Unwrapped()
    found = Unwrapped(pieces=pieces(carry.rows))
    return found.shifted(-carry.lines)


def glued(rows: Rows, order: Ints, follows: Bools) -> Rows:
    """Take ``rows`` in ``order`` and append each that ``follows`` to the one before it."""
    if not follows.any():
        return rows.take(order)
    first = np.flatnonzero(~follows)
    bounds = pa.array(np.append(first, len(order)), pa.int64())
    many = pa.LargeListArray.from_arrays(bounds, rows.message.take(pa.array(order)))
    message = pc.binary_join(many, pa.scalar(b"", pa.large_binary()))
    found = rows.take(order[first])
    return Rows(
        message=message,
        stream=found.stream,
        names=found.names,
        key=found.key,
        line=found.line,
        at=found.at,
        process=found.process,
    )


def _last_of(follows: Bools) -> Ints:
    return np.append(np.flatnonzero(~follows)[1:], len(follows)) - 1


def _lengths(message: pa.Array) -> Ints:
    return np.asarray(pc.binary_length(message).to_numpy())
