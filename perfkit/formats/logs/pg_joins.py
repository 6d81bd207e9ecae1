"""Join what PostgreSQL wrote in several records: so that each statement is one row, once.

* ``log_duration``: a duration without text belongs to the statement its process logged before;
  those that come before a logged execution are of its parse and bind.
* auto_explain: a plan whose statement also has a row of its own fills no second one. A simple
  statement is logged after its plan, an executed one before or after it.
* ``log_lock_waits``: ``still waiting`` and ``acquired`` are one wait, as long as the latter says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.logs.pg_statements import BARE, EXECUTED, LOGGED, PLANNED

if TYPE_CHECKING:
    from perfkit.formats.lines import Ints

__all__ = ["FAILED", "Sequence", "join_locks", "join_statements"]

#: A role beside those of ``pg_statements``: the statement of the process failed.
FAILED = 5

_WAIT = re.compile(r"process ([0-9]+) (still waiting for|acquired) (.*) after ")


class Sequence(NamedTuple):
    """The statements, plans and errors of one chunk in order; ``row`` -1: no row in queries."""

    session: pa.Array
    role: Ints
    row: Ints


class _Item(NamedTuple):
    role: int
    row: int
    text: Any
    phase: Any


@dataclass
class _Process:
    """What one server process wrote and what is still to be joined."""

    last: _Item | None = None
    #: the executed statement before ``last``: its plan follows when the next one ends its portal
    open: _Item | None = None
    explained: bool = False
    timed: bool = True
    plans: list[_Item] = field(default_factory=list)
    bare: list[int] = field(default_factory=list)


@dataclass
class _Joins:
    dropped: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    durations: list[tuple[int, int]] = field(default_factory=list)


def join_statements(queries: pa.Table, parts: list[Sequence]) -> pa.Table:
    """Return ``queries`` with plans and bare durations joined to their statements.

    ``row`` of each part counts from the first row of ``queries``.
    """
    role = np.concatenate([part.role for part in parts])
    if not np.isin(role, (BARE, PLANNED)).any():
        return queries
    joins = _Joins()
    for item, process in _items(queries, parts, role):
        _take(item, process, joins)
    return _applied(queries, joins)


def _items(queries: pa.Table, parts: list[Sequence], role: Ints) -> Any:
    row = np.concatenate([part.row for part in parts])
    sessions = pa.chunked_array([part.session for part in parts], pa.string()).to_pylist()
    texts = _codes(queries["statement"])
    phases = _codes(queries["phase"])
    processes: dict[str | None, _Process] = {}
    for session, kind, place in zip(sessions, role.tolist(), row.tolist(), strict=True):
        known = place >= 0
        item = _Item(kind, place, texts[place] if known else None, phases[place] if known else None)
        yield item, processes.setdefault(session, _Process())


def _codes(column: pa.ChunkedArray) -> list[str | None]:
    return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _take(item: _Item, process: _Process, joins: _Joins) -> None:
    if item.role == PLANNED:
        _take_plan(item, process, joins)
    elif item.role == BARE:
        if process.last is not None and not process.timed:
            joins.durations.append((process.last.row, item.row))
            process.timed = True
        else:
            process.bare.append(item.row)
    elif item.role == FAILED:
        process.last, process.open, process.plans, process.timed = None, None, [], True
    elif item.role in {EXECUTED, LOGGED}:
        _take_statement(item, process, joins)


def _take_plan(plan: _Item, process: _Process, joins: _Joins) -> None:
    last = process.last
    follows = last is not None and (
        not process.explained if last.phase == "execute" else not process.timed
    )
    if last is not None and follows and _same(plan.text, last.text):
        joins.dropped.append(plan.row)
        process.explained = True
    elif process.open is not None and _same(plan.text, process.open.text):
        joins.dropped.append(plan.row)
        process.open = None
    else:
        process.plans.append(plan)


def _take_statement(item: _Item, process: _Process, joins: _Joins) -> None:
    own = [plan for plan in process.plans if _same(plan.text, item.text)]
    if item.role == LOGGED:
        own = []  # it is written before it runs: earlier plans are not its own
        if item.phase == "execute":
            joins.steps.extend(process.bare)
    elif item.phase == "execute":
        own = own[-1:]
    joins.dropped.extend(plan.row for plan in own)
    last = process.last
    process.open = last if last and last.phase == "execute" and not process.explained else None
    process.last, process.plans, process.bare = item, [], []
    process.explained, process.timed = bool(own), item.role == EXECUTED


def _same(plan: str | None, statement: str | None) -> bool:
    if plan is None or statement is None:
        return False
    prepared = plan[:7].lower() == "prepare" and statement[:7].lower() == "execute"
    return plan == statement or prepared


def _applied(queries: pa.Table, joins: _Joins) -> pa.Table:
    keep = np.ones(queries.num_rows, np.bool_)
    keep[joins.dropped] = False
    if joins.durations:
        into, origin = np.array(joins.durations, np.int64).T
        queries = _moved(queries, "duration_ms", into, origin)
        queries = _moved(queries, "started_at", into, origin)
        keep[origin] = False
    if joins.steps:
        queries = _as_steps(queries, joins.steps)
    return queries.filter(pa.array(keep))


def _as_steps(queries: pa.Table, rows: list[int]) -> pa.Table:
    """Mark bare durations: logged before an execution, they are its parse and its bind."""
    chosen = np.zeros(queries.num_rows, np.bool_)
    chosen[rows] = True
    index = queries.schema.get_field_index("phase")
    field_ = queries.schema.field(index)
    phase = pc.if_else(pa.array(chosen), "bind", queries["phase"].cast(pa.string()))
    return queries.set_column(index, field_, phase.dictionary_encode().cast(field_.type))


def _moved(table: pa.Table, name: str, into: Ints, origin: Ints) -> pa.Table:
    index = table.schema.get_field_index(name)
    place = np.arange(table.num_rows)
    place[into] = origin
    return table.set_column(index, table.schema.field(index), table[name].take(pa.array(place)))


def join_locks(events: pa.Table) -> pa.Table:
    """Return ``events`` with one row per lock wait."""
    waits = pc.equal(events["kind"].cast(pa.string()), "lock_wait")
    rows = np.flatnonzero(waits.to_numpy())
    messages = events["message"].take(pa.array(rows)).to_pylist()
    begun: dict[tuple[str, str], int] = {}
    pairs = []
    for row, message in zip(rows.tolist(), messages, strict=True):
        found = _WAIT.match(message)
        if found is None:
            continue
        lock = (found[1], found[3])
        if found[2] != "acquired":
            begun[lock] = row
        elif lock in begun:
            pairs.append((begun.pop(lock), row))
    if not pairs:
        return events
    into, origin = np.array(pairs, np.int64).T
    keep = np.ones(events.num_rows, np.bool_)
    keep[origin] = False
    return _moved(events, "duration_ms", into, origin).filter(pa.array(keep))
