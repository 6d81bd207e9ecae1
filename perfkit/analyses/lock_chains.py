"""Who blocked whom: lock waits joined to what the holder of the lock was doing.

PostgreSQL logs a wait of ``deadlock_timeout`` with the processes that hold the lock
(``log_lock_waits``), not with their statements. These are found among the logged ones: the
statement that ran at that moment, else the last one of an open transaction. What the log does
not show stays null: a statement below ``log_min_duration_statement``, or one that failed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.analyses.groups import encode
from perfkit.event_details import details, process_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["BLOCKERS", "blockers"]

#: Columns of :func:`blockers`; ``root_session_id`` is the holder that waits for nobody itself.
BLOCKERS = pa.schema(
    [
        ("at", pa.timestamp("ns", "UTC")),
        ("session_id", pa.string()),
        ("waited_ms", pa.float64()),
        ("mode", pa.string()),
        ("target", pa.string()),
        ("statement", pa.string()),
        ("holder_session_id", pa.string()),
        ("holder_state", pa.string()),
        ("holder_statement", pa.string()),
        ("holder_fingerprint_id", pa.string()),
        ("root_session_id", pa.string()),
    ]
)

_STEPS = ("parse", "bind")
_BEGINS = ("begin", "start transaction")
_ENDS = ("commit", "rollback", "end", "abort", "prepare transaction")
_SAVEPOINT = "rollback to"

#: A process of one server: (source, process id).
_Key = tuple[int, int]


@dataclass(frozen=True)
class _Wait:
    key: _Key
    at: int
    begin: int
    end: int
    values: dict[str, Any]
    session_id: str | None
    waited_ms: float | None

    @property
    def holders(self) -> list[_Key]:
        return [(self.key[0], pid) for pid in self.values["holders"]]

    @property
    def holders_or_none(self) -> list[_Key] | list[None]:
        return self.holders or [None]


class _Doing(NamedTuple):
    session_id: str
    state: str | None = None
    statement: str | None = None
    fingerprint_id: str | None = None


def blockers(events: pa.Table, queries: pa.Table) -> pa.Table:
    """Return one row per lock wait and holder of the lock, with the columns of :data:`BLOCKERS`.

    ``holder_state`` is ``running``, ``idle in transaction`` or null (not logged). Tables are
    those of one recording; processes are told apart by ``source``.

    Example:
        >>> blockers(rec.arrow("events"), rec.arrow("queries"))  # doctest: +SKIP
    """
    waits = _waits(events)
    wanted = {key for wait in waits for key in wait.holders}
    sessions = _sessions(queries, events, wanted)
    open_waits = defaultdict(list)
    for wait in waits:
        open_waits[wait.key].append(wait)
    rows = [
        _row(wait, holder, sessions, open_waits)
        for wait in waits
        for holder in wait.holders_or_none
    ]
    return pa.Table.from_pylist(rows, BLOCKERS)


def _waits(events: pa.Table) -> list[_Wait]:
    chosen = events.filter(
        pc.and_(pc.equal(events["kind"].cast(pa.string()), "lock_wait"), events["at"].is_valid())
    )
    return [
        _wait(row) for row in chosen.append_column("ns", chosen["at"].cast(pa.int64())).to_pylist()
    ]


def _wait(row: dict[str, Any]) -> _Wait:
    """Read one event: it is logged when it has lasted as long as its own message says."""
    values = details("lock_wait", row["attributes"])
    begin = row["ns"] - _ns(values["waited_ms"])
    waited = row["duration_ms"]
    pid = values["pid"] or process_id(row["session_id"]) or -1
    return _Wait(
        key=(_source(row["source"]), pid),
        at=row["ns"],
        begin=begin,
        end=max(row["ns"], begin + _ns(waited)),
        values=values,
        session_id=row["session_id"],
        waited_ms=waited,
    )


def _ns(milliseconds: float | None) -> int:
    return round((milliseconds or 0.0) * 1e6)


def _source(number: int | None) -> int:
    return -1 if number is None else number


def _row(
    wait: _Wait,
    holder: _Key | None,
    sessions: dict[_Key, _Session],
    open_waits: dict[_Key, list[_Wait]],
) -> dict[str, Any]:
    doing = _doing(holder, wait.at, sessions)
    root = _root(holder, wait.at, open_waits)
    return {
        "at": wait.at,
        "session_id": wait.session_id,
        "waited_ms": wait.waited_ms,
        "mode": wait.values["mode"],
        "target": wait.values["target"],
        "statement": wait.values["statement"],
        "holder_session_id": doing.session_id if doing else None,
        "holder_state": doing.state if doing else None,
        "holder_statement": doing.statement if doing else None,
        "holder_fingerprint_id": doing.fingerprint_id if doing else None,
        "root_session_id": found.session_id if (found := _doing(root, wait.at, sessions)) else None,
    }


def _doing(holder: _Key | None, at: int, sessions: dict[_Key, _Session]) -> _Doing | None:
    if holder is None:
        return None
    session = sessions.get(holder)
    found = session.doing(at) if session else None
    return found or _Doing(str(holder[1]))


def _root(holder: _Key | None, at: int, open_waits: dict[_Key, list[_Wait]]) -> _Key | None:
    """Follow the holders that wait themselves; a circle (a deadlock) ends where it began."""
    seen: set[_Key] = set()
    while holder is not None and holder not in seen:
        seen.add(holder)
        over = (w for w in open_waits.get(holder, ()) if w.begin <= at <= w.end and w.holders)
        waiting = next(over, None)
        if waiting is None:
            return holder
        holder = waiting.holders[0]
    return holder


@dataclass
class _Session:
    """The statements of one process as they ended, and when its sessions began or ended.

    They are logged when they end. Times of log lines have milliseconds, durations more digits:
    by their starts, short statements would be out of order.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    rows: list[dict[str, Any]]
    breaks: list[int] = field(default_factory=list)

    def doing(self, at: int) -> _Doing | None:
        """Return what it was doing at a moment (nanoseconds), None: the log does not say."""
        place = int(np.searchsorted(self.end, at, side="left"))
        if place < len(self.rows) and self.start[place] <= at:
            return _named(self.rows[place], "running")
        before = place - 1
        if before < 0 or any(self.end[before] < moment <= at for moment in self.breaks):
            return None
        return _named(self.rows[before], "idle in transaction") if self._is_open(before) else None

    def _is_open(self, place: int) -> bool:
        """Say whether a transaction was open behind a statement, as far as the log shows it."""
        if _is_end(self.rows[place]):
            return False
        follows = self.rows[place + 1] if place + 1 < len(self.rows) else None
        return (follows is not None and _is_end(follows)) or any(
            _begins(self.rows[earlier], _BEGINS) for earlier in self._back_to_end(place)
        )

    def _back_to_end(self, place: int) -> Iterator[int]:
        for earlier in range(place, -1, -1):
            if _is_end(self.rows[earlier]):
                return
            yield earlier


