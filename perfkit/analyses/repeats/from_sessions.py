"""Calls out of a server's log that knows sessions, but neither requests nor traces.

What one request sent is guessed: a session is cut where a transaction begins or ends, where
a pool hands the connection on, where it idles for :data:`IDLE_MS`, and where the statement
that came first comes again after others. A pooled session serves many requests, and a job
loops for hours: what is found needs more evidence than a trace (see
:func:`perfkit.analyses.n_plus_one_pattern.worth_reporting`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses import groups
from perfkit.analyses.repeats.calls import Calls, Owners, codes, milliseconds, texts
from perfkit.analyses.repeats.from_queries import executed, of_server, raw_of, targets_of
from perfkit.analyses.repeats.statement_kinds import ping

if TYPE_CHECKING:
    from typing import Any

    from perfkit.analyses.repeats.calls import Target
    from perfkit.analyses.repeats.segments import Ints

__all__ = ["IDLE_MS", "calls_of"]

#: Statements of one loop follow each other within milliseconds, requests of one client seldom.
IDLE_MS = 100.0
#: No request takes longer: what does is a job.
LONGEST_MS = 30_000.0
_FEWEST = 5
_BEGINS = re.compile(r"(?:begin|start transaction|discard|reset all|select \?$|set autocommit)")
_ENDS = re.compile(r"(?:commit|rollback|abort|end)\b(?! prepared| to\b)")


def calls_of(queries: pa.Table) -> Calls:
    """Return the statements that name their session alone, grouped by guessed request."""
    anonymous = pc.and_(queries["request_id"].is_null(), queries["trace_id"].is_null())
    known = pc.and_(queries["session_id"].is_valid(), queries["started_at"].is_valid())
    rows = executed(queries.filter(pc.and_(anonymous, known)))
    database, session = codes(rows["database"], rows["session_id"])
    start = milliseconds(rows["started_at"])
    order = np.lexsort((start, session, database)).astype(np.int64)
    rows, start = rows.take(order), start[order]
    target, targets = targets_of(rows)
    duration = groups.numbers(rows["duration_ms"])
    here = np.stack([database[order], session[order]])
    unit = _units(here, start, start + np.nan_to_num(duration), target, targets)
    keep = _requests(unit, start)
    unit, first = _renumbered(unit[keep])
    return Calls(
        owner=unit,
        target=target[keep],
        start_ms=start[keep],
        duration_ms=duration[keep],
        parent=np.full(len(unit), None),
        raw=_told_apart(rows.filter(pa.array(keep))),
        targets=targets,
        owners=_owners(rows.filter(pa.array(keep)).take(pa.array(first))),
        failed=rows["error"].is_valid().to_numpy()[keep],
        row=np.flatnonzero(keep),
        server_time=of_server(rows)[keep],
    )


def _units(here: Ints, start: Any, end: Any, target: Ints, targets: list[Target]) -> Ints:
    """Return the number of the guessed request of every row."""
    if not len(start):
        return np.zeros(0, np.int64)
    begins, ends, idle = (
        np.array([bool(test(one)) for one in targets])[target] for test in (_begins, _ends, ping)
    )
    cut = np.ones(len(start), np.bool_)
    other = (here[:, 1:] != here[:, :-1]).any(axis=0)
    cut[1:] = other | (start[1:] - end[:-1] > IDLE_MS) | begins[1:] | ends[:-1]
    return np.cumsum(_again(np.cumsum(cut) - 1, target, idle, cut)) - 1


def _again(unit: Ints, target: Ints, idle: Any, cut: Any) -> Any:
    """Cut as well where the first statement of a unit comes again after enough others."""
    place = np.arange(len(unit))
    data = np.flatnonzero(~idle)
    _, first = np.unique(unit[data], return_index=True)
    head = np.full(int(unit.max()) + 1, -1)
    head[unit[data[first]]] = target[data[first]]
    is_head = (head[unit] == target) & ~idle
    last = np.maximum.accumulate(np.where(is_head, place, -1))
    before = np.concatenate(([-1], last[:-1]))
    same = (before >= 0) & (unit[np.maximum(before, 0)] == unit)
    return cut | (is_head & same & (place - before > _FEWEST))


def _begins(target: Target) -> bool:
    return bool(_BEGINS.match((target.fingerprint or "")[:100]))


def _ends(target: Target) -> bool:
    return bool(_ENDS.match((target.fingerprint or "")[:100]))


def _requests(unit: Ints, start: Any) -> Any:
    """Say which rows are of a unit long enough for a loop and short enough for a request."""
    if not len(unit):
        return np.zeros(0, np.bool_)
    size = np.bincount(unit)
    first = np.concatenate(([0], np.cumsum(size)[:-1]))
    lasted = start[first + size - 1] - start[first]
    return ((size >= _FEWEST) & (lasted <= LONGEST_MS))[unit]


def _renumbered(unit: Ints) -> tuple[Ints, Ints]:
    _, first, found = np.unique(unit, return_index=True, return_inverse=True)
    return found.astype(np.int64), first.astype(np.int64)


def _told_apart(rows: pa.Table) -> Any:
    """Return the statements with their parameters, where the log has them."""
    parameters = texts(rows["parameters"])
    return np.array(
        [
            text if told is None else f"{text} {told}"
            for text, told in zip(raw_of(rows), parameters, strict=True)
        ],
        object,
    )


def _owners(rows: pa.Table) -> Owners:
    count = len(rows)
    return Owners(
        node=np.arange(count),
        trace_id=[None] * count,
        route=[None] * count,
        duration_ms=np.full(count, np.nan),
        served=np.zeros(count, np.bool_),
        session=texts(rows["session_id"]),
    )
