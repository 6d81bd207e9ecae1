"""Which rows the user wants at all: by time, database, user, application, duration.

The engine drops unwanted rows chunk by chunk, before they are stored; a format may use the
same object to skip work earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perfkit import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EVERYTHING", "Keep"]

_NAMES = ("database", "user", "application")


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Conditions that a row must meet; ``since`` and ``until`` are nanoseconds since 1970, UTC.

    A row that does not know the column in question is dropped, except by ``min_duration_ms``
    in tables that have no durations of statements or requests (``events``, ``metrics``, ...).
    A table without the column (``metrics`` has no database) stays whole.
    """

    since: int | None = None
    until: int | None = None
    database: str | None = None
    user: str | None = None
    application: str | None = None
    min_duration_ms: float | None = None

    def __bool__(self) -> bool:
        """Say whether there is any condition."""
        return any(getattr(self, item.name) is not None for item in fields(self))

    def __str__(self) -> str:
        """Return the conditions as they were typed: ``since=..., user='ann'``."""
        named = ((item.name, getattr(self, item.name)) for item in fields(self))
        return ", ".join(
            f"{name}={_said(name, value)}" for name, value in named if value is not None
        )

    def rows(self, table: pa.Table, name: str) -> pa.Table:
        """Return the rows of table ``name`` that meet every condition."""
        masks = list(self._masks(table, name))
        if not masks:
            return table
        wanted = masks[0]
        for mask in masks[1:]:
            wanted = pc.and_kleene(wanted, mask)
        return table.filter(wanted)  # an unknown value is no match

    def _masks(self, table: pa.Table, name: str) -> Iterator[Any]:
        time = tables.TIME_COLUMN[name]
        if time and self.since is not None:
            yield pc.greater_equal(table[time].cast(pa.int64()), self.since)
        if time and self.until is not None:
            yield pc.less(table[time].cast(pa.int64()), self.until)
        for column in _NAMES:
            wanted = getattr(self, column)
            if wanted is not None and column in table.column_names:
                yield pc.equal(table[column].cast(pa.string()), wanted)
        if self.min_duration_ms is not None and name in {"queries", "requests", "spans", "plans"}:
            yield pc.greater_equal(table["duration_ms"], self.min_duration_ms)


def _said(name: str, value: Any) -> str:
    if name in {"since", "until"}:
        return f"{datetime.fromtimestamp(value / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
    return repr(value)


#: No condition at all.
EVERYTHING = Keep()