def _begins(row: dict[str, Any], words: tuple[str, ...]) -> bool:
    return (row["statement"] or "").lstrip().lower().startswith(words)


def _is_end(row: dict[str, Any]) -> bool:
    return _begins(row, _ENDS) and not _begins(row, (_SAVEPOINT,))


def _named(row: dict[str, Any], state: str) -> _Doing:
    return _Doing(row["session_id"], state, row["statement"], row["fingerprint_id"])


def _sessions(queries: pa.Table, events: pa.Table, wanted: set[_Key]) -> dict[_Key, _Session]:
    # few processes hold locks: their rows first, then what is said of them
    rows = _of(queries, wanted)
    names = ["duration_ms", "statement", "fingerprint_id", "session_id", "source", "line"]
    theirs = queries.select([*names, "started_at", "phase"]).take(pa.array(rows))
    chosen = theirs.filter(
        pc.and_not(
            pc.and_(theirs["started_at"].is_valid(), theirs["statement"].is_valid()),
            pc.is_in(theirs["phase"].cast(pa.string()), pa.array(_STEPS)),
        )
    )
    started = chosen["started_at"].cast(pa.int64())
    lasted = pc.multiply(chosen["duration_ms"].fill_null(0.0), 1e6).cast(pa.int64(), safe=False)
    # to the microsecond: sums of floats are not exact, and equal ends go by their lines
    end = pc.multiply(pc.divide(pc.add(pc.add(started, lasted), 500), 1000), 1000)
    chosen = chosen.select(names).append_column("start", started).append_column("end", end)
    grouped: dict[_Key, list[dict[str, Any]]] = defaultdict(list)
    for row in chosen.sort_by([("end", "ascending"), ("line", "ascending")]).to_pylist():
        pid = process_id(row["session_id"])
        if pid is not None:
            grouped[_source(row["source"]), pid].append(row)
    breaks = _breaks(events, wanted)
    return {key: _session(found, breaks.get(key, [])) for key, found in grouped.items()}


def _session(rows: list[dict[str, Any]], breaks: list[int]) -> _Session:
    start, end = (np.array([row[name] for row in rows], np.int64) for name in ("start", "end"))
    return _Session(start=start, end=end, rows=rows, breaks=breaks)


def _breaks(events: pa.Table, wanted: set[_Key]) -> dict[_Key, list[int]]:
    """Return when processes began and ended: their number may be used again."""
    kinds = pa.array(["connection", "disconnection"])
    chosen = events.filter(
        pc.and_(pc.is_in(events["kind"].cast(pa.string()), kinds), events["at"].is_valid())
    )
    found: dict[_Key, list[int]] = defaultdict(list)
    part = chosen.take(pa.array(_of(chosen, wanted)))
    columns = [part["source"], part["session_id"].cast(pa.string()), part["at"].cast(pa.int64())]
    for source, session_id, at in zip(*(column.to_pylist() for column in columns), strict=True):
        pid = process_id(session_id)
        if pid is not None:
            found[_source(source), pid].append(at)
    return found


def _of(table: pa.Table, wanted: set[_Key]) -> NDArray[np.int64]:
    """Return the rows whose process is one of the pids of ``wanted``, whatever their source."""
    sessions = encode(table["session_id"])
    pids = {pid for _, pid in wanted}
    hits = np.array([process_id(label) in pids for label in sessions.labels], np.bool_)
    return np.flatnonzero(hits[sessions.codes])
