"""The statements executed, as columns of numbers: grouped once, read one column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perfkit.analyses import groups
from perfkit.analyses.digests.columns import integers, zeroed
from perfkit.analyses.digests.keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Executions", "Piece", "executions"]

_PIECE = 1 << 19


class Piece(NamedTuple):
    """Some consecutive executions: views into the columns of all."""

    code: NDArray[np.int32]
    ms: Floats
    ns: Ints
    weight: Floats | None

    @property
    def calls(self) -> Floats:
        """How many executions each row stands for."""
        return np.ones(len(self.code)) if self.weight is None else self.weight

    @property
    def total_ms(self) -> Floats:
        """What each adds to the total time; unknown adds nothing."""
        known = zeroed(self.ms)
        return known if self.weight is None else known * self.weight

    def where(self, chosen: NDArray[np.bool_]) -> Piece:
        """Return the chosen rows."""
        if chosen.all():
            return self
        weight = None if self.weight is None else self.weight[chosen]
        return Piece(self.code[chosen], self.ms[chosen], self.ns[chosen], weight)


@dataclass(frozen=True, kw_only=True)
class Executions:
    """Executed statements: ``code`` is the group (a row of ``keys``) of each.

    ``mask`` says which rows of ``table`` were executed, None if all were; ``prepared`` counts
    the others (parse, bind) per group.
    """

    table: pa.Table
    keys: pa.Table
    code: NDArray[np.int32]
    mask: NDArray[np.bool_] | None
    prepared: Mapping[str, Floats]

    @property
    def count(self) -> int:
        """How many groups there are, with or without rows."""
        return int(self.keys.num_rows)

    @cached_property
    def ms(self) -> Floats:
        """How long each took; unknown is NaN, and so is what no clock measures."""
        ms = self.numbers("duration_ms")
        ms[np.isinf(ms)] = np.nan
        return ms

    @cached_property
    def ns(self) -> Ints:
        """When each began, in nanoseconds since 1970; unknown is ``UNKNOWN_TIME``."""
        return self.integers("started_at")

    @property
    def whole(self) -> Piece:
        """All rows as one piece."""
        return Piece(self.code, self.ms, self.ns, self.weight)

    @cached_property
    def weight(self) -> Floats | None:
        """How many executions each stands for; None where each is one."""
        column = self.table["weight"]
        if column.null_count == len(column):
            return None
        weight = np.nan_to_num(self.numbers("weight"), nan=1.0)
        return None if (weight == 1).all() else weight

    @cached_property
    def timed(self) -> tuple[Ints, Floats]:
        """Rows with a duration, sorted by group and duration; and these durations."""
        order = groups.order(self.code)
        ms = self.ms[order]
        if np.isnan(ms).any():
            known = ~np.isnan(ms)
            order, ms = order[known], ms[known]
        if self.weight is not None:
            order = order[np.lexsort((ms, self.code[order]))]
            return order, self.ms[order]
        for part in np.split(ms, np.cumsum(self.samples)[:-1]):
            part.sort()
        return order, ms

    @cached_property
    def samples(self) -> Ints:
        """How many rows of each group have a duration."""
        known = ~np.isnan(self.ms)
        code = self.code if known.all() else self.code[known]
        return np.bincount(code, minlength=self.count).astype(np.int64)

    def pieces(self) -> Iterator[Piece]:
        """Return the rows in pieces: what is computed of one stays in the processor's cache."""
        for start in range(0, len(self.code), _PIECE):
            part = slice(start, start + _PIECE)
            weight = None if self.weight is None else self.weight[part]
            yield Piece(self.code[part], self.ms[part], self.ns[part], weight)

    def numbers(self, name: str) -> Floats:
        """Return a column of numbers; unknown is NaN."""
        numbers: Floats = self._chosen(groups.numbers(self.table[name]))
        return numbers

    def integers(self, name: str) -> Ints:
        """Return a column of integers or moments; unknown is ``UNKNOWN_TIME``."""
        values: Ints = self._chosen(integers(self.table[name]))
        return values

    def labels(self, name: str) -> groups.Groups:
        """Return a text column as groups of its own."""
        by = groups.encode(self.table[name])
        return by if self.mask is None else groups.Groups(by.labels, by.codes[self.mask])

    def knows(self, name: str) -> bool:
        """Say whether any row has a value in this column."""
        column = self.table[name]
        return bool(column.null_count < len(column))

    def sum(self, values: Any | None = None) -> Floats:
        """Add known values (1 each, unless given) up in every group, weighted."""
        total = np.zeros(self.count)
        for start in range(0, len(self.code), _PIECE):
            part = slice(start, start + _PIECE)
            known = None if values is None else zeroed(values[part].astype(np.float64))
            if self.weight is not None:
                known = self.weight[part] if known is None else known * self.weight[part]
            total += np.bincount(self.code[part], known, minlength=self.count)
        return total

    def _chosen(self, values: Any) -> Any:
        return values if self.mask is None else values[self.mask]


def executions(queries: pa.Table, by: Sequence[str]) -> Executions:
    """Group the rows of ``queries`` by the columns ``by``, executions apart from preparations."""
    keys, code = keys_of(queries, by)
    phase = groups.encode(queries["phase"])
    parse, bind = (_is(phase, name) for name in ("parse", "bind"))
    preparing = parse | bind
    prepared = {"parses": parse, "binds": bind}
    counts = {
        name: np.bincount(code[rows], minlength=keys.num_rows).astype(np.float64)
        for name, rows in prepared.items()
    }
    counts["parse_bind_ms"] = np.zeros(keys.num_rows)
    mask = ~preparing if preparing.any() else None
    if mask is not None:
        ms = zeroed(groups.numbers(queries["duration_ms"])[preparing])
        counts["parse_bind_ms"] = _in_order(code[preparing], ms, keys.num_rows)
        code = code[mask]
    return Executions(table=queries, keys=keys, code=code, mask=mask, prepared=counts)


def _is(phase: groups.Groups, name: str) -> NDArray[np.bool_]:
    wanted = phase.labels.index(name) if name in phase.labels else -1
    rows: NDArray[np.bool_] = phase.codes == wanted
    return rows


def _in_order(code: NDArray[np.int32], ms: Floats, count: int) -> Floats:
    """Add up values by group, smallest first: the order of the rows does not show in the sum.

    Of very many rows it may show in the last digit: sorting all of them costs too much.
    """
    order = np.lexsort((ms, code)) if len(ms) <= _PIECE else groups.order(code)
    return np.bincount(code[order], ms[order], minlength=count).astype(np.float64)
