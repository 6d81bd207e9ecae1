"""A Recording: canonical tables, where they came from, what was rejected, what limits them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit import clock, tables
from perfkit.errors import UsageError
from perfkit.fingerprinted import fingerprinted

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

#: How the input was read, not what is missing from it: the overview says so, answers need not.
_HARMLESS = ("prefix_inferred", "skipped")

__all__ = ["Note", "Recording", "Rejected", "Source", "as_recording"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One input: where it came from and what became of its lines (records, for documents).

    ``lines`` = ``used`` + ``irrelevant`` + ``rejected``.
    """

    name: str
    format: str
    size_bytes: int = 0
    lines: int = 0
    used: int = 0
    irrelevant: int = 0
    rejected: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """One line (or record) that could not be used, and why.

    ``offset`` is where it begins, in bytes of the unpacked input.
    """

    source: int
    line: int
    reason: str
    text: str
    offset: int | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing that limits conclusions; ``kind`` is stable, ``message`` is a sentence."""

    kind: str
    message: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.message


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Recording:
    """Everything that was read, as canonical tables. Immutable: verbs return a new one.

    Tables are attributes (``rec.queries``, ``rec.spans``, ...: DataFrames, see
    :mod:`perfkit.tables`); :meth:`arrow` gives the same without pandas.
    ``zone`` is the time zone in which bare times ("14:02") are understood.
    """

    contents: Mapping[str, pa.Table] = field(default_factory=dict)
    inputs: tuple[Source, ...] = ()
    rejects: tuple[Rejected, ...] = ()
    quality: tuple[Note, ...] = ()
    zone: str = "UTC"

    @classmethod
    def from_frames(cls, *, tz: str | None = None, **frames: pd.DataFrame | pa.Table) -> Recording:
        """Build a recording from frames you have: ``from_frames(queries=df)``.

        Missing columns are unknown, types are coerced.

        Raises:
            UsageError: an unknown table, a column of the wrong type, naive times without ``tz``.
        """
        contents = {
            name: _numbered(
                fingerprinted(
                    tables.conform(frame, name)
                    if isinstance(frame, pa.Table)
                    else tables.from_pandas(frame, name, tz=tz)
                ),
                source,
            )
            for source, (name, frame) in enumerate(frames.items())
        }
        inputs = tuple(
            Source(name=f"<{name}>", format="frame", lines=len(table), used=len(table))
            for name, table in contents.items()
        )
        return cls(contents=contents, inputs=inputs, zone=tz or "UTC")

    def arrow(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return table ``name`` as Arrow, empty when nothing filled it.

        Args:
            name: the table.
            columns: only these: of a table that is kept on disk no others are read.
        """
        found = self.contents.get(name)
        table = tables.empty(name) if found is None else found
        chosen = table.column_names if columns is None else columns
        return pa.table({column: self._column(table, name, column) for column in chosen})

    def _column(self, table: pa.Table, name: str, column: str) -> pa.ChunkedArray:
        key = (name, column)
        if key not in self._columns:
            self._columns[key] = tables.unified(table[column])
        return self._columns[key]

    @cached_property
    def _columns(self) -> dict[tuple[str, str], pa.ChunkedArray]:
        return {}

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Return a canonical table as a DataFrame; changing it does not change the recording."""
        if name not in tables.TABLES:
            raise AttributeError(f"a Recording has no attribute {name!r}")
        frames = self._frames
        if name not in frames:
            frames[name] = tables.to_pandas(self.arrow(name))
        return frames[name].copy(deep=False)  # pandas copies at the first write

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {}

    def __dir__(self) -> list[str]:
        """List tables too, for completion."""
        return sorted({*super().__dir__(), *tables.TABLES})

    @property
    def sources(self) -> pd.DataFrame:
        """One row per input: name, format, lines, used, irrelevant, rejected."""
        return _frame(self.inputs, Source)

    @property
    def rejected(self) -> pd.DataFrame:
        """Rejected lines with source, line number and reason (the first 1,000 per reason)."""
        return _frame(self.rejects, Rejected)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """First and last time in the recording (UTC), or None when nothing has a time."""
        return clock.extent(self.contents)

    def between(self, start: str | datetime | None, end: str | datetime | None) -> Recording:
        """Keep what happened from ``start`` (inclusive) to ``end`` (exclusive).

        ``"14:02"`` is understood in the recording's zone; ISO texts and datetimes work too. None
        is before, or after, everything.
        Rows without a time are left out, and ``quality`` says so.

        Raises:
            UsageError: a bare time that fits several days, or an end before the start.
        """
        low, high = clock.window(start, end, self.span, self.zone)
        kept = {name: clock.cut(name, table, low, high) for name, table in self.contents.items()}
        lost = [
            Note(kind="rows-without-time", message=f"rows of {name} left out, no time: {rows:,}")
            for name, table in self.contents.items()
            if (rows := clock.undated(name, table))
        ]
        return replace(self, contents=kept).with_quality(*lost)

    def where(self, **conditions: str | float) -> Recording:
        """Keep what belongs to, for example, ``service="shop", route="/orders"``.

        Whole traces are kept when one of their spans matches, so that analyses of a
        route still see the statements below it. A table that names neither the column
        nor a trace stays whole, and ``quality`` says so.
        """
        from perfkit.selection import where

        return where(self, conditions)

    def mark(self, at: str | datetime, what: str, *, kind: str = "deploy") -> Recording:
        """Return the recording with an event at ``at``, such as ``"deploy 841"``."""
        moment = clock.moment(at, self.span, self.zone)
        row = tables.from_columns("events", {"at": [moment], "kind": [kind], "message": [what]})
        return self.with_rows("events", row)

    def with_rows(self, name: str, rows: pa.Table) -> Recording:
        """Return the recording with ``rows`` added to table ``name``."""
        joined = tables.concat([self.arrow(name), rows], name)
        return replace(self, contents={**self.contents, name: joined})

    def with_routes(self, source: Any) -> Recording:
        """Return the recording with the routes of requests as the application itself has them.

        Requests whose path fits none of them keep the route they have, or none: it is then
        found by evidence, as before.

        Args:
            source: an application object (FastAPI, Starlette, Flask, Django's ``urlpatterns``),
                an OpenAPI document or the path to one, or a list of routes; see
                :func:`perfkit.routing.listed.route_list`.

        Raises:
            UsageError: ``source`` is none of these, or holds no route.

        Example:
            >>> Recording().with_routes(["/orders/{id}"]).arrow("requests").num_rows
            0
        """
        from perfkit.routes import named
        from perfkit.routing.listed import route_list

        known = route_list(source)
        if "requests" not in self.contents:
            return self
        requests = self.arrow("requests")
        routed = tables.with_column(requests, "route", named(requests, known))
        return replace(self, contents={**self.contents, "requests": routed})

    def with_quality(self, *notes: Note) -> Recording:
        """Return the recording with further notes on what limits conclusions."""
        return replace(self, quality=tuple(dict.fromkeys((*self.quality, *notes))))

    def caveats(self) -> list[str]:
        """Return what ``quality`` says that limits conclusions from these rows."""
        return [str(note) for note in self.quality if note.kind not in _HARMLESS]

    def __add__(self, other: Recording) -> Recording:
        """Join two recordings, as :func:`perfkit.load` of both their inputs does.

        The second one's source numbers are shifted. Of traces in both, each span counts once, and
        ``self_ms`` and the notes on traces are those of the whole.
        """
        if not isinstance(other, Recording):
            return NotImplemented
        from perfkit.span_joining import joined, mended

        return mended(joined([self, other], self.zone))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one zip of Parquet files and a manifest; ``perfkit.load`` reopens it."""
        from perfkit.archive import save

        save(self, path)

    def __repr__(self) -> str:
        """Say what was read, what was not, and what can be asked next."""
        from perfkit.overview import text

        return text(self)

    def _repr_html_(self) -> str:
        from perfkit.overview import html

        return html(self)


def as_recording(data: Any, table: str) -> Recording:
    """Return ``data`` (a Recording, a DataFrame or an Arrow table of ``table``) as a Recording."""
    if isinstance(data, Recording):
        return data
    if isinstance(data, pa.Table) or type(data).__name__ == "DataFrame":
        return Recording.from_frames(tz="UTC", **{table: data})
    raise UsageError(
        f"expected a Recording or a table, not {type(data).__name__}",
        hint="rec = perfkit.load('postgresql.log')",
    )


def _numbered(table: pa.Table, source: int) -> pa.Table:
    """Say in every row that it comes from ``source``, and which of its rows it is."""
    rows = table.num_rows
    lines = pc.coalesce(table["line"], pa.chunked_array([np.arange(1, rows + 1)]))
    columns = {name: table[name] for name in table.column_names}
    columns |= {"source": pa.array(np.full(rows, source)), "line": lines}
    return pa.table(columns, schema=table.schema)


def _frame(rows: Sequence[Any], kind: type) -> pd.DataFrame:
    import pandas as pd

    names = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)
