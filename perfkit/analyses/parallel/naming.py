"""Which operation a step is: its columns tell, or the calls below it, or its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfkit import span_attributes
from perfkit.analyses.parallel.operations import Call, Operation, guards, operation
from perfkit.analyses.repeats.calls import Target
from perfkit.analyses.repeats.statement_kinds import commits, ping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfkit.analyses.parallel.steps import Steps
    from perfkit.analyses.traces.forest import Forest
    from perfkit.span_ids import Ints

__all__ = [
    "FIXED",
    "NOTHING",
    "TRANSACTION",
    "Operations",
    "called",
    "calls_of",
    "completed",
    "inner_calls",
    "named",
]

#: A step that cannot be moved: own work, or a call that nothing tells from others.
FIXED = -1
#: No step at all, such as a ping.
NOTHING = -2
#: No step either: the begin or the end of a transaction.
TRANSACTION = -3
_COLUMNS = ("category", "statement", "name", "fingerprint", "fingerprint_id", "url", "peer")
_SOME = 20  # spans of an operation whose attributes are looked at
_INNER = 50  # calls below a wrapper that are looked at
_METHODS = frozenset({"http.request.method", "http.method"})


class Operations:
    """Operations by number, in the order in which they were met."""

    def __init__(self) -> None:
        """Start without any."""
        self.found: list[Operation] = []
        self._codes: dict[tuple[bool, Call], int] = {}
        self._places: dict[tuple[str, str], int] = {}

    def code(self, call: Call, *, wraps: bool = False) -> int:
        """Return the place of an operation, or :data:`FIXED`, :data:`NOTHING`, `TRANSACTION`."""
        key = (wraps, call)
        known = self._codes.get(key)
        if known is None:
            known = self._codes[key] = self._named(call, wraps=wraps)
        return known

    def _named(self, call: Call, *, wraps: bool) -> int:
        if wraps:
            return self._place(Operation(call.name or "", "internal", None, guards(call.name)))
        if call.text and call.category != "cache":
            target = Target(fingerprint=call.text, kind="sql")
            if ping(target):
                return TRANSACTION if commits(target) else NOTHING
        return self._place(operation(call))

    def _place(self, one: Operation | None) -> int:
        """Return the place of an operation; one that several peers serve is one."""
        if one is None or not one.name:
            return FIXED
        key = (one.name, one.kind)
        if key not in self._places:
            self._places[key] = len(self.found)
            self.found.append(one)
        return self._places[key]


def named(steps: Steps, at: Ints) -> tuple[list[Operation], Ints, bool]:
    """Return the operations of the steps ``at``, and for each step its place among them.

    Or :data:`FIXED`, or :data:`NOTHING`. The last value says whether a statement begins or ends
    a transaction.
    """
    every = Operations()
    marks = zip(steps.waits[at].tolist(), steps.wraps[at].tolist(), strict=True)
    code = np.array(
        [
            every.code(call, wraps=wraps) if waits else FIXED
            for (waits, wraps), call in zip(
                marks, calls_of(steps.forest, steps.row[at]), strict=True
            )
        ],
        np.int64,
    )
    transaction = bool((code == TRANSACTION).any())
    code[code == TRANSACTION] = NOTHING
    return every.found, code, transaction


def completed(steps: Steps, one: Operation, rows: Ints) -> Operation:
    """Return an operation with what only its spans ``rows`` tell: the method, the calls inside."""
    if one.kind == "internal":
        return _wrapper(steps, one, rows[:_SOME])
    if one.kind == "http" and one.reads is None:
        return _with_method(steps, one, rows[:_SOME])
    return one


def _with_method(steps: Steps, one: Operation, rows: Ints) -> Operation:
    told = [_method(attributes) for attributes in _attributes(steps, rows)]
    if len(set(told)) != 1 or told[0] is None:
        return one
    found = operation(Call("http", told[0], None, None, f"//{one.name}", None))
    return one if found is None else one._replace(name=found.name, reads=found.reads)


def _attributes(steps: Steps, rows: Ints) -> list[dict[str, object]]:
    return span_attributes.attributes(steps.forest.rows, rows.tolist())


def _method(attributes: dict[str, object]) -> str | None:
    found = (
        str(value).upper()
        for key, value in attributes.items()
        if key.removeprefix("meta.") in _METHODS
    )
    return next(found, None)


def _wrapper(steps: Steps, one: Operation, rows: Ints) -> Operation:
    inner = [found for row in rows.tolist() for found in called(steps, inner_calls(steps, row))]
    known = [found for found in inner if found is not None]
    reads = len(known) == len(inner) and all(found.reads for found in known)
    # a look into a cache decides whether the next function has to fetch anything
    guarded = one.guards or any(found.guards or found.kind == "cache" for found in known)
    return one._replace(reads=reads or None, guards=guarded)


def called(steps: Steps, rows: Sequence[int]) -> list[Operation | None]:
    """Return what the spans ``rows`` call."""
    return [operation(call) for call in calls_of(steps.forest, np.array(rows, np.int64))]


def calls_of(forest: Forest, rows: Ints) -> Iterator[Call]:
    """Yield what says what each of some spans calls."""
    columns = (forest.texts(name, rows) for name in _COLUMNS)
    for category, statement, name, text, *rest in zip(*columns, strict=True):
        yield Call(category, name, statement if category == "cache" else text, *rest)


def inner_calls(steps: Steps, row: int) -> list[int]:
    """Return the rows of the calls below a wrapper (at most 50), not those below them."""
    found: list[int] = []
    waiting = [row]
    while waiting and len(found) < _INNER:
        for child in steps.forest.children(waiting.pop())[:_INNER].tolist():
            (found if steps.call[child] else waiting).append(child)
    return sorted(found[:_INNER], key=lambda one: (steps.forest.start[one], one))
