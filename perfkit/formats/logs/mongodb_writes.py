"""Writes that MongoDB logs twice: each by itself, and the command that held them.

A slow ``updateOne`` makes two lines with one duration: ``"c":"WRITE"`` with the filter, and
``"c":"COMMAND"`` with ``{"update": "orders"}`` and no filter (each has a ``CurOp`` of its own).
A command is left out where its own writes, logged before it on the same connection, took at
least half of its time; else it stays, being mostly writes that were too fast to be logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from perfkit import tables
from perfkit.formats.model import Parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COMMANDS", "Divided", "Write", "divided", "mend"]

#: Commands that hold writes.
COMMANDS = frozenset({"insert", "update", "delete", "bulkWrite"})
#: Times are logged in whole milliseconds.
_SLACK_NS = 2_000_000


class Write(NamedTuple):
    """A single write, or a command that held some; ``row`` is its row in ``queries``."""

    row: int
    single: bool
    session: str
    began: int
    ms: float
    covered: float = 0.0


class Carry(NamedTuple):
    """Writes whose command has not come, sessions that had one, and commands yet undecided."""

    open: dict[str, list[Write]]
    closed: frozenset[str]
    waiting: list[Write]


class Divided(NamedTuple):
    """Rows that are decided, those that an earlier chunk decides, and what that needs."""

    queries: pa.Table
    pending: pa.Table
    carry: Carry


def divided(queries: pa.Table, writes: Iterable[tuple[int, bool]], *, first: bool) -> Divided:
    """Leave out commands whose writes have rows of their own.

    Args:
        queries: the operations of a chunk.
        writes: the rows that are writes or commands of them, in order, and which is which.
        first: whether no chunk is before this one.
    """
    opened: dict[str, list[Write]] = {}
    closed: set[str] = set()
    dropped: list[int] = []
    waiting: list[Write] = []
    for write in _writes(queries, list(writes)):
        if write.single:
            opened.setdefault(write.session, []).append(write)
            continue
        ended = write._replace(covered=_covered(write, opened.pop(write.session, [])))
        if _is_covered(ended):
            dropped.append(write.row)
        elif not first and write.session not in closed:
            waiting.append(ended)
        closed.add(write.session)
    keep = np.ones(queries.num_rows, np.bool_)
    pending = [write.row for write in waiting]
    keep[dropped + pending] = False
    return Divided(
        queries.filter(pa.array(keep)),
        queries.take(pa.array(pending, pa.int64())),
        Carry(opened, frozenset(closed), waiting),
    )


def mend(parts: Sequence[Parsed]) -> Parsed:
    """Decide the commands at the beginning of each chunk, by the writes in the chunks before."""
    opened: dict[str, list[Write]] = {}
    kept = []
    for part in parts:
        carry: Carry | None = part.carry
        if carry is None:
            continue
        pending = part.pending.get("queries")
        if pending is not None:
            stays = [not _is_covered(_joined(write, opened)) for write in carry.waiting]
            kept.append(pending.filter(pa.array(stays, pa.bool_())))
        for session in carry.closed:
            opened.pop(session, None)
        for session, writes in carry.open.items():
            opened.setdefault(session, []).extend(writes)
    rows = tables.concat(kept, "queries")
    return Parsed(tables={"queries": rows} if rows.num_rows else {})


def _joined(write: Write, opened: dict[str, list[Write]]) -> Write:
    earlier = _covered(write, opened.get(write.session, []))
    return write._replace(covered=write.covered + earlier)


def _covered(command: Write, writes: list[Write]) -> float:
    return sum(write.ms for write in writes if write.began >= command.began - _SLACK_NS)


def _is_covered(command: Write) -> bool:
    return 0 < command.ms <= 2 * command.covered


def _writes(queries: pa.Table, writes: list[tuple[int, bool]]) -> Iterable[Write]:
    if not writes:
        return []
    chosen = queries.take(pa.array([row for row, _ in writes], pa.int64()))
    columns = zip(
        writes,
        chosen["session_id"].cast(pa.string()).fill_null("").to_pylist(),
        chosen["started_at"].cast(pa.int64()).fill_null(0).to_pylist(),
        chosen["duration_ms"].to_pylist(),
        strict=True,
    )
    return [Write(row, single, session, at, ms) for (row, single), session, at, ms in columns]
